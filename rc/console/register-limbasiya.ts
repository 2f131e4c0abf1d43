import { parseCredentials } from '../../protocol/limbasiya/credentials.ts';
import type { CardsPatientField } from '../../protocol/rc-api/cards.ts';
import type { SecretSource } from '../../runtime/ask.ts';
import type { Invocation } from '../../runtime/command-line.ts';
import { CardeaError } from '../../runtime/errors.ts';
import { cardText } from '../commands/card-text.ts';

import type { CommandWorld } from '../commands/world.ts';
import { withCardAtReader } from './at-reader.ts';
import { deskSettings } from './desk-settings.ts';
import type { CardFlags } from './register-cardea.ts';
import { registerLimbasiyaCard } from './register-limbasiya-card.ts';

/** The two passwords differ. */
class PasswordsDifferError extends CardeaError {
  readonly code = 'passwords-differ';
}

/** Asks for identity, password and the card, and makes the card on the reader a `limbasiya-2021` card. */
export async function registerLimbasiya(
  call: Invocation,
  world: CommandWorld,
  flags: CardFlags,
  patient: CardsPatientField,
  secrets: SecretSource,
): Promise<void> {
  const { reader } = await call.settings(deskSettings);
  const credentials = await askCredentials(secrets, flags.pinStdin === true);
  const { force = false } = flags;
  await withCardAtReader(call, world.surroundings('warn'), reader, async (at) => {
    const onStep = (step: string) => call.say(step);
    const card = await registerLimbasiyaCard({ ...at, ...credentials, patient, force, onStep });
    call.show(card, cardText(card));
  });
}

/** The password twice on a terminal, where a typing error is not seen. */
async function askCredentials(secrets: SecretSource, stdin: boolean) {
  const identity = await secrets.ask('identity');
  const password = await secrets.ask('password');
  parseCredentials(identity, password);
  if (!stdin && (await secrets.ask('password again')) !== password) {
    throw new PasswordsDifferError('the two passwords differ; nothing was registered: try again');
  }
  return { identity, password };
}
