import type { Command } from 'commander';
import { cardsQuery, revokeRequest } from '../../protocol/rc-api/cards.ts';
import { REVOCATION_REASONS, uidOfEitherSuite } from '../../protocol/rc-api/fields.ts';
import { invocation, UsageError } from '../../runtime/command-line.ts';
import { misuseOf } from '../../runtime/zod-words.ts';
import { cardTable, detailsText, stateOf } from './card-text.ts';
import { asOperator } from './operator-client.ts';
import type { CommandWorld } from './world.ts';

/** `cardea-rc card list|show|revoke|unlock`, on the `card` command that `card register` is on, too. */
export function addCardCommands(card: Command, world: CommandWorld): void {
  card
    .command('list')
    .description('the cards, in the order of their registration')
    .option('--status <status>', 'active or revoked; all when left out')
    .option('--after <uid>', 'go on after this card')
    .option('--limit <n>', 'at most so many, 1 to 500', '100')
    .action(async (options: object, command: Command) => {
      const call = invocation(command, world.io);
      const query = cardsQuery.safeParse(options);
      if (!query.success) throw misuseOf(query.error);
      const page = await asOperator(call.folder, world.surroundings('warn'), (client) =>
        client.cards(query.data),
      );
      const more = page.next === null ? [] : [`more: cardea-rc card list --after ${page.next}`];
      call.show(page, [page.cards.length === 0 ? 'no cards' : cardTable(page.cards), ...more].join('\n'));
    });

  card
    .command('show')
    .description('one card: its history, where it is usable, the other cards of its patient')
    .argument('<uid>', 'its UID')
    .action(async (uid: string, _options, command: Command) => {
      const call = invocation(command, world.io);
      const parsed = parseUid(uid);
      const found = await asOperator(call.folder, world.surroundings('warn'), (client) =>
        client.cardDetails(parsed),
      );
      const { card: summary, ...details } = found;
      call.show({ ...summary, ...details }, detailsText(found));
    });

  card
    .command('revoke')
    .description('revoke a card for ever; hubs that can be reached refuse it at once')
    .argument('<uid>', 'its UID')
    .requiredOption('--reason <reason>', REVOCATION_REASONS.join(', '))
    .action(async (uid: string, options: { reason: string }, command: Command) => {
      const call = invocation(command, world.io);
      const request = revokeRequest.safeParse(options);
      if (!request.success) throw misuseOf(request.error);
      const parsed = parseUid(uid);
      const revoked = await asOperator(call.folder, world.surroundings('warn'), (client) =>
        client.revokeCard(parsed, request.data.reason),
      );
      call.show(revoked, `revoked: ${stateOf(revoked)}`);
    });

  card
    .command('unlock')
    .description('lift the locks of a card at every hub, and have its tries counted anew')
    .argument('<uid>', 'its UID')
    .action(async (uid: string, _options, command: Command) => {
      const call = invocation(command, world.io);
      const parsed = parseUid(uid);
      const unlocked = await asOperator(call.folder, world.surroundings('warn'), (client) =>
        client.unlockCard(parsed),
      );
      call.show(unlocked, `unlocked: the tries of ${unlocked.name} are counted anew at every hub`);
    });
}

/** @throws UsageError */
export function parseUid(text: string): string {
  const parsed = uidOfEitherSuite.safeParse(text);
  if (!parsed.success)
    throw new UsageError(
      'a UID has 32 of 0-9 and a-f, or 64 under limbasiya-2021: see "cardea-rc card list"',
    );
  return parsed.data;
}
