import { chmodSync, closeSync, existsSync, fsyncSync, openSync, statSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import SqliteDatabase, { type Database } from 'better-sqlite3';
import { systemErrorCode } from './errors.ts';
import {
  StoreCorruptError,
  StoreError,
  StoreMissingError,
  StoreTooNewError,
  storeError,
} from './store-errors.ts';

export type { Database };

const BUSY_TIMEOUT_MS = 2_000;

/**
 * Opens a process's SQLite file, makes it (0600) where there is none, checks it and brings it up to date.
 *
 * A commit is on the disk before it returns (`synchronous = FULL` in WAL mode). `migrations[n]` is the SQL
 * that leads from version n to n + 1 of the schema; each runs in a transaction of its own with the mark
 * that it ran (`user_version`), so a crash in between is taken up again. Never change one that has been
 * released: append. Failures of later statements become typed through `storeError`.
 *
 * Do not open the file by other means in the same process: to close such a handle drops SQLite's lock.
 *
 * @param path the file, in a folder that exists; `:memory:` for a test's
 * @param options.existing it was made before: nothing is made where it is gone or empty
 * @param options.wipesDeleted what is deleted is overwritten, from the migrations on
 * @throws StoreMissingError, StoreCorruptError, StoreTooNewError, StoreFullError, StoreReadOnlyError, StoreBusyError, StoreError
 */
export function openStore(
  path: string,
  migrations: readonly string[],
  {
    existing = false,
    wipesDeleted = false,
  }: { readonly existing?: boolean; readonly wipesDeleted?: boolean } = {},
): Database {
  let db: Database | undefined;
  try {
    if (existing && !existsSync(path)) {
      throw new StoreMissingError(`${path} is gone: restore it from a backup`);
    }
    if (path !== ':memory:') {
      makePrivate(path);
    }
    // Whole, so that whoever asks why it cannot be written (`storeError`) finds it.
    db = new SqliteDatabase(path === ':memory:' ? path : resolve(path), { timeout: BUSY_TIMEOUT_MS });
    const version = versionOf(db);
    if (existing && version === 0) {
      throw new StoreMissingError(`${path} is empty: restore it from a backup`);
    }
    if (version > migrations.length) {
      throw new StoreTooNewError(
        `${path} is of version ${version}, and this Cardea knows up to version ${migrations.length}: install the newer Cardea, or restore a backup made with this one`,
      );
    }
    checkSound(db, path);
    db.pragma('journal_mode = WAL');
    db.pragma('synchronous = FULL');
    db.pragma('foreign_keys = ON');
    if (wipesDeleted) db.pragma('secure_delete = ON');
    migrate(db, version, migrations);
    return db;
  } catch (cause) {
    db?.close();
    throw storeError(cause, path);
  }
}

/**
 * Brings what lies in the write-ahead log into the file, and empties it: the log tells in which order all was written.
 * Where that cannot be now, a later commit does it.
 */
export function emptyLog(db: Database): void {
  try {
    db.pragma('wal_checkpoint(TRUNCATE)');
  } catch {
    // A full disk, for one. All that was committed is in the log, and is read from there.
  }
}

/**
 * Gives back the room of what was deleted, where it is a third of the file or more. Where that cannot be now, the file
 * stays as large, and is filled again.
 */
export function compact(db: Database): void {
  const pages = (name: string) => Number(db.pragma(name, { simple: true }));
  if (pages('freelist_count') * 3 < pages('page_count')) return;
  try {
    db.exec('VACUUM');
  } catch {
    // It takes as much room again as the file has.
  }
}

/** The file with mode 0600; the WAL and its index take theirs from it. */
function makePrivate(path: string): void {
  try {
    closeSync(openSync(path, 'wx', 0o600));
    syncFolder(dirname(path));
  } catch (cause) {
    if (systemErrorCode(cause) === 'ENOENT') {
      throw new StoreError(`the folder ${dirname(path)} does not exist: check --data`, { cause });
    }
    if (systemErrorCode(cause) !== 'EEXIST') {
      throw cause;
    }
    if ((statSync(path).mode & 0o077) !== 0) {
      chmodSync(path, 0o600);
    }
  }
}

function syncFolder(folder: string): void {
  const handle = openSync(folder, 'r');
  try {
    fsyncSync(handle);
  } finally {
    closeSync(handle);
  }
}

function versionOf(db: Database): number {
  return Number(db.pragma('user_version', { simple: true }));
}

function checkSound(db: Database, path: string): void {
  const verdict = db.pragma('quick_check(1)', { simple: true });
  if (verdict !== 'ok') {
    throw new StoreCorruptError(
      `${path} is damaged (${verdict}): restore it from a backup (command restore)`,
    );
  }
}

function migrate(db: Database, from: number, migrations: readonly string[]): void {
  for (const [index, sql] of migrations.entries()) {
    if (index >= from) {
      const step = db.transaction(() => {
        db.exec(sql);
        db.pragma(`user_version = ${index + 1}`);
      });
      step.immediate();
    }
  }
}
