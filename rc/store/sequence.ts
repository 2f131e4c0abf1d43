import type { Database } from '../../runtime/sqlite.ts';
import { StoreError } from '../../runtime/store-errors.ts';

/** The next place on the feed. Only inside a transaction, so that no number is taken for nothing. */
export function nextSequence(db: Database): number {
  const next = db
    .prepare<[], number>('UPDATE network SET sequence = sequence + 1 WHERE one = 1 RETURNING sequence')
    .pluck()
    .get();
  if (next === undefined) throw new StoreError('the database has lost its network: restore it from a backup');
  return next;
}
