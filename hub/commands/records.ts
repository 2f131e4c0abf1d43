import { open } from 'node:fs/promises';
import type { Readable } from 'node:stream';
import type { Command } from 'commander';
import type { Bundle } from '../../protocol/fhir/resources.ts';
import { given, type Invocation, invocation } from '../../runtime/command-line.ts';
import { counted } from '../../runtime/counted.ts';
import { CardeaError } from '../../runtime/errors.ts';
import { createNewFile } from '../../runtime/files.ts';
import { linesOf } from '../../runtime/lines.ts';
import { askNewPassphrase } from '../../runtime/passphrase.ts';
import { timeText } from '../../runtime/time-text.ts';
import type { Imported, PatientRecords } from '../records/archive.ts';
import { recordsKey } from '../records/key.ts';
import type { RecordsOffice } from '../records/office.ts';
import { PASSPHRASE_OPTION, recordsSecret, withRecords } from './records-office.ts';
import { hubSettings } from './settings.ts';
import { surroundingsFor } from './surroundings.ts';

/** A file of records cannot be read, or a line of it not be taken in. */
class ImportError extends CardeaError {
  readonly code = 'import-failed';
}

const COMMAND = 'cardea-hub records';
/** A line is one patient's Bundle. */
const LONGEST_LINE = 64 * 1024 * 1024;
/** Of one request over the control socket, which takes 64 KiB. */
const PIECE_BYTES = 40 * 1024;

/** `cardea-hub records list|export|import|seal|unseal`: what patients have left here. */
export function addRecords(program: Command): void {
  const records = program
    .command('records')
    .description("what patients have left here: sealed at rest, and named by this hub's names alone");
  addList(records);
  addExport(records);
  addImport(records);
  addSeal(records);
}

function addList(records: Command): void {
  records
    .command('list')
    .description('who has records here, and how many')
    .option(...PASSPHRASE_OPTION)
    .action(async (_options, command: Command) => {
      const call = invocation(command);
      const patients = await withRecords(call, COMMAND, (office) => allOf((after) => office.list(after)));
      const lines = patients.map(
        ({ subject, observations, encounters, latest }) =>
          `patient ${subject}: ${counted(observations, 'measurement')}, ${counted(encounters, 'visit')}, the latest of ${timeText(Date.parse(latest))}`,
      );
      call.show(
        { patients: patients.map((one: PatientRecords) => ({ ...one })) },
        lines.length === 0 ? 'no records' : lines.join('\n'),
      );
    });
}

function addExport(records: Command): void {
  records
    .command('export')
    .description('all records in the clear, a FHIR Bundle a patient, one a line (NDJSON)')
    .option('--out <file>', 'into a new file for its owner alone; else standard output', given('a file'))
    .option(...PASSPHRASE_OPTION)
    .action(async (options: { readonly out?: string }, command: Command) => {
      const call = invocation(command);
      const bundles = await withRecords(call, COMMAND, (office) => allOf((after) => office.export(after)));
      const text = bundles.map((one) => `${JSON.stringify(one)}\n`).join('');
      if (options.out === undefined) {
        call.io.stdout.write(text);
        return;
      }
      await createNewFile(options.out, text);
      const patients = bundles.length;
      call.show(
        { patients, file: options.out },
        `records of ${counted(patients, 'patient')} are in ${options.out}, in the clear`,
      );
    });
}

function addImport(records: Command): void {
  records
    .command('import')
    .description('take in what "records export" wrote; what is here already is not taken twice')
    .argument('<file>', 'the file; - for standard input')
    .option(...PASSPHRASE_OPTION)
    .action(async (file: string, _options, command: Command) => {
      const call = invocation(command);
      const input = await inputOf(call, file);
      const total = await withRecords(call, COMMAND, (office) => importAll(office, input, file));
      const { added, known, differing } = total;
      const more =
        differing === 0
          ? ''
          : `; ${counted(differing, 'record is', 'records are')} something else here under the same identifier, and stayed so`;
      call.show(
        { ...total },
        `${counted(added, 'record')} taken in, ${counted(known, 'was', 'were')} here already${more}`,
      );
    });
}

function addSeal(records: Command): void {
  records
    .command('seal')
    .description('seal the key of the records under a passphrase, or change it')
    .option(
      '--passphrase-stdin',
      'read the passphrases from standard input: the old one, if any, then the new one',
    )
    .action(async (_options, command: Command) => {
      const call = invocation(command);
      const { key, passphrase } = await keyOf(call);
      const sealed = await key.secrets.seal(() => askNewPassphrase(call.io, passphrase));
      await key.secrets.close();
      call.show(
        { sealed },
        `sealed: ${sealed.join(', ')}\nserve asks for the passphrase from now on; without it the records are lost, so keep it where the backups are not`,
      );
    });
  records
    .command('unseal')
    .description('undo seal: the key is a file for its owner alone')
    .option(...PASSPHRASE_OPTION)
    .action(async (_options, command: Command) => {
      const call = invocation(command);
      const { key } = await keyOf(call);
      const unsealed = await key.secrets.unseal();
      await key.secrets.close();
      call.show({ unsealed }, `no longer sealed: ${unsealed.join(', ')}`);
    });
}

async function keyOf(call: Invocation) {
  const { recordsKey: file } = await call.settings(hubSettings);
  const secret = recordsSecret(call, file);
  return {
    key: recordsKey(call.folder, surroundingsFor('warn').random, secret),
    passphrase: secret.passphrase,
  };
}

async function allOf<T>(
  page: (after: string | null) => Promise<{ readonly items: readonly T[]; readonly next: string | null }>,
): Promise<T[]> {
  const all: T[] = [];
  for (let after: string | null = null; ; ) {
    const { items, next } = await page(after);
    all.push(...items);
    if (next === null) return all;
    after = next;
  }
}

/** @throws ImportError where there is no such file */
async function inputOf({ io }: Invocation, file: string): Promise<Readable> {
  if (file === '-') return io.stdin;
  try {
    return (await open(file)).createReadStream();
  } catch (cause) {
    throw new ImportError(`${file} cannot be read: check its name, and whose it is`, { cause });
  }
}

async function importAll(office: RecordsOffice, input: Readable, file: string): Promise<Imported> {
  const total = { added: 0, known: 0, differing: 0 };
  let line = 0;
  try {
    for await (const text of withLastLine(input)) {
      line += 1;
      if (text.trim() === '') continue;
      for (const piece of piecesOf(parseJson(text))) {
        const { added, known, differing } = await office.import(piece);
        total.added += added;
        total.known += known;
        total.differing += differing;
      }
    }
    return total;
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    const name = file === '-' ? 'standard input' : file;
    const where = line === 0 ? name : `line ${line} of ${name}`;
    throw new ImportError(
      `${where} was not taken in: ${why}; ${counted(total.added, 'record')} before it ${total.added === 1 ? 'was' : 'were'}. Mend it and import again: nothing is taken twice`,
      { cause },
    );
  }
}

/** The last line may lack its end. */
async function* withLastLine(input: Readable): AsyncGenerator<string, void, undefined> {
  async function* whole() {
    yield* input;
    yield Buffer.from('\n');
  }
  const { Readable: Streams } = await import('node:stream');
  yield* linesOf(Streams.from(whole()), LONGEST_LINE);
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new ImportError('it is not JSON', { cause });
  }
}

/** A Bundle as several that are small enough for one request each, every one with its Patient. */
function piecesOf(content: unknown): readonly unknown[] {
  if (!isBundle(content)) return [content];
  const patient = content.entry.filter(({ resource }) => resource?.resourceType === 'Patient');
  const others = content.entry.filter(({ resource }) => resource?.resourceType !== 'Patient');
  const pieces: Bundle['entry'][number][][] = [[]];
  let bytes = 0;
  for (const entry of others) {
    const size = Buffer.byteLength(JSON.stringify(entry));
    if (bytes + size > PIECE_BYTES) {
      pieces.push([]);
      bytes = 0;
    }
    pieces.at(-1)?.push(entry);
    bytes += size;
  }
  return pieces.map((entries) => ({ ...content, entry: [...patient, ...entries] }));
}

/** As far as it takes to cut it up; whether it is one is the office's to say. */
function isBundle(content: unknown): content is Bundle {
  return (
    typeof content === 'object' && content !== null && 'entry' in content && Array.isArray(content.entry)
  );
}
