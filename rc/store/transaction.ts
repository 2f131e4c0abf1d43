import type { Database } from '../../runtime/sqlite.ts';
import { storeError } from '../../runtime/store-errors.ts';

/**
 * Runs `act` as one transaction that is on the disk when this returns; when `act` throws, nothing of it is. For what is
 * done while the registry is opened: nobody else writes yet who could share the commit (`GroupCommit`).
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
