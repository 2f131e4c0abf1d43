import { join } from 'node:path';
import { type Database, openStore } from '../../runtime/sqlite.ts';
import { ATTEMPTS_MAX, FAILURES_MAX, type HeldCard } from '../card.ts';
import { CardRows } from './cards.ts';
import { Lists } from './feed.ts';
import { GroupCommit } from './group-commit.ts';
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
  readonly lists: Pick<Lists, 'position' | 'applyPage' | 'apply'>;
  readonly outbox: Pick<Outbox, 'next' | 'delivered'>;
  readonly patients: Pick<Patients, 'find' | 'count' | 'replaceAll'>;
  readonly records: Pick<
    RecordRows,
    | 'isUnderKey'
    | 'keep'
    | 'admit'
    | 'leave'
    | 'find'
    | 'visitAt'
    | 'waiting'
    | 'countWaiting'
    | 'ofPatient'
    | 'patients'
    | 'count'
  >;
  findCard(uid: Uint8Array): Promise<HeldCard | null>;
  countCards(): Promise<number>;
  /** Commits what waits; whoever asks later is refused. */
  close(): void;
}

/**
 * Opens `folder`/store.sqlite, which its caller holds alone, and settles what a kill left open: a card whose last try was under way is
 * locked (PROTOCOL 2.5, tries), and wrong tries that may not have been noted for the RC are.
 * @throws StoreCorruptError, StoreTooNewError and their kin
 */
export function openHubStore(folder: string): HubStore {
  const db = openStore(join(folder, 'store.sqlite'), MIGRATIONS);
  settleAfterRestart(db);
  const group = new GroupCommit(db);
  const cards = new CardRows(db);
  const pins = new PinChanges(db, group, cards);
  const count = db.prepare<[], { readonly cards: number }>('SELECT count(*) AS cards FROM card');
  return {
    tries: new Tries(group, cards, pins),
    pins,
    lists: new Lists(db, group, cards),
    outbox: new Outbox(db, group),
    patients: new Patients(db, group),
    records: new RecordRows(db, group),
    findCard: async (uid) => cards.find(uid),
    countCards: async () => count.get()?.cards ?? 0,
    close() {
      group.close();
      db.close();
    },
  };
}

function settleAfterRestart(db: Database): void {
  db.exec(`
    UPDATE tries SET locked = max(locked, attempts_left = 0 OR failures >= ${FAILURES_MAX}),
      report_due = 1, running = running + 1
    WHERE attempts_left < ${ATTEMPTS_MAX} AND (report_due = 0 OR locked = 0)`);
}
