import { type Command, Option } from 'commander';
import type { SuiteName } from '../../protocol/constants.ts';
import { type PatientNotes, patientNotes } from '../../protocol/rc-api/cards.ts';
import type { SecretSource } from '../../runtime/ask.ts';
import { type Invocation, invocation } from '../../runtime/command-line.ts';
import { CardeaError } from '../../runtime/errors.ts';
import { misuseOf } from '../../runtime/zod-words.ts';
import { asOperator } from '../commands/operator-client.ts';
import type { CommandWorld } from '../commands/world.ts';
import { newPatient, patientsWithRecord } from './card-patient.ts';
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
import { registerLimbasiya } from './register-limbasiya.ts';

const SUITES: readonly SuiteName[] = ['cardea-1', 'limbasiya-2021'];

interface RegisterFlags extends CardFlags, PatientNotes {
  readonly suite: SuiteName;
  readonly sameRecord?: boolean;
}

/** The record number is somebody's already. */
class RecordTakenError extends CardeaError {
  readonly code = 'record-taken';
}

/** `cardea-rc card register`: makes the card on the reader a patient's. */
export function addCardRegister(card: Command, world: CommandWorld): void {
  const register = card
    .command('register')
    .description('register the card on the reader for a new patient')
    .requiredOption('--name <name>', "the patient's name")
    .option('--record <number>', "the patient's record number")
    .option('--same-record', 'the patient is another than the one registered with this record number')
    .addOption(new Option('--suite <suite>', 'the suite of the card').choices(SUITES).default('cardea-1'));
  addCardOptions(register).action(async (flags: RegisterFlags, command: Command) => {
    const call = invocation(command, world.io);
    const notes = parsePatient(flags);
    // Before anybody is asked anything.
    await call.settings(deskSettings);
    const born = bornOf(flags, world.surroundings('warn').clock.now());
    if (flags.suite === 'cardea-1') checkCodeCanBeShown(call, flags);
    const secrets = secretsOf(call, flags);
    const sameRecord = flags.sameRecord === true || (await confirmRecord(call, world, flags, notes, secrets));
    const cardFor = newPatient(notes, born, sameRecord);
    if (flags.suite === 'limbasiya-2021')
      return registerLimbasiya(call, world, flags, cardFor.patient, secrets);
    await registerCardea(call, world, flags, cardFor, secrets);
  });
}

/**
 * Asks where the record number is known: a patient is registered once.
 *
 * @returns whether it was said that this is another patient
 * @throws RecordTakenError where it was not, or nobody is there to be asked
 */
async function confirmRecord(
  call: Invocation,
  world: CommandWorld,
  flags: RegisterFlags,
  { record }: PatientNotes,
  secrets: SecretSource,
): Promise<boolean> {
  const [known] = await asOperator(call.folder, world.surroundings('warn'), (client) =>
    patientsWithRecord(client, record),
  );
  if (known === undefined) return false;
  const who = `the record number ${known.record} is that of ${known.name}`;
  if (isAttended(call, flags)) {
    const prompt = `${who}: is this another patient with the same number? y/n`;
    if ((await secrets.key(prompt, 'yn')) === 'y') return true;
  }
  throw new RecordTakenError(
    `${who}, who is registered already; nothing was registered: give them a new card with "cardea-rc card replace ${known.cards[0]?.uid ?? 'UID'}", or say --same-record for another patient`,
  );
}

function parsePatient({ name, record }: PatientNotes): PatientNotes {
  const parsed = patientNotes.safeParse({ name: name.trim(), record: record?.trim() });
  if (!parsed.success) throw misuseOf(parsed.error);
  return parsed.data;
}
