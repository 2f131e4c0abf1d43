import type { Database } from '../../runtime/sqlite.ts';

/** Inside a transaction of the caller's: the number that a new card of either suite gets. */
export function nextCardNumber(db: Database): number {
  const last = (table: 'cards' | 'limbasiya_cards') =>
    db.prepare<[], number | null>(`SELECT max(number) FROM ${table}`).pluck().get() ?? 0;
  return 1 + Math.max(last('cards'), last('limbasiya_cards'));
}
