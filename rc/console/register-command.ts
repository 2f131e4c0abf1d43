import { type Command, Option } from 'commander';
import type { SuiteName } from '../../protocol/constants.ts';
import { type PatientNotes, patientNotes } from '../../protocol/rc-api/cards.ts';
import { invocation, UsageError } from '../../runtime/command-line.ts';
import type { CommandWorld } from '../commands/world.ts';
import { addCardOptions, type CardFlags, checkCodeCanBeShown, registerCardea } from './register-cardea.ts';
import { registerLimbasiya } from './register-limbasiya.ts';

const SUITES: readonly SuiteName[] = ['cardea-1', 'limbasiya-2021'];

interface RegisterFlags extends CardFlags, PatientNotes {
  readonly suite: SuiteName;
}

/** `cardea-rc card register`: makes the card on the reader a patient's. */
export function addCardRegister(card: Command, world: CommandWorld): void {
  const register = card
    .command('register')
    .description('register the card on the reader for a new patient')
    .requiredOption('--name <name>', "the patient's name")
    .option('--record <number>', "the patient's record number")
    .addOption(new Option('--suite <suite>', 'the suite of the card').choices(SUITES).default('cardea-1'));
  addCardOptions(register).action(async (flags: RegisterFlags, command: Command) => {
    const call = invocation(command, world.io);
    const patient = parsePatient(flags);
    if (flags.suite === 'limbasiya-2021') return registerLimbasiya(call, world, flags, patient);
    checkCodeCanBeShown(call, flags);
    await registerCardea(call, world, flags, patient);
  });
}

function parsePatient({ name, record }: PatientNotes): PatientNotes {
  const parsed = patientNotes.safeParse({ name, record });
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  throw new UsageError(`--${issue?.path.join('.')}: ${issue?.message}`);
}
