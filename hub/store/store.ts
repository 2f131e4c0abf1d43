import { join } from 'node:path';
import { machineOrigin } from '../../runtime/audit/event.ts';
import { AuditTrail } from '../../runtime/audit/trail.ts';
import { type Clock, systemClock } from '../../runtime/clock.ts';
import { copyStore } from '../../runtime/copy-store.ts';
import { GroupCommit } from '../../runtime/group-commit.ts';
import { type Database, emptyLog, openStore } from '../../runtime/sqlite.ts';
import { StoreMissingError } from '../../runtime/store-errors.ts';
import { ATTEMPTS_MAX, type CardGlance, FAILURES_MAX, type HeldCard } from '../card.ts';
import { HubAudit, HubTrail } from './audit.ts';
import { AuditOutbox } from './audit-outbox.ts';
import { CardRows } from './cards.ts';
import { Lists } from './feed.ts';
import { Outbox } from './outbox.ts';
import { Patients } from './patients.ts';
import { PinChanges } from './pin-changes.ts';
import { RecordRows } from './records.ts';
import { MIGRATIONS } from './schema.ts';
import { Tries } from './tries.ts';

/** Everything a hub keeps, by what it does; another engine may stand behind it. What resolves is on the disk. */
export interface HubStore {
  readonly tries: Pick<Tries, 'answer' | 'enter' | 'leave'>;
  readonly pins: Pick<PinChanges, 'offer' | 'prepare' | 'change'>;
  readonly lists: Pick<Lists, 'position' | 'applyPage' | 'rcRestore' | 'apply'>;
  readonly outbox: Pick<Outbox, 'next' | 'delivered'>;
  readonly patients: Pick<Patients, 'find' | 'count' | 'replaceAll'>;
  readonly records: Pick<
    RecordRows,
    | 'isUnderKey'
    | 'moveFormer'
    | 'keep'
    | 'admit'
    | 'leave'
    | 'find'
    | 'visitAt'
    | 'visits'
    | 'countWaiting'
    | 'ofPatient'
    | 'page'
    | 'count'
  >;
  readonly audit: Pick<
    HubAudit,
    'markPatientsBy' | 'knowsPatients' | 'note' | 'noteRefusal' | 'noteService' | 'list' | 'find' | 'head'
  >;
  readonly auditOutbox: Pick<AuditOutbox, 'delivered' | 'next' | 'deliveredUpTo' | 'isOurs'>;
  /** Writes as much as a login does, to see whether it can be. @throws StoreError and its kin */
  probe(): Promise<void>;
  /** Copies all of it, as it is at one moment, to a new file. @throws StoreFullError, StoreError */
  copyTo(path: string): Promise<void>;
  /**
   * Goes on from a backup: reports are numbered above all that were told before, so that the RC passes none over.
   */
  beginAfterRestore(): Promise<void>;
  findCard(uid: Uint8Array): Promise<HeldCard | null>;
  glanceAtCard(uid: Uint8Array): Promise<CardGlance | null>;
  countCards(): Promise<number>;
  /** Commits what waits; whoever asks later is refused. */
  close(): void;
}

/**
 * Makes `folder`/store.sqlite; one that is there already is left as it is.
 * @throws StoreError and its kin
 */
export function createHubStore(folder: string): void {
  openStore(pathIn(folder), MIGRATIONS).close();
}

/**
 * Opens the store that `createHubStore` made, which its caller holds alone, and settles what a kill left open: a
 * card whose last try was under way is locked (PROTOCOL 2.5, tries), and wrong tries that may not have been noted
 * for the RC are.
 * @throws StoreMissingError where it is gone or empty: a new one in its place would give every try back
 * @throws StoreCorruptError, StoreTooNewError and their kin
 */
export function openHubStore(folder: string, clock: Pick<Clock, 'now'> = systemClock): HubStore {
  const db = openExisting(pathIn(folder));
  const trail = new HubTrail(new AuditTrail(db));
  settleAfterRestart(db, trail, clock);
  emptyLog(db);
  const group = new GroupCommit(db);
  const cards = new CardRows(db);
  const pins = new PinChanges(db, group, trail, cards);
  const count = db.prepare<[], { readonly cards: number }>('SELECT count(*) AS cards FROM card');
  const probe = db.prepare('INSERT OR REPLACE INTO probe (only, filler) VALUES (1, zeroblob(8000))');
  return {
    tries: new Tries(group, trail, cards, pins),
    pins,
    lists: new Lists(db, group, cards),
    outbox: new Outbox(db, group),
    patients: new Patients(db, group),
    records: new RecordRows(db, group, trail),
    audit: new HubAudit(group, trail),
    auditOutbox: new AuditOutbox(db, group, trail.trail),
    probe: () => group.write(() => void probe.run()),
    copyTo: (path) => copyStore(db, path),
    beginAfterRestore: () => group.write(() => beginAfterRestore(db, trail, clock)),
    findCard: async (uid) => cards.find(uid),
    glanceAtCard: async (uid) => cards.glance(uid),
    countCards: async () => count.get()?.cards ?? 0,
    close() {
      group.close();
      db.close();
    },
  };
}

function pathIn(folder: string): string {
  return join(folder, 'store.sqlite');
}

function openExisting(path: string): Database {
  try {
    return openStore(path, MIGRATIONS, { existing: true, wipesDeleted: true });
  } catch (cause) {
    if (!(cause instanceof StoreMissingError)) throw cause;
    throw new StoreMissingError(
      `${path} is gone or empty, and with it every try that was counted here: put a backup of this hub into an empty folder with "cardea-hub restore BACKUP --data DIR"; or revoke the hub with "cardea-rc hub revoke", and join in an empty folder as another`,
      { cause },
    );
  }
}

function beginAfterRestore(db: Database, trail: HubTrail, clock: Pick<Clock, 'now'>): void {
  // Milliseconds: no hub reports so often that its numbers would come near.
  const base = clock.now();
  db.prepare('UPDATE life SET running_base = max(running_base, ?)').run(base);
  db.prepare('UPDATE tries SET running = max(running, ?)').run(base);
  trail.append({ ...machineOrigin(clock), action: 'backup.restored', outcome: 'done' });
}

function settleAfterRestart(db: Database, trail: HubTrail, clock: Pick<Clock, 'now'>): void {
  const isSpent = `attempts_left = 0 OR failures >= ${FAILURES_MAX}`;
  const settle = db.transaction(() => {
    const locked = db.prepare(`UPDATE tries SET locked = 1 WHERE locked = 0 AND (${isSpent})`).run().changes;
    db.exec(`
      UPDATE tries SET report_due = 1, running = running + 1
      WHERE attempts_left < ${ATTEMPTS_MAX} AND (report_due = 0 OR locked = 0)`);
    if (locked === 0) return;
    const event = { ...machineOrigin(clock), action: 'tries.settled', outcome: 'done' } as const;
    trail.append({ ...event, detail: `locked=${locked}` });
  });
  settle.immediate();
}
