import type { Command } from 'commander';
import type { CardSummary } from '../../protocol/rc-api/cards.ts';
import type { SecretSource } from '../../runtime/ask.ts';
import { type Invocation, invocation } from '../../runtime/command-line.ts';
import { CardeaError } from '../../runtime/errors.ts';
import { parseUid } from '../commands/card.ts';
import { stateOf } from '../commands/card-text.ts';
import { asOperator } from '../commands/operator-client.ts';
import type { CommandWorld } from '../commands/world.ts';
import { replacementFor } from './card-patient.ts';
import { deskSettings } from './desk-settings.ts';
import {
  addCardOptions,
  bornOf,
  type CardFlags,
  checkCodeCanBeShown,
  isAttended,
  registerCardea,
  secretsOf,
} from './register-cardea.ts';

interface ReplaceFlags extends CardFlags {
  readonly yes?: boolean;
}

/** The registrar thought better of it. */
class NotReplacedError extends CardeaError {
  readonly code = 'not-replaced';
}

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
    .argument('<uid>', 'the UID of the card to be replaced')
    .option('--yes', 'ask for no confirmation; so it is, too, with --pin-stdin and --json');
  addCardOptions(replace).action(async (uid: string, flags: ReplaceFlags, command: Command) => {
    const call = invocation(command, world.io);
    const surroundings = world.surroundings('warn');
    const parsed = parseUid(uid);
    const born = bornOf(flags, surroundings.clock.now());
    checkCodeCanBeShown(call, flags);
    // Before anybody is asked anything.
    await call.settings(deskSettings);
    const old = await asOperator(call.folder, surroundings, (client) => client.card(parsed));
    checkIsLatest(old);
    const secrets = secretsOf(call, flags);
    await confirm(call, flags, old, secrets);
    await registerCardea(call, world, flags, replacementFor(old, born), secrets);
  });
}

/** Whoever sits at a terminal is shown whose card ends. @throws NotReplacedError, AskError */
async function confirm(
  call: Invocation,
  flags: ReplaceFlags,
  old: CardSummary,
  secrets: SecretSource,
): Promise<void> {
  if (flags.yes || !isAttended(call, flags)) return;
  const { name, record } = old;
  const whose = `${name}${record === null ? '' : `, record ${record}`}`;
  const prompt = `a new card for ${whose}; the old one (${stateOf(old)}) ends for ever: go on? y/n`;
  if ((await secrets.key(prompt, 'yn')) === 'y') return;
  throw new NotReplacedError('nothing was replaced: the old card is as it was');
}

/** A card that was lost is replaced after it was revoked, too; one that was replaced has a successor. */
function checkIsLatest({ reason }: CardSummary): void {
  if (reason !== 'replaced') return;
  throw new AlreadyReplacedError(
    'this card was replaced already: find the patient\'s present card with "cardea-rc card find", and replace that',
  );
}
