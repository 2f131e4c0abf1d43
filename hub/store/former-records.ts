import type { Database } from '../../runtime/sqlite.ts';
import type { GivenPlace } from './queue.ts';
import type { RecordPlace } from './records.ts';

/** Where a record lay: keyed hashes of 16 bytes, that of the patient the same in all of theirs. */
export interface FormerPlace {
  readonly patient: Uint8Array;
  readonly name: Uint8Array;
}

/** A record as it was kept before records lay in no order. */
export interface FormerRecord extends FormerPlace {
  /** In the order in which all records came. */
  readonly number: number;
  /** Among the patient's, from 1. */
  readonly numberOfPatient: number;
  readonly sealed: Uint8Array;
  /** In the queue of its day; null for one that was never in it. */
  readonly place: number | null;
}

/** Where it lies from now on. */
export interface MovedRecord extends RecordPlace {
  readonly visit: GivenPlace | null;
  seal(place: RecordPlace): Uint8Array;
}

type Row = Omit<FormerRecord, 'numberOfPatient'>;

const PAGE = 500;

const ROWS = `
  SELECT number, patient, name, sealed, place
  FROM former_record LEFT JOIN former_visit ON former_visit.record = former_record.name
  WHERE number > ? ORDER BY number LIMIT ${PAGE}`;

/**
 * Records as hubs kept them once: in the order in which they came, each patient's under one hash, visits with their
 * places and days. They are there until the key that moves them is at hand, and once only.
 */
export class FormerRecords {
  readonly #db: Database;
  readonly #table;

  constructor(db: Database) {
    this.#db = db;
    this.#table = db.prepare("SELECT 1 FROM sqlite_schema WHERE type = 'table' AND name = 'former_record'");
  }

  get areThere(): boolean {
    return this.#table.get() !== undefined;
  }

  count(): number {
    if (!this.areThere) return 0;
    return this.#db.prepare<[], number>('SELECT count(*) FROM former_record').pluck().get() ?? 0;
  }

  /** Within a transaction of the caller's: all of them, the oldest first. What they were kept in goes, and is wiped. */
  moveAll(move: (former: FormerRecord) => void): void {
    const rows = this.#db.prepare<[number], Row>(ROWS);
    const numbers = new Map<string, number>();
    for (let page = rows.all(0); page.length > 0; page = rows.all(page.at(-1)?.number ?? 0)) {
      for (const row of page) {
        const patient = Buffer.from(row.patient).toString('hex');
        const numberOfPatient = (numbers.get(patient) ?? 0) + 1;
        numbers.set(patient, numberOfPatient);
        move({
          ...row,
          numberOfPatient,
          patient: new Uint8Array(row.patient),
          name: new Uint8Array(row.name),
          sealed: new Uint8Array(row.sealed),
        });
      }
    }
    // Pages that come free are overwritten: `secure_delete`, which the store is opened with.
    this.#db.exec('DROP TABLE former_visit; DROP TABLE former_record;');
  }
}
