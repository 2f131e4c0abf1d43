import { closeSync, fsyncSync, openSync } from 'node:fs';
import type { Database } from './sqlite.ts';
import { storeError } from './store-errors.ts';

/** Between two portions of so many pages, whoever waits for the database has their turn. */
const PAGES = 200;

/**
 * Copies a database that is open to a new file (0600), as it is at one moment, while it is written to. What is
 * written meanwhile through the same handle is in the copy, too.
 *
 * @throws StoreFullError, StoreReadOnlyError, StoreError
 */
export async function copyStore(db: Database, path: string): Promise<void> {
  try {
    closeSync(openSync(path, 'wx', 0o600));
    await db.backup(path, { progress: () => PAGES });
    const file = openSync(path, 'r+');
    try {
      fsyncSync(file);
    } finally {
      closeSync(file);
    }
  } catch (cause) {
    throw storeError(cause, path);
  }
}
