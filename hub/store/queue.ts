import type { Database } from '../../runtime/sqlite.ts';
import type { SealedRecord } from './records.ts';

/** A day's queue, as keyed hashes: `day` 16 bytes, its places 63 bits each. */
export interface DayQueue {
  readonly day: Uint8Array;
  /** Where its places lie, from 1. */
  readonly queuePlaces: (place: number) => bigint;
}

/** A place in it that is to be given. */
export interface NewPlace extends DayQueue {
  readonly wanted?: number | undefined;
}

/** A place that was given before. */
export interface GivenPlace extends DayQueue {
  readonly place: number;
  readonly isWaiting: boolean;
}

/** Beyond this no place is given because it is wanted: all places up to the last are looked through. */
const WANTED_MAX = 9_999;

const VISIT = 'SELECT slot, name, sealed FROM visit JOIN record ON record.slot = visit.record';

const VISITS = `
  SELECT slot, name, sealed FROM json_each(?)
  CROSS JOIN visit ON visit.place = json_each.value JOIN record ON record.slot = visit.record`;

const COUNT = `
  INSERT INTO queue_day (day, places, waiting) VALUES (@day, @place, @waiting)
  ON CONFLICT (day) DO UPDATE SET places = max(places, @place), waiting = waiting + @waiting`;

/**
 * The queue of each day: for each place the visit that has it, with nothing that tells which place or day it is; for
 * each day how many places were given and how many wait. What writes is run within a transaction of the caller's.
 */
export class QueueRows {
  readonly #places;
  readonly #isTaken;
  readonly #put;
  readonly #count;
  readonly #leave;
  readonly #countWaiting;
  readonly #visitAt;
  readonly #visits;

  constructor(db: Database) {
    this.#places = db.prepare<[Uint8Array], number>('SELECT places FROM queue_day WHERE day = ?').pluck();
    this.#isTaken = db.prepare<[bigint], number>('SELECT 1 FROM visit WHERE place = ?').pluck();
    this.#put = db.prepare<[bigint, bigint]>('INSERT INTO visit (place, record) VALUES (?, ?)');
    this.#count = db.prepare<[{ day: Uint8Array; place: number; waiting: number }]>(COUNT);
    this.#leave = db.prepare<[Uint8Array]>('UPDATE queue_day SET waiting = waiting - 1 WHERE day = ?');
    this.#countWaiting = db
      .prepare<[Uint8Array], number>('SELECT waiting FROM queue_day WHERE day = ?')
      .pluck();
    this.#visitAt = db.prepare<[bigint], SealedRecord>(`${VISIT} WHERE place = ?`).safeIntegers();
    this.#visits = db.prepare<[string], SealedRecord>(VISITS).safeIntegers();
  }

  /** The wanted place if it is free, else the next. */
  free({ day, queuePlaces, wanted }: NewPlace): number {
    const isTaken = (place: number) => this.#isTaken.get(queuePlaces(place)) !== undefined;
    if (wanted !== undefined && wanted <= WANTED_MAX && !isTaken(wanted)) return wanted;
    return this.#lastPlace(day) + 1;
  }

  /** A visit that waits takes a place that is free. */
  take({ day, queuePlaces }: DayQueue, place: number, record: bigint): void {
    this.restore({ day, queuePlaces, place, isWaiting: true }, record);
  }

  /** A visit has the place that it was given before. */
  restore({ day, queuePlaces, place, isWaiting }: GivenPlace, record: bigint): void {
    this.#put.run(queuePlaces(place), record);
    this.#count.run({ day, place, waiting: Number(isWaiting) });
  }

  /** One waits no more. */
  leave(day: Uint8Array): void {
    this.#leave.run(day);
  }

  visitAt(queuePlace: bigint): SealedRecord | null {
    return this.#visitAt.get(queuePlace) ?? null;
  }

  /** Those who have a place, whether or not they wait. */
  visits({ day, queuePlaces }: DayQueue): SealedRecord[] {
    const places = Array.from({ length: this.#lastPlace(day) }, (_, before) => queuePlaces(before + 1));
    return this.#visits.all(`[${places.join()}]`);
  }

  countWaiting(day: Uint8Array): number {
    return this.#countWaiting.get(day) ?? 0;
  }

  #lastPlace(day: Uint8Array): number {
    return this.#places.get(day) ?? 0;
  }
}
