import { existsSync } from 'node:fs';
import { AuditTrail } from '../../runtime/audit/trail.ts';
import { type Database, openStore } from '../../runtime/sqlite.ts';
import { StoreError } from '../../runtime/store-errors.ts';
import { RcAudit } from './audit.ts';
import { Cards } from './cards.ts';
import { Certificates } from './certificates.ts';
import { Feed } from './feed.ts';
import { LimbasiyaBook } from './limbasiya.ts';
import { Members } from './members.ts';
import { Registrations } from './registrations.ts';
import { ReportBook } from './reports.ts';
import { MIGRATIONS } from './schema.ts';
import { Tokens } from './tokens.ts';
import { inTransaction } from './transaction.ts';

/** All that the registration centre must not forget, in one SQLite file. */
export interface RcStore {
  readonly members: Members;
  readonly certificates: Certificates;
  readonly tokens: Tokens;
  readonly registrations: Registrations;
  readonly cards: Cards;
  readonly feed: Feed;
  readonly limbasiya: LimbasiyaBook;
  readonly reports: ReportBook;
  readonly audit: RcAudit;
  /** Gives the file free. To call it again does nothing. */
  close(): void;
}

/**
 * Opens the registry that `createRcStore` made; it belongs to one process at a time.
 *
 * @throws StoreCorruptError, StoreTooNewError, StoreBusyError, StoreReadOnlyError, StoreFullError
 * @throws StoreError when the file is gone: an empty one in its place would forget every card
 */
export function openRcStore(path: string): RcStore {
  const isThere = existsSync(path);
  const db = isThere ? openStore(path, MIGRATIONS) : undefined;
  if (db?.prepare('SELECT 1 FROM network').get() === undefined) {
    db?.close();
    throw new StoreError(`${path} is ${isThere ? 'empty' : 'gone'}: restore it from a backup`);
  }
  return storeOver(db);
}

/**
 * Opens the registry of a network that begins now.
 *
 * @param generation 16 random bytes (PROTOCOL 2.6)
 */
export function createRcStore(path: string, generation: Uint8Array): RcStore {
  const db = openStore(path, MIGRATIONS);
  inTransaction(db, () =>
    db.prepare('INSERT INTO network (one, generation, sequence) VALUES (1, ?, 0)').run(generation),
  );
  return storeOver(db);
}

function storeOver(db: Database): RcStore {
  const trail = new AuditTrail(db);
  const audit = new RcAudit(db, trail);
  return {
    members: new Members(db, trail),
    certificates: new Certificates(db, trail),
    tokens: new Tokens(db, trail),
    registrations: new Registrations(db, trail),
    cards: new Cards(db, trail),
    feed: new Feed(db),
    limbasiya: new LimbasiyaBook(db, trail),
    reports: new ReportBook(db, trail),
    audit,
    close: () => {
      audit.settle();
      db.close();
    },
  };
}
