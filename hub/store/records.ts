import { equalConstantTime } from '../../protocol/bytes.ts';
import type { GroupCommit } from '../../runtime/group-commit.ts';
import type { Database } from '../../runtime/sqlite.ts';
import type { HubAuditEvent, HubTrail } from './audit.ts';

/** A record as it rests: where it lies and what is sealed in it. This file opens none. */
export interface SealedRecord {
  /** In the order in which they came. */
  readonly number: number;
  /** The patient's index, 16 bytes. */
  readonly patient: Uint8Array;
  /** The record's own index, 16 bytes. */
  readonly name: Uint8Array;
  readonly sealed: Uint8Array;
}

export type NewRecord = Omit<SealedRecord, 'number'>;

/** A record, and where it stands in the queue of its day. */
export interface FoundRecord extends SealedRecord {
  /** From 1; null for one that was never in a queue. */
  readonly place: number | null;
  readonly waiting: boolean;
}

/** A record that stands in the queue of a day. */
export interface Visit extends FoundRecord {
  readonly place: number;
}

interface FoundRow extends SealedRecord {
  readonly place: number | null;
  readonly waiting: number | null;
}

interface VisitRow extends FoundRow {
  readonly place: number;
}

const PUT = `
  INSERT INTO record (patient, name, sealed) VALUES (@patient, @name, @sealed) ON CONFLICT (name) DO NOTHING`;

const FIND = `
  SELECT record.*, place, waiting FROM record LEFT JOIN visit ON visit.record = record.name WHERE name = ?`;

const VISIT = `
  SELECT record.*, place, waiting FROM visit JOIN record ON record.name = visit.record WHERE day = ?`;

/** What patients leave at the hub, sealed, and the queue of each day. */
export class RecordRows {
  readonly #group: GroupCommit;
  readonly #trail: HubTrail;
  readonly #find;
  readonly #put;
  readonly #reseal;
  readonly #ofPatient;
  readonly #patients;
  readonly #count;
  readonly #visitAt;
  readonly #waiting;
  readonly #countWaiting;
  readonly #lastPlace;
  readonly #putVisit;
  readonly #leave;
  readonly #mark;
  readonly #putMark;

  constructor(db: Database, group: GroupCommit, trail: HubTrail) {
    this.#group = group;
    this.#trail = trail;
    this.#find = db.prepare<[Uint8Array], FoundRow>(FIND);
    this.#put = db.prepare<[NewRecord]>(PUT);
    this.#reseal = db.prepare<[Uint8Array, Uint8Array]>('UPDATE record SET sealed = ? WHERE name = ?');
    this.#ofPatient = db.prepare<[Uint8Array, number], SealedRecord>(
      'SELECT * FROM record WHERE patient = ? ORDER BY number DESC LIMIT ?',
    );
    this.#patients = db
      .prepare<[Uint8Array, number], Uint8Array>(
        'SELECT DISTINCT patient FROM record WHERE patient > ? ORDER BY patient LIMIT ?',
      )
      .pluck();
    this.#count = db.prepare<[], number>('SELECT count(*) FROM record').pluck();
    this.#visitAt = db.prepare<[Uint8Array, number], VisitRow>(`${VISIT} AND place = ?`);
    this.#waiting = db.prepare<[Uint8Array], VisitRow>(`${VISIT} AND waiting = 1 ORDER BY place`);
    this.#countWaiting = db
      .prepare<[Uint8Array], number>('SELECT count(*) FROM visit WHERE day = ? AND waiting = 1')
      .pluck();
    this.#lastPlace = db
      .prepare<[Uint8Array], number>('SELECT coalesce(max(place), 0) FROM visit WHERE day = ?')
      .pluck();
    this.#putVisit = db.prepare('INSERT INTO visit (day, place, record, waiting) VALUES (?, ?, ?, 1)');
    this.#leave = db.prepare<[Uint8Array]>('UPDATE visit SET waiting = 0 WHERE record = ? AND waiting = 1');
    this.#mark = db.prepare<[], Uint8Array>('SELECT mark FROM records_key').pluck();
    this.#putMark = db.prepare<[Uint8Array]>('INSERT OR REPLACE INTO records_key (only, mark) VALUES (1, ?)');
  }

  /** Whether `mark` is that of the key under which the records are sealed; while there are none, any is. */
  isUnderKey(mark: Uint8Array): Promise<boolean> {
    return this.#group.write(() => {
      const kept = this.#mark.get();
      const isFirst = kept === undefined || this.#count.get() === 0;
      if (isFirst) this.#putMark.run(mark);
      return isFirst || equalConstantTime(new Uint8Array(kept), mark);
    });
  }

  /**
   * Keeps a record unless there is one of its name, and with it that it was kept.
   * @returns the one that is kept now, and whether it is new
   */
  keep(
    record: NewRecord,
    event: HubAuditEvent,
  ): Promise<{ readonly record: FoundRecord; readonly isNew: boolean }> {
    return this.#group.write(() => {
      const isNew = this.#put.run(record).changes > 0;
      if (isNew) this.#trail.append(event);
      return { record: this.#kept(record.name), isNew };
    });
  }

  /** As `keep`; a new one gets a place in a day's queue: `wanted` if it is free, else the next. */
  admit(
    record: NewRecord,
    day: Uint8Array,
    event: HubAuditEvent,
    wanted?: number,
  ): Promise<{ readonly record: FoundRecord; readonly isNew: boolean }> {
    return this.#group.write(() => {
      const isNew = this.#put.run(record).changes > 0;
      if (isNew) {
        this.#trail.append(event);
        const isFree = wanted !== undefined && this.#visitAt.get(day, wanted) === undefined;
        const place = isFree ? wanted : (this.#lastPlace.get(day) ?? 0) + 1;
        this.#putVisit.run(day, place, record.name);
      }
      return { record: this.#kept(record.name), isNew };
    });
  }

  /** A visit leaves the queue, with what is sealed of it from now on. @returns whether it was waiting */
  leave(name: Uint8Array, sealed: Uint8Array, event: HubAuditEvent): Promise<boolean> {
    return this.#group.write(() => {
      if (this.#leave.run(name).changes === 0) return false;
      this.#trail.append(event);
      this.#reseal.run(sealed, name);
      return true;
    });
  }

  async find(name: Uint8Array): Promise<FoundRecord | null> {
    const row = this.#find.get(name);
    return row === undefined ? null : found(row);
  }

  async visitAt(day: Uint8Array, place: number): Promise<Visit | null> {
    const row = this.#visitAt.get(day, place);
    return row === undefined ? null : visit(row);
  }

  /** Those who wait, in their order. */
  async waiting(day: Uint8Array): Promise<Visit[]> {
    return this.#waiting.all(day).map(visit);
  }

  async countWaiting(day: Uint8Array): Promise<number> {
    return this.#countWaiting.get(day) ?? 0;
  }

  /** A patient's records, the latest first. */
  async ofPatient(patient: Uint8Array, atMost: number): Promise<SealedRecord[]> {
    return this.#ofPatient.all(patient, atMost).map(sealedRecord);
  }

  /** Indexes of patients who have records, after `after` in their order. */
  async patients(after: Uint8Array, atMost: number): Promise<Uint8Array[]> {
    return this.#patients.all(after, atMost).map((patient) => new Uint8Array(patient));
  }

  async count(): Promise<number> {
    return this.#count.get() ?? 0;
  }

  #kept(name: Uint8Array): FoundRecord {
    const row = this.#find.get(name);
    if (row === undefined) throw new Error('a record that was kept is not there');
    return found(row);
  }
}

function found({ place, waiting, ...row }: FoundRow): FoundRecord {
  return { ...sealedRecord(row), place, waiting: waiting === 1 };
}

function visit(row: VisitRow): Visit {
  return { ...found(row), place: row.place };
}

/** Copies: a Buffer's `slice` would alias where others copy. */
function sealedRecord({ number, patient, name, sealed }: SealedRecord): SealedRecord {
  return {
    number,
    patient: new Uint8Array(patient),
    name: new Uint8Array(name),
    sealed: new Uint8Array(sealed),
  };
}
