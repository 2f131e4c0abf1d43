import type { Command } from 'commander';
import type { CardReader, PresentedCard } from '../../hardware/card-reader.ts';
import { openReader } from '../../hardware/reader-path.ts';
import { parsePin } from '../../protocol/pin.ts';
import { type PatientNotes, patientNotes } from '../../protocol/rc-api/cards.ts';
import { secretSource } from '../../runtime/ask.ts';
import type { Clock } from '../../runtime/clock.ts';
import { type Invocation, invocation, UsageError } from '../../runtime/command-line.ts';
import { CardeaError } from '../../runtime/errors.ts';
import { untilStopped } from '../../runtime/stop.ts';
import { cardText } from '../commands/card.ts';
import { asOperator } from '../commands/operator-client.ts';
import { rcSettings } from '../commands/settings.ts';
import type { CommandWorld } from '../commands/world.ts';
import { RecoveryCodeFile } from './recovery-code-out.ts';
import { type RegisterCardOptions, type RegisteredCard, registerCard } from './register-card.ts';

/** The two PINs differ. */
class PinsDifferError extends CardeaError {
  readonly code = 'pins-differ';
}

/** No card was laid on the reader. */
class NoCardError extends CardeaError {
  readonly code = 'no-card';
}

const CARD_WAIT_MS = 60_000;

interface RegisterFlags extends PatientNotes {
  readonly recovery: boolean;
  readonly recoveryOut?: string;
  readonly force?: boolean;
  readonly pinStdin?: boolean;
}

/** `cardea-rc card register`: makes the card on the reader a patient's. */
export function addCardRegister(card: Command, world: CommandWorld): void {
  card
    .command('register')
    .description('register the card on the reader for a new patient')
    .requiredOption('--name <name>', "the patient's name")
    .option('--record <number>', "the patient's record number")
    .option('--reader <path>', 'the reader: /dev/ttyUSB0, /dev/serial0, or sim:FILE for a virtual one')
    .option('--log-n <n>', 'how slow each guess at the PIN is made: 0, or 10 to 17')
    .option('--no-recovery', 'make no recovery code')
    .option('--recovery-out <file>', 'write the recovery code into this new file instead of showing it')
    .option('--force', 'overwrite whatever is on the card')
    .option('--pin-stdin', 'read the PIN from standard input')
    .action(async (flags: RegisterFlags, command: Command) => {
      const call = invocation(command, world.io);
      const patient = parsePatient(flags);
      checkCodeCanBeShown(call, flags);
      const { reader: path, logN } = await call.settings(rcSettings);
      const pin = await askPin(call, flags.pinStdin === true);
      const surroundings = world.surroundings('warn');
      let registered = false;
      await untilStopped((signal) =>
        asOperator(call.folder, surroundings, async (client) => {
          const reader = openReader(path, { clock: surroundings.clock });
          try {
            call.say('lay the card on the reader');
            const card = await waitForCard(reader, surroundings.clock, signal);
            const { recovery, force = false } = flags;
            const options = { client, surroundings, card, pin, patient, logN, recovery, force };
            await register(call, flags.recoveryOut, options);
            registered = true;
          } finally {
            await reader.close();
          }
        }),
      );
      if (!registered) throw new NoCardError('stopped before a card was there: nothing was registered');
    });
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
function checkCodeCanBeShown(call: Invocation, flags: RegisterFlags): void {
  const isTerminal = 'isTTY' in call.io.stdout && call.io.stdout.isTTY === true;
  if (!flags.recovery || flags.recoveryOut !== undefined || (isTerminal && !call.json)) return;
  throw new UsageError(
    'the recovery code is shown on a terminal only: say --recovery-out FILE, or --no-recovery for a card without one',
  );
}

function parsePatient({ name, record }: RegisterFlags): PatientNotes {
  const parsed = patientNotes.safeParse({ name, record });
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  throw new UsageError(`--${issue?.path.join('.')}: ${issue?.message}`);
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

/** @throws NoCardError; HardwareError when the reader cannot be reached */
async function waitForCard(reader: CardReader, clock: Clock, stopped: AbortSignal): Promise<PresentedCard> {
  await reader.ready();
  const over = new AbortController();
  const timer = clock.after(CARD_WAIT_MS, () => {
    over.abort(new NoCardError(`no card was laid on the reader in ${CARD_WAIT_MS / 1000} s: try again`));
  });
  try {
    return await reader.waitForCard(AbortSignal.any([stopped, over.signal]));
  } finally {
    timer.cancel();
  }
}
