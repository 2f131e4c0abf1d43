import type { Command } from 'commander';
import { wipe } from '../../protocol/bytes.ts';
import { parsePin } from '../../protocol/pin.ts';
import { checkPinStrength, type PatientFacts } from '../../protocol/pin-policy.ts';
import { type SecretSource, secretSource } from '../../runtime/ask.ts';
import { given, type Invocation, UsageError } from '../../runtime/command-line.ts';
import { CardeaError } from '../../runtime/errors.ts';
import { cardText } from '../commands/card-text.ts';

import type { CommandWorld } from '../commands/world.ts';
import { withCardAtReader } from './at-reader.ts';
import { type CardFor, isDateOfBirth } from './card-patient.ts';
import { deskSettings } from './desk-settings.ts';
import { findPrinter } from './print-page.ts';
import { RecoveryCodeFile } from './recovery-code-out.ts';
import { showRecoveryCode } from './recovery-page.ts';
import { type RegisterCardOptions, RegistrationUnconfirmedError, writeCard } from './register-card.ts';

/** The two PINs differ. */
class PinsDifferError extends CardeaError {
  readonly code = 'pins-differ';
}

/** How a card is made, of what the command line gave. */
export interface CardFlags {
  readonly recovery: boolean;
  readonly recoveryOut?: string;
  readonly force?: boolean;
  readonly born?: string;
  readonly pinStdin?: boolean;
}

/** The options that `card register` and `card replace` share. */
export function addCardOptions(command: Command): Command {
  return command
    .option('--reader <path>', 'the reader: /dev/ttyUSB0, /dev/serial0, or sim:FILE for a virtual one')
    .option('--log-n <n>', 'how slow each guess at the PIN is made: 0, or 10 to 17')
    .option('--no-recovery', 'make no recovery code')
    .option(
      '--recovery-out <file>',
      'write the recovery code into this new file instead of showing it',
      given('a file'),
    )
    .option(
      '--born <date>',
      'the date of birth, YYYY-MM-DD, of which the PIN must not be made; it is kept nowhere',
    )
    .option('--print <command>', 'what prints the recovery code on request; default lp')
    .option('--force', 'overwrite whatever is on the card')
    .option('--pin-stdin', 'read the PIN from standard input');
}

/** Asks for the PIN and the card, and makes the card on the reader a `cardea-1` card of the patient's. */
export async function registerCardea(
  call: Invocation,
  world: CommandWorld,
  flags: CardFlags,
  { patient, facts }: CardFor,
  secrets: SecretSource,
): Promise<void> {
  const { reader, logN, print } = await call.settings(deskSettings);
  const surroundings = world.surroundings('warn');
  const pin = await askPin(secrets, flags.pinStdin === true, facts);
  const { recovery, recoveryOut, force = false } = flags;
  const printer = await findPrinter(print, call.io.environment['PATH'], surroundings.clock);
  await withCardAtReader(call, surroundings, reader, (at) =>
    register(call, recoveryOut, { ...at, pin, patient, facts, logN, recovery, force }, (name, recoveryCode) =>
      showRecoveryCode({ output: call.io.stdout, secrets, printer, name, recoveryCode }),
    ),
  );
}

/** Where a command's secrets come from, and the keys that answer its questions: one for all that it asks. */
export function secretsOf(call: Invocation, { pinStdin }: Pick<CardFlags, 'pinStdin'>): SecretSource {
  return secretSource({ stdin: pinStdin === true, input: call.io.stdin, output: call.io.stderr });
}

async function register(
  call: Invocation,
  recoveryOut: string | undefined,
  options: RegisterCardOptions,
  showCode: (name: string, recoveryCode: string) => Promise<void>,
): Promise<void> {
  const file =
    options.recovery && recoveryOut !== undefined ? await RecoveryCodeFile.reserve(recoveryOut) : undefined;
  const handOut = async (recoveryCode: string | null) => {
    if (recoveryCode === null) return;
    if (file === undefined) await showCode(options.facts?.name ?? 'the patient', recoveryCode);
    else await file.write(recoveryCode);
  };
  const written = await orDiscard(file, () => writeCard({ ...options, onStep: (step) => call.say(step) }));
  const { recoveryCode } = written;
  try {
    const card = await orDiscard(file, () => written.complete());
    call.show({ ...card, recovery: recoveryCode !== null }, cardText(card));
  } catch (error) {
    // The card may be registered, and then this is its code: nobody could show it later.
    if (error instanceof RegistrationUnconfirmedError) await handOut(recoveryCode);
    throw error;
  }
  await handOut(recoveryCode);
}

/** Removes the file for the code when no card came to be. */
async function orDiscard<Result>(
  file: RecoveryCodeFile | undefined,
  work: () => Promise<Result>,
): Promise<Result> {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof RegistrationUnconfirmedError)) await file?.discard();
    throw error;
  }
}

/** Before anything is asked or written. @throws UsageError */
export function checkCodeCanBeShown(call: Invocation, flags: CardFlags): void {
  if (!flags.recovery || flags.recoveryOut !== undefined) return;
  if (isAttended(call, flags)) return;
  throw new UsageError(
    'the recovery code is shown on a terminal only: say --recovery-out FILE, or --no-recovery for a card without one',
  );
}

/** Whether somebody is there to be asked and shown something. */
export function isAttended(call: Invocation, { pinStdin }: Pick<CardFlags, 'pinStdin'>): boolean {
  const isTerminal = 'isTTY' in call.io.stdout && call.io.stdout.isTTY === true;
  return isTerminal && !call.json && pinStdin !== true;
}

/** The date of birth that the command line gave. @throws UsageError */
export function bornOf({ born }: Pick<CardFlags, 'born'>, now: number): string | undefined {
  if (born === undefined || isDateOfBirth(born, now)) return born;
  throw new UsageError('--born: a date of birth as YYYY-MM-DD');
}

/** Twice on a terminal, where a typing error is not seen. @throws PinFormatError, WeakPinError, PinsDifferError, AskError */
async function askPin(secrets: SecretSource, stdin: boolean, facts: PatientFacts): Promise<string> {
  const pin = await secrets.ask('PIN');
  wipe(parsePin(pin));
  checkPinStrength(pin, facts);
  if (!stdin && (await secrets.ask('PIN again')) !== pin) {
    throw new PinsDifferError('the two PINs differ; nothing was registered: try again');
  }
  return pin;
}
