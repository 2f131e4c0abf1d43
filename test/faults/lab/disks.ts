import { dirname } from 'node:path';
import SqliteDatabase, { type Database } from 'better-sqlite3';

/** Pages that no store of the lab will ever have. */
const ROOM_ENOUGH = 1_000_000;

/** Stores that are open in this process. */
const open = new Set<Database>();
let isWatching = false;

/**
 * From now on, the store in a folder can be told that its disk is full. SQLite keeps that limit with the
 * connection, which the product hands out to nobody: it is caught where each one is set up.
 */
export function watchStores(): void {
  if (isWatching) return;
  isWatching = true;
  const { pragma } = SqliteDatabase.prototype;
  SqliteDatabase.prototype.pragma = function watched(this: Database, ...words: Parameters<typeof pragma>) {
    open.add(this);
    return pragma.apply(this, words);
  };
}

/** No store below `folder` can grow any more: what does not fit into the pages that it has is refused. */
export function fillDisk(folder: string): void {
  for (const db of storesIn(folder)) {
    db.pragma(`max_page_count = ${String(db.pragma('page_count', { simple: true }))}`);
  }
}

export function makeRoom(folder: string): void {
  for (const db of storesIn(folder)) db.pragma(`max_page_count = ${ROOM_ENOUGH}`);
}

function storesIn(folder: string): Database[] {
  for (const db of open) if (!db.open) open.delete(db);
  return [...open].filter((db) => dirname(db.name) === folder);
}
