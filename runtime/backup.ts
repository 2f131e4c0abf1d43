import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { chmod, copyFile, mkdir, open, readdir, rename, rm, stat } from 'node:fs/promises';
import { basename, dirname, join, relative, resolve } from 'node:path';
import { z } from 'zod';
import { CardeaError, systemErrorCode } from './errors.ts';
import { FileExistsError, FileMissingError, readWholeFile, writeFileDurably } from './files.ts';
import { systemRandom } from './random.ts';
import { storeError } from './store-errors.ts';

/** What lies there is no backup of this, or is damaged: nothing was restored. */
export class BackupError extends CardeaError {
  readonly code = 'backup';
}

const MANIFEST = 'backup.json';
/** Nothing that leads out of the folder. */
const PATH = /^[A-Za-z0-9][A-Za-z0-9._-]*(?:\/[A-Za-z0-9][A-Za-z0-9._-]*)?$/;

const content = z.strictObject({
  'cardea-backup': z.literal(1),
  /** Whose it is. */
  kind: z.enum(['registration-centre', 'hub']),
  /** The hub's id, or the registration centre's address. */
  id: z.string(),
  /** ISO 8601. */
  made: z.string(),
  /** The audit trail's anchor when it was made. */
  anchor: z.string(),
  files: z.array(
    z.strictObject({
      path: z.string().regex(PATH),
      size: z.int().min(0),
      /** SHA-256, hex. */
      sha256: z.string().regex(/^[0-9a-f]{64}$/),
    }),
  ),
});
const manifest = content.extend({
  /** SHA-256 of all the rest, as JSON. */
  check: z.string(),
});

/** What a backup says of itself. */
export type Backup = z.infer<typeof content>;

export interface BackupContent extends Pick<Backup, 'kind' | 'id' | 'made'> {
  /** The data folder. */
  readonly folder: string;
  /** Copies the database, as it is at one moment, to a path. @returns the audit trail's anchor at that moment */
  readonly copyStore: (path: string) => Promise<string>;
  /** Files and folders in it to be copied besides, where they exist; of a folder its files. */
  readonly files: readonly string[];
  /** What to write in place of a file's content, by its path in the folder; null leaves it out. */
  readonly insteadOf?: (path: string) => string | null | undefined;
}

/**
 * Writes a backup into `target`, a folder that must not exist: under another name beside it, all of it synced, then
 * renamed. One that was cut short is never there under its name; what it left is removed by the next.
 *
 * @throws FileExistsError, FileMissingError, BackupError, StoreFullError, StoreReadOnlyError, StoreError
 */
export async function writeBackup(target: string, backup: BackupContent): Promise<Backup> {
  const place = resolve(target);
  await checkPlace(place);
  await removeLeftovers(place);
  const suffix = Buffer.from(systemRandom(6)).toString('hex');
  const workshop = join(dirname(place), `.${basename(place)}.${suffix}.backup`);
  try {
    await mkdir(workshop, { mode: 0o700 });
    const anchor = await backup.copyStore(join(workshop, 'store.sqlite'));
    await copyInto(workshop, backup);
    const { kind, id, made } = backup;
    const files = await describeFiles(workshop);
    const written: Backup = { 'cardea-backup': 1, kind, id, made, anchor, files };
    await writeFileDurably(
      join(workshop, MANIFEST),
      `${JSON.stringify({ ...written, check: checkOf(written) })}\n`,
    );
    for (const folder of foldersOf(written)) await syncPath(join(workshop, folder));
    await rename(workshop, place);
    await syncPath(dirname(place));
    return written;
  } catch (cause) {
    await rm(workshop, { recursive: true, force: true });
    throw storeError(cause, place);
  }
}

/**
 * Reads what a backup says of itself, and checks every file in it against that.
 *
 * @throws BackupError when it is no backup, another's, of a newer version, or damaged; FileError
 */
export async function openBackup(folder: string, kind: Backup['kind']): Promise<Backup> {
  const backup = parseManifest(folder, await readManifest(folder));
  if (backup.kind !== kind) {
    throw new BackupError(
      `${folder} is the backup of a ${backup.kind}, and this is a ${kind}: choose the right one`,
    );
  }
  for (const { path, size, sha256 } of backup.files) {
    const found = await describeFile(join(folder, path)).catch(() => undefined);
    if (found?.size !== size || found.sha256 !== sha256) {
      throw new BackupError(
        `${folder} is damaged: ${path} is not what was written there. Use another backup`,
      );
    }
  }
  if (!backup.files.some(({ path }) => path === 'store.sqlite')) {
    throw new BackupError(`${folder} has no database: use another backup`);
  }
  return backup;
}

/** Copies a backup's files into a folder that is there, for their owner alone, each synced. @throws StoreError */
export async function unpackBackup(backup: Backup, from: string, to: string): Promise<void> {
  try {
    for (const { path } of backup.files) {
      await mkdir(dirname(join(to, path)), { recursive: true, mode: 0o700 });
      await copyDurably(join(from, path), join(to, path));
    }
  } catch (cause) {
    throw storeError(cause, to);
  }
}

async function checkPlace(place: string): Promise<void> {
  if (await exists(place)) {
    throw new FileExistsError(`${place} exists already and is not overwritten: choose another name`);
  }
  if (!(await exists(dirname(place)))) {
    throw new FileMissingError(`${dirname(place)} does not exist: make it, or choose another place`);
  }
}

async function exists(path: string): Promise<boolean> {
  try {
    await stat(path);
    return true;
  } catch (cause) {
    if (systemErrorCode(cause) === 'ENOENT') return false;
    throw storeError(cause, path);
  }
}

/** What backups to the same name that were killed have left. */
async function removeLeftovers(place: string): Promise<void> {
  const prefix = `.${basename(place)}.`;
  for (const name of await readdir(dirname(place))) {
    const isLeftover = name.startsWith(prefix) && /^[0-9a-f]{12}\.backup$/.test(name.slice(prefix.length));
    if (isLeftover) await rm(join(dirname(place), name), { recursive: true, force: true });
  }
}

async function copyInto(workshop: string, { folder, files, insteadOf }: BackupContent): Promise<void> {
  const copy = async (path: string) => {
    const content = insteadOf?.(path);
    if (content === undefined) await copyDurably(join(folder, path), join(workshop, path));
    else if (content !== null) await writeFileDurably(join(workshop, path), content);
  };
  for (const name of files) {
    const path = join(folder, name);
    if (!(await exists(path))) continue;
    if (!(await stat(path)).isDirectory()) {
      await copy(name);
      continue;
    }
    await mkdir(join(workshop, name), { mode: 0o700 });
    for (const inner of await readdir(path)) {
      // Hidden ones are half-written files of a crash.
      if (!inner.startsWith('.')) await copy(join(name, inner));
    }
  }
}

async function copyDurably(from: string, to: string): Promise<void> {
  await copyFile(from, to);
  await chmod(to, 0o600);
  await syncPath(to);
}

async function syncPath(path: string): Promise<void> {
  const file = await open(path, 'r');
  try {
    await file.sync();
  } finally {
    await file.close();
  }
}

async function describeFiles(folder: string): Promise<Backup['files']> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const paths = entries
    .filter((entry) => entry.isFile())
    .map((entry) => relative(folder, join(entry.parentPath, entry.name)))
    .sort();
  const files: Backup['files'] = [];
  for (const path of paths) files.push({ path, ...(await describeFile(join(folder, path))) });
  return files;
}

async function describeFile(path: string): Promise<{ readonly size: number; readonly sha256: string }> {
  const hash = createHash('sha256');
  let size = 0;
  for await (const chunk of createReadStream(path)) {
    hash.update(chunk);
    size += chunk.length;
  }
  return { size, sha256: hash.digest('hex') };
}

function foldersOf({ files }: Backup): readonly string[] {
  return [...new Set(['.', ...files.map(({ path }) => dirname(path))])];
}

async function readManifest(folder: string): Promise<Uint8Array> {
  try {
    return await readWholeFile(join(folder, MANIFEST));
  } catch (cause) {
    if (!(cause instanceof FileMissingError)) throw cause;
    throw new BackupError(`${folder} is no backup: it has no ${MANIFEST}`, { cause });
  }
}

function parseManifest(folder: string, bytes: Uint8Array): Backup {
  const damaged = `${folder} is damaged: ${MANIFEST} is not what was written there. Use another backup`;
  let json: unknown;
  try {
    json = JSON.parse(Buffer.from(bytes).toString('utf8'));
  } catch (cause) {
    throw new BackupError(damaged, { cause });
  }
  const version = z.object({ 'cardea-backup': z.int() }).safeParse(json);
  if (version.success && version.data['cardea-backup'] > 1) {
    throw new BackupError(`${folder} was made by a newer Cardea: install that, and restore with it`);
  }
  const parsed = manifest.safeParse(json);
  if (!parsed.success) throw new BackupError(damaged, { cause: parsed.error });
  const { check, ...backup } = parsed.data;
  if (check !== checkOf(backup)) throw new BackupError(damaged);
  return backup;
}

function checkOf(backup: Backup): string {
  return createHash('sha256').update(JSON.stringify(backup)).digest('hex');
}
