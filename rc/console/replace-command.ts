import type { Command } from 'commander';
import type { CardSummary } from '../../protocol/rc-api/cards.ts';
import { invocation } from '../../runtime/command-line.ts';
import { CardeaError } from '../../runtime/errors.ts';
import { parseUid } from '../commands/card.ts';
import { asOperator } from '../commands/operator-client.ts';
import type { CommandWorld } from '../commands/world.ts';
import { addCardOptions, type CardFlags, checkCodeCanBeShown, registerCardea } from './register-cardea.ts';

/** The card is not the patient's latest. */
class AlreadyReplacedError extends CardeaError {
  readonly code = 'card-replaced';
}

/**
 * `cardea-rc card replace UID`: makes the card on the reader a `cardea-1` card of the patient whose card of
 * either suite UID is, which ends with this. The patient stays, and so do subject and records.
 */
export function addCardReplace(card: Command, world: CommandWorld): void {
  const replace = card
    .command('replace')
    .description(
      'give a patient a new cardea-1 card, whatever suite the old one has, which is revoked with it',
    )
    .argument('<uid>', 'the UID of the card to be replaced');
  addCardOptions(replace).action(async (uid: string, flags: CardFlags, command: Command) => {
    const call = invocation(command, world.io);
    const parsed = parseUid(uid);
    checkCodeCanBeShown(call, flags);
    const old = await asOperator(call.folder, world.surroundings('warn'), (client) => client.card(parsed));
    checkIsLatest(old);
    await registerCardea(call, world, flags, { id: old.patientId });
  });
}

/** A card that was lost is replaced after it was revoked, too; one that was replaced has a successor. */
function checkIsLatest({ reason }: CardSummary): void {
  if (reason !== 'replaced') return;
  throw new AlreadyReplacedError(
    'this card was replaced already: find the patient\'s present card with "cardea-rc card list", and replace that',
  );
}
