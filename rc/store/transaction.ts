import type { Database } from '../../runtime/sqlite.ts';
import { StoreError, storeError } from '../../runtime/store-errors.ts';

/**
 * Runs `act` as one transaction that is on the disk when this returns; when `act` throws, nothing of it is.
 *
 * @throws StoreFullError, StoreReadOnlyError, StoreBusyError, StoreError, and what `act` throws
 */
export function inTransaction<Result>(db: Database, act: () => Result): Result {
  try {
    return db.transaction(act).immediate();
  } catch (cause) {
    throw storeError(cause, db.name);
  }
}

/** The next place on the feed. Only inside a transaction, so that no number is taken for nothing. */
export function nextSequence(db: Database): number {
  const next = db
    .prepare<[], number>('UPDATE network SET sequence = sequence + 1 WHERE one = 1 RETURNING sequence')
    .pluck()
    .get();
  if (next === undefined) throw new StoreError('the database has lost its network: restore it from a backup');
  return next;
}
