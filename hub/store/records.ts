import { equalConstantTime } from '../../protocol/bytes.ts';
import type { GroupCommit } from '../../runtime/group-commit.ts';
import { compact, type Database, emptyLog } from '../../runtime/sqlite.ts';
import type { HubAuditEvent, HubTrail } from './audit.ts';
import { type FormerRecord, FormerRecords, type MovedRecord } from './former-records.ts';
import { type NewPlace, QueueRows } from './queue.ts';

/** Where a record lies: keyed hashes, of which no two have anything in common. */
export interface RecordPlace {
  /** Of its patient and of its number among their records; 63 bits. */
  readonly slot: bigint;
  /** Of its patient and of what it is called; 16 bytes. */
  readonly name: Uint8Array;
}

/** A record as it rests: where it lies and what is sealed in it. This folder opens none. */
export interface SealedRecord extends RecordPlace {
  readonly sealed: Uint8Array;
}

/** One of a patient's records. */
export interface NumberedRecord extends SealedRecord {
  /** In the order in which they came, from 1. */
  readonly number: number;
}

/** Where a patient's records lie, by their numbers. */
export type Slots = (number: number) => bigint;

/** A record that is to be kept, and sealed once it is known where. */
export interface NewRecord {
  readonly name: Uint8Array;
  readonly slots: Slots;
  seal(place: RecordPlace): Uint8Array;
}

/** The same for one that gets a place in a day's queue. */
export interface NewVisit extends Omit<NewRecord, 'seal'>, NewPlace {
  seal(place: RecordPlace, queuePlace: number): Uint8Array;
}

export interface Kept {
  /** The one that is kept now. */
  readonly record: SealedRecord;
  readonly isNew: boolean;
}

/** `key` is where in the list of slots it stood. */
const OF_SLOTS = `
  SELECT json_each.key AS position, name, sealed
  FROM json_each(?) CROSS JOIN record ON record.slot = json_each.value`;

/** What patients leave at the hub, sealed, and the queue of each day. */
export class RecordRows {
  readonly #db: Database;
  readonly #group: GroupCommit;
  readonly #trail: HubTrail;
  readonly #queue: QueueRows;
  readonly #former: FormerRecords;
  readonly #find;
  readonly #isTaken;
  readonly #put;
  readonly #reseal;
  readonly #ofSlots;
  readonly #page;
  readonly #count;
  readonly #mark;
  readonly #putMark;

  constructor(db: Database, group: GroupCommit, trail: HubTrail) {
    this.#db = db;
    this.#group = group;
    this.#trail = trail;
    this.#queue = new QueueRows(db);
    this.#former = new FormerRecords(db);
    this.#find = db
      .prepare<[Uint8Array], SealedRecord>('SELECT slot, name, sealed FROM record WHERE name = ?')
      .safeIntegers();
    this.#isTaken = db.prepare<[bigint], number>('SELECT 1 FROM record WHERE slot = ?').pluck();
    this.#put = db.prepare<[SealedRecord]>(
      'INSERT INTO record (slot, name, sealed) VALUES (@slot, @name, @sealed)',
    );
    this.#reseal = db.prepare<[Uint8Array, bigint, Uint8Array]>(
      'UPDATE record SET sealed = ? WHERE slot = ? AND sealed = ?',
    );
    this.#ofSlots = db.prepare<[string], Omit<SealedRecord, 'slot'> & { readonly position: number }>(
      OF_SLOTS,
    );
    this.#page = db
      .prepare<[bigint, number], SealedRecord>(
        'SELECT slot, name, sealed FROM record WHERE slot > ? ORDER BY slot LIMIT ?',
      )
      .safeIntegers();
    this.#count = db.prepare<[], number>('SELECT count(*) FROM record').pluck();
    this.#mark = db.prepare<[], Uint8Array>('SELECT mark FROM records_key').pluck();
    this.#putMark = db.prepare<[Uint8Array]>('INSERT OR REPLACE INTO records_key (only, mark) VALUES (1, ?)');
  }

  /** Whether `mark` is that of the key under which the records are sealed; while there are none, any is. */
  isUnderKey(mark: Uint8Array): Promise<boolean> {
    return this.#group.write(() => {
      const kept = this.#mark.get();
      const isFirst = kept === undefined || this.#countAll() === 0;
      if (isFirst) this.#putMark.run(mark);
      return isFirst || equalConstantTime(new Uint8Array(kept), mark);
    });
  }

  /**
   * Moves what was kept before records lay in no order, once and all at once, and leaves no trace of how it lay.
   * @param move says where a record lies from now on; it throws where one cannot be opened, and then nothing was moved
   */
  async moveFormer(move: (former: FormerRecord) => MovedRecord): Promise<void> {
    if (this.#former.areThere) {
      await this.#group.write(() =>
        this.#former.moveAll((former) => {
          const { name, seal, slot, visit } = move(former);
          this.#put.run({ slot, name, sealed: seal({ slot, name }) });
          if (visit !== null) this.#queue.restore(visit, slot);
        }),
      );
    }
    // Also where a kill came between the two.
    compact(this.#db);
    // Until then the file has them as they lay.
    emptyLog(this.#db);
  }

  /** Keeps a record unless there is one of its name, and with it that it was kept. */
  keep(record: NewRecord, event: HubAuditEvent): Promise<Kept> {
    return this.#group.write(
      () => this.#known(record) ?? this.#keep(record, event, (place) => record.seal(place)),
    );
  }

  /** As `keep`; a new one gets a place in a day's queue: the one that is wanted if it is free, else the next. */
  admit(visit: NewVisit, event: HubAuditEvent): Promise<Kept> {
    return this.#group.write(() => {
      const known = this.#known(visit);
      if (known !== null) return known;
      const queuePlace = this.#queue.free(visit);
      const kept = this.#keep(visit, event, (place) => visit.seal(place, queuePlace));
      this.#queue.take(visit, queuePlace, kept.record.slot);
      return kept;
    });
  }

  /**
   * A visit leaves the queue of its day, with what is sealed of it from now on.
   * @param visit as it was found. @returns false where it has been changed since, and it was not touched
   */
  leave(day: Uint8Array, visit: SealedRecord, sealed: Uint8Array, event: HubAuditEvent): Promise<boolean> {
    return this.#group.write(() => {
      if (this.#reseal.run(sealed, visit.slot, visit.sealed).changes === 0) return false;
      this.#trail.append(event);
      this.#queue.leave(day);
      return true;
    });
  }

  async find(name: Uint8Array): Promise<SealedRecord | null> {
    return this.#found(name);
  }

  /** The visit at one place of a day's queue. */
  async visitAt(queuePlace: bigint): Promise<SealedRecord | null> {
    const row = this.#queue.visitAt(queuePlace);
    return row === null ? null : sealedRecord(row);
  }

  /** The visits that have a place in a day's queue, whether or not they wait, in no order. */
  async visits(queue: Omit<NewPlace, 'wanted'>): Promise<SealedRecord[]> {
    return this.#queue.visits(queue).map(sealedRecord);
  }

  async countWaiting(day: Uint8Array): Promise<number> {
    return this.#queue.countWaiting(day);
  }

  /** A patient's records, the latest first. */
  async ofPatient(slots: Slots, atMost: number): Promise<NumberedRecord[]> {
    const latest = this.#countOf(slots);
    const count = Math.min(latest, atMost);
    const asked = Array.from({ length: count }, (_, back) => slots(latest - back));
    const found = this.#ofSlots.all(`[${asked.join()}]`).map(({ position, name, sealed }) => ({
      number: latest - position,
      ...sealedRecord({ slot: asked[position] ?? 0n, name, sealed }),
    }));
    return found.sort((one, other) => other.number - one.number);
  }

  /** All records, in an order that means nothing: those after this slot. */
  async page(after: bigint, atMost: number): Promise<SealedRecord[]> {
    return this.#page.all(after, atMost).map(sealedRecord);
  }

  async count(): Promise<number> {
    return this.#countAll();
  }

  #countAll(): number {
    return (this.#count.get() ?? 0) + this.#former.count();
  }

  #found(name: Uint8Array): SealedRecord | null {
    const row = this.#find.get(name);
    return row === undefined ? null : sealedRecord(row);
  }

  #known({ name }: Pick<NewRecord, 'name'>): Kept | null {
    const record = this.#found(name);
    return record === null ? null : { record, isNew: false };
  }

  #keep(
    { name, slots }: Omit<NewRecord, 'seal'>,
    event: HubAuditEvent,
    seal: (place: RecordPlace) => Uint8Array,
  ): Kept {
    const place = { slot: slots(this.#countOf(slots) + 1), name };
    const record = { ...place, sealed: seal(place) };
    this.#put.run(record);
    this.#trail.append(event);
    return { record, isNew: true };
  }

  /** How many records lie in a patient's slots, which are filled one after the other: looked for by halves. */
  #countOf(slots: Slots): number {
    let free = 1;
    while (this.#isTaken.get(slots(free)) !== undefined) free *= 2;
    let taken = Math.floor(free / 2);
    while (free - taken > 1) {
      const middle = Math.floor((taken + free) / 2);
      if (this.#isTaken.get(slots(middle)) === undefined) free = middle;
      else taken = middle;
    }
    return taken;
  }
}

/** Copies: a Buffer's `slice` would alias where others copy. */
function sealedRecord({ slot, name, sealed }: SealedRecord): SealedRecord {
  return { slot, name: new Uint8Array(name), sealed: new Uint8Array(sealed) };
}
