import { existsSync } from 'node:fs';
import { AuditTrail } from '../../runtime/audit/trail.ts';
import { copyStore } from '../../runtime/copy-store.ts';
import { GroupCommit } from '../../runtime/group-commit.ts';
import { type Database, openStore } from '../../runtime/sqlite.ts';
import { StoreError } from '../../runtime/store-errors.ts';
import { RcAudit } from './audit.ts';
import { CardHistory } from './card-history.ts';
import { type Unlock, type UnlockResult, unlockCard } from './card-unlock.ts';
import { Cards } from './cards.ts';
import { Certificates } from './certificates.ts';
import { Feed } from './feed.ts';
import { HubTrails } from './hub-trails.ts';
import { LimbasiyaBook } from './limbasiya.ts';
import { Members } from './members.ts';
import { indexEarlierPatients, PatientSearch } from './patient-search.ts';
import { Registrations } from './registrations.ts';
import { ReportBook } from './reports.ts';
import { Restores } from './restores.ts';
import { type MemberRevocation, type MemberRevocationResult, revokeMember } from './revoke-member.ts';
import { MIGRATIONS } from './schema.ts';
import { Tokens } from './tokens.ts';
import { inTransaction } from './transaction.ts';

/**
 * All that the registration centre must not forget, in one SQLite file. What resolves is on the disk, and whoever
 * writes in the same moment shares one commit.
 */
export interface RcStore {
  readonly members: Members;
  readonly certificates: Certificates;
  readonly tokens: Tokens;
  readonly registrations: Registrations;
  readonly cards: Cards;
  readonly history: CardHistory;
  readonly patients: PatientSearch;
  readonly feed: Feed;
  readonly limbasiya: LimbasiyaBook;
  readonly reports: ReportBook;
  readonly audit: RcAudit;
  readonly hubTrails: HubTrails;
  readonly restores: Restores;
  /** Copies all of it, as it is at one moment, to a new file. @throws StoreFullError, StoreError */
  copyTo(path: string): Promise<void>;
  /** Lifts a card's locks everywhere (PROTOCOL 2.5). */
  unlockCard(unlock: Unlock): Promise<UnlockResult>;
  revokeMember(revocation: MemberRevocation): Promise<MemberRevocationResult>;
  /** Commits what waits, refuses whoever asks later, and gives the file free. To call it again does nothing. */
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
  indexEarlierPatients(db);
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
    db
      .prepare('INSERT INTO network (one, generation, sequence, patients_indexed) VALUES (1, ?, 0, 1)')
      .run(generation),
  );
  return storeOver(db);
}

function storeOver(db: Database): RcStore {
  const trail = new AuditTrail(db);
  const group = new GroupCommit(db);
  return {
    members: new Members(db, group, trail),
    certificates: new Certificates(db, group, trail),
    tokens: new Tokens(db, group, trail),
    registrations: new Registrations(db, group, trail),
    cards: new Cards(db, group, trail),
    history: new CardHistory(db),
    patients: new PatientSearch(db),
    feed: new Feed(db),
    limbasiya: new LimbasiyaBook(db, group, trail),
    reports: new ReportBook(db, group, trail),
    audit: new RcAudit(group, trail),
    hubTrails: new HubTrails(db, group, trail),
    restores: new Restores(db, group, trail),
    copyTo: (path) => copyStore(db, path),
    unlockCard: (unlock) => unlockCard({ db, group, trail }, unlock),
    revokeMember: (revocation) => revokeMember({ db, group, trail }, revocation),
    close: () => {
      group.close();
      db.close();
    },
  };
}
