import { closeSync, mkdirSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import SqliteDatabase, { type Database } from 'better-sqlite3';
import { z } from 'zod';
import { CardeaError, systemErrorCode } from './errors.ts';
import { storeError } from './store-errors.ts';

/** Someone else works on the folder. */
export class FolderInUseError extends CardeaError {
  readonly code = 'folder-in-use';
}

/** A folder that is ours alone until `release`, or until the process ends in whatever way. */
export interface Ownership {
  /** Gives the folder free. To call it again does nothing. */
  release(): void;
}

const ownerNote = z.object({ pid: z.int(), command: z.string() });

/**
 * Takes a process's data folder for itself (DESIGN, "One owner"); makes the folder (0700) where there is none.
 *
 * The lock is the operating system's, held by SQLite on `owner.lock`: it dies with the process, so nothing
 * is left to clear away after `kill -9`. Who holds it is noted in `owner.json`, which is only for people.
 *
 * @param command what owns it from now on, for the message to the next one: `cardea-hub serve`
 * @throws FolderInUseError when it has an owner, in another process or in this one
 * @throws StoreReadOnlyError, StoreFullError
 */
export function takeOwnership(folder: string, command = 'cardea'): Ownership {
  const note = join(folder, 'owner.json');
  const lock = openLock(folder);
  try {
    lock.exec('BEGIN EXCLUSIVE');
    writeFileSync(note, JSON.stringify({ pid: process.pid, command }), { mode: 0o600 });
  } catch (cause) {
    lock.close();
    if (systemErrorCode(cause) === 'SQLITE_BUSY') {
      throw new FolderInUseError(
        `${folder} is in use by ${describeOwner(note)}: stop it first, or choose another folder with --data`,
        { cause },
      );
    }
    throw storeError(cause, folder);
  }
  return {
    release() {
      if (lock.open) {
        rmSync(note, { force: true });
        lock.close();
      }
    },
  };
}

/**
 * As {@link takeOwnership}, for a command that asks whoever serves the folder where somebody does: undefined then.
 *
 * @throws StoreReadOnlyError, StoreFullError
 */
export function takeOwnershipUnlessServed(folder: string, command: string): Ownership | undefined {
  try {
    return takeOwnership(folder, command);
  } catch (cause) {
    if (cause instanceof FolderInUseError) return undefined;
    throw cause;
  }
}

function openLock(folder: string): Database {
  const path = join(folder, 'owner.lock');
  try {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    createEmpty(path);
    return new SqliteDatabase(path, { timeout: 0 });
  } catch (cause) {
    throw storeError(cause, folder);
  }
}

/** Only ever creates: to open and close a file that is locked would drop this process's lock on it. */
function createEmpty(path: string): void {
  try {
    closeSync(openSync(path, 'wx', 0o600));
  } catch (cause) {
    if (systemErrorCode(cause) !== 'EEXIST') {
      throw cause;
    }
  }
}

function describeOwner(note: string): string {
  try {
    const { pid, command } = ownerNote.parse(JSON.parse(readFileSync(note, 'utf8')));
    return `${command} (process ${pid})`;
  } catch {
    return 'another process';
  }
}
