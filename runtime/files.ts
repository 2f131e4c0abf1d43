import {
  chmod,
  type FileHandle,
  link,
  mkdir,
  open,
  readdir,
  realpath,
  rename,
  rm,
  stat,
} from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { CardeaError, systemErrorCode } from './errors.ts';
import { systemRandom } from './random.ts';

/** There is a file already where a new one was to be made. */
export class FileExistsError extends CardeaError {
  readonly code = 'file-exists';
}

/** A file that must be there is not. */
export class FileMissingError extends CardeaError {
  readonly code = 'file-missing';
}

/** A file with a secret can be read by others than its owner. */
export class SecretFileExposedError extends CardeaError {
  readonly code = 'secret-file-exposed';
}

/** A file could not be read or written. */
export class FileError extends CardeaError {
  readonly code = 'file-failed';
}

const OWNER_ONLY = 0o600;
const NOT_THE_OWNER = 0o077;
/** Of a systemd credential: the group's right to read may be the mask of the service's own access list. */
const NOT_THE_SERVICE = 0o027;
const WRITABLE_BY_ALL = 0o002;
/** Only its owner may rename or remove what lies in the folder. */
const STICKY = 0o1000;

interface WriteOptions {
  /** The file's mode; 0600 when left out. */
  readonly mode?: number;
}

/**
 * Writes a file so that after a power cut it is either as before or wholly new: a temporary file beside it,
 * fsync, rename, fsync of the folder.
 *
 * @throws FileError
 */
export function writeFileDurably(
  path: string,
  content: Uint8Array | string,
  options: WriteOptions = {},
): Promise<void> {
  return writeBeside(path, content, options, (temporary) => rename(temporary, path));
}

/**
 * As `writeFileDurably`, for a file that must not exist yet.
 *
 * @throws FileExistsError, FileError
 */
export function createNewFile(
  path: string,
  content: Uint8Array | string,
  options: WriteOptions = {},
): Promise<void> {
  return writeBeside(path, content, options, async (temporary) => {
    try {
      await link(temporary, path);
    } catch (cause) {
      // A USB stick's file system has no links: the file itself then says whether it is new.
      if (!['EPERM', 'ENOTSUP', 'EOPNOTSUPP'].includes(systemErrorCode(cause) ?? '')) {
        throw cause;
      }
      await writeNew(path, content, options.mode ?? OWNER_ONLY);
    }
    await rm(temporary);
  });
}

/**
 * Reads a file that holds a secret.
 *
 * @throws FileMissingError, FileError
 * @throws SecretFileExposedError when the group or others have any right to it
 */
export function readSecretFile(path: string): Promise<Uint8Array> {
  return readPrivate(
    path,
    NOT_THE_OWNER,
    `run "chmod 600 ${path}", and replace the secret if someone may have read it`,
  );
}

/**
 * Reads a systemd credential, which no other user can.
 *
 * @throws FileMissingError, FileError, SecretFileExposedError
 */
export function readCredentialFile(path: string): Promise<Uint8Array> {
  return readPrivate(path, NOT_THE_SERVICE, 'check what made it, and replace the secret');
}

async function readPrivate(path: string, notTheOwner: number, remedy: string): Promise<Uint8Array> {
  let file: FileHandle | undefined;
  try {
    file = await open(path, 'r');
    const { mode } = await file.stat();
    if ((mode & notTheOwner) !== 0) {
      throw new SecretFileExposedError(`others than the owner can use the secret file ${path}: ${remedy}`);
    }
    return new Uint8Array(await file.readFile());
  } catch (cause) {
    throw fileError(path, cause);
  } finally {
    await file?.close();
  }
}

/**
 * Checks that a folder with secrets is its owner's alone, and that nobody else can put another in its place.
 *
 * @throws SecretFileExposedError, FileMissingError, FileError
 */
export async function checkSecretFolder(path: string): Promise<void> {
  try {
    const real = await realpath(path);
    if (((await stat(real)).mode & NOT_THE_OWNER) !== 0) {
      throw new SecretFileExposedError(
        `others than the owner can use the folder of secrets ${path}: run "chmod 700 ${path}", and replace the secrets if someone may have read them`,
      );
    }
    for (let above = dirname(real); ; above = dirname(above)) {
      const { mode } = await stat(above);
      if ((mode & WRITABLE_BY_ALL) !== 0 && (mode & STICKY) === 0) {
        throw new SecretFileExposedError(
          `everybody can put another folder in the place of ${path}, since ${above} can be written by all: run "chmod o-w ${above}"`,
        );
      }
      if (above === dirname(above)) return;
    }
  } catch (cause) {
    throw fileError(path, cause);
  }
}

/** The names in a folder. @throws FileMissingError, FileError */
export async function listFolder(path: string): Promise<string[]> {
  try {
    return await readdir(path);
  } catch (cause) {
    throw fileError(path, cause);
  }
}

/**
 * Reads a file without secrets.
 *
 * @throws FileMissingError, FileError
 */
export async function readWholeFile(path: string): Promise<Uint8Array> {
  try {
    const file = await open(path, 'r');
    try {
      return new Uint8Array(await file.readFile());
    } finally {
      await file.close();
    }
  } catch (cause) {
    throw fileError(path, cause);
  }
}

/** Makes a folder, and those above it, for its owner alone (0700); one that exists is narrowed to that. */
export async function makeSecretFolder(path: string): Promise<void> {
  try {
    await mkdir(path, { recursive: true, mode: 0o700 });
    if (((await stat(path)).mode & NOT_THE_OWNER) !== 0) {
      await chmod(path, 0o700);
    }
    await syncFolder(dirname(path));
  } catch (cause) {
    throw fileError(path, cause);
  }
}

async function writeBeside(
  path: string,
  content: Uint8Array | string,
  options: WriteOptions,
  settle: (temporary: string) => Promise<void>,
): Promise<void> {
  const suffix = Buffer.from(systemRandom(6)).toString('hex');
  const temporary = join(dirname(path), `.${basename(path)}.${suffix}.tmp`);
  try {
    await writeNew(temporary, content, options.mode ?? OWNER_ONLY);
    await settle(temporary);
    await syncFolder(dirname(path));
  } catch (cause) {
    await rm(temporary, { force: true });
    throw fileError(path, cause);
  }
}

async function writeNew(path: string, content: Uint8Array | string, mode: number): Promise<void> {
  const file = await open(path, 'wx', mode);
  try {
    await file.writeFile(content);
    await file.sync();
  } finally {
    await file.close();
  }
}

/** Has what was renamed or made in a folder on the disk. */
export async function syncFolder(path: string): Promise<void> {
  const folder = await open(path, 'r');
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}

function fileError(path: string, cause: unknown): CardeaError {
  if (cause instanceof CardeaError) {
    return cause;
  }
  switch (systemErrorCode(cause)) {
    case 'EEXIST':
      return new FileExistsError(
        `${path} exists already and is not overwritten: move it away, or choose another name`,
        { cause },
      );
    case 'ENOENT':
      return new FileMissingError(`${path} does not exist: check the path`, { cause });
    case 'EACCES':
    case 'EPERM':
      return new FileError(`no right to use ${path}: check who owns it and its folder`, { cause });
    case 'ENOSPC':
    case 'EDQUOT':
      return new FileError(`the disk is full; ${path} was not written: free space on it`, { cause });
    case 'EROFS':
      return new FileError(`${path} is on a disk that is mounted read-only: mount it to be written`, {
        cause,
      });
    default:
      return new FileError(`cannot use ${path}: ${cause instanceof Error ? cause.message : String(cause)}`, {
        cause,
      });
  }
}
