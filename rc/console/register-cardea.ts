import type { Command } from 'commander';
import { parsePin } from '../../protocol/pin.ts';
import type { RegistrationCompletion } from '../../protocol/rc-api/cards.ts';
import { secretSource } from '../../runtime/ask.ts';
import { type Invocation, UsageError } from '../../runtime/command-line.ts';
import { CardeaError } from '../../runtime/errors.ts';
import { cardText } from '../commands/card.ts';
import { rcSettings } from '../commands/settings.ts';
import type { CommandWorld } from '../commands/world.ts';
import { withCardAtReader } from './at-reader.ts';
import { RecoveryCodeFile } from './recovery-code-out.ts';
import { type RegisterCardOptions, type RegisteredCard, registerCard } from './register-card.ts';

/** The two PINs differ. */
class PinsDifferError extends CardeaError {
  readonly code = 'pins-differ';
}

/** How a card is made, of what the command line gave. */
export interface CardFlags {
  readonly recovery: boolean;
  readonly recoveryOut?: string;
  readonly force?: boolean;
  readonly pinStdin?: boolean;
}

/** The options that `card register` and `card replace` share. */
export function addCardOptions(command: Command): Command {
  return command
    .option('--reader <path>', 'the reader: /dev/ttyUSB0, /dev/serial0, or sim:FILE for a virtual one')
    .option('--log-n <n>', 'how slow each guess at the PIN is made: 0, or 10 to 17')
    .option('--no-recovery', 'make no recovery code')
    .option('--recovery-out <file>', 'write the recovery code into this new file instead of showing it')
    .option('--force', 'overwrite whatever is on the card')
    .option('--pin-stdin', 'read the PIN from standard input');
}

/** Asks for the PIN and the card, and makes the card on the reader a `cardea-1` card of the patient's. */
export async function registerCardea(
  call: Invocation,
  world: CommandWorld,
  flags: CardFlags,
  patient: RegistrationCompletion['patient'],
): Promise<void> {
  const { reader, logN } = await call.settings(rcSettings);
  const pin = await askPin(call, flags.pinStdin === true);
  const { recovery, recoveryOut, force = false } = flags;
  await withCardAtReader(call, world.surroundings('warn'), reader, (at) =>
    register(call, recoveryOut, { ...at, pin, patient, logN, recovery, force }),
  );
}

async function register(
  call: Invocation,
  recoveryOut: string | undefined,
  options: RegisterCardOptions,
): Promise<void> {
  const file =
    options.recovery && recoveryOut !== undefined ? await RecoveryCodeFile.reserve(recoveryOut) : undefined;
  let registered: RegisteredCard;
  try {
    registered = await registerCard({ ...options, onStep: (step) => call.say(step) });
  } catch (error) {
    await file?.discard();
    throw error;
  }
  const { card, recoveryCode } = registered;
  if (file !== undefined && recoveryCode !== null) await file.write(recoveryCode);
  call.show({ ...card, recovery: recoveryCode !== null }, cardText(card));
  if (file === undefined && recoveryCode !== null) {
    call.say(
      `\nrecovery code, shown this once, for the patient to keep apart from the card:\n\n  ${recoveryCode}\n`,
    );
  }
}

/** Before anything is asked or written. @throws UsageError */
export function checkCodeCanBeShown(call: Invocation, flags: CardFlags): void {
  const isTerminal = 'isTTY' in call.io.stdout && call.io.stdout.isTTY === true;
  if (!flags.recovery || flags.recoveryOut !== undefined || (isTerminal && !call.json)) return;
  throw new UsageError(
    'the recovery code is shown on a terminal only: say --recovery-out FILE, or --no-recovery for a card without one',
  );
}

/** Twice on a terminal, where a typing error is not seen. @throws PinFormatError, PinsDifferError, AskError */
async function askPin(call: Invocation, stdin: boolean): Promise<string> {
  const secrets = secretSource({ stdin, input: call.io.stdin, output: call.io.stderr });
  const pin = await secrets.ask('PIN');
  parsePin(pin);
  if (!stdin && (await secrets.ask('PIN again')) !== pin) {
    throw new PinsDifferError('the two PINs differ; nothing was registered: try again');
  }
  return pin;
}
