import { join } from 'node:path';
import type { RecordCipher } from '../../hub/records/cipher.ts';
import { arrivedEncounter, finishedEncounter, nameOf, observationOf } from '../../hub/records/resources.ts';
import type { FormerPlace } from '../../hub/store/former-records.ts';
import { MIGRATIONS } from '../../hub/store/schema.ts';
import { concat, utf8 } from '../../protocol/bytes.ts';
import { noble } from '../../protocol/crypto/noble.ts';
import type { Encounter, Observation } from '../../protocol/fhir/resources.ts';
import { systemRandom } from '../../runtime/random.ts';
import { type Database, openStore } from '../../runtime/sqlite.ts';
import { temperature } from '../protocol/fhir/observations.ts';

/** The schema as it was before records lay in no order. */
const FORMER_MIGRATIONS = MIGRATIONS.slice(
  0,
  MIGRATIONS.findIndex((step) => step.includes('former_record')),
);

/** What a patient left once. */
export interface Left {
  readonly subject: Uint8Array;
  /** A measurement of this name, or the visit of a day. */
  readonly measurement?: string;
  readonly visit?: {
    readonly day: string;
    readonly at: number;
    readonly place: number | null;
    readonly isDone?: boolean;
  };
}

/** A hub's store as it was kept before, filled by its own statements. */
export class FormerStore {
  readonly path: string;
  readonly #db: Database;
  readonly #key: Uint8Array;
  readonly #hubId: string;

  constructor(options: { folder: string; key: Uint8Array; cipher: RecordCipher; hubId: string }) {
    this.path = join(options.folder, 'store.sqlite');
    this.#db = openStore(this.path, FORMER_MIGRATIONS);
    this.#key = options.key;
    this.#hubId = options.hubId;
    this.#db.prepare('INSERT INTO records_key VALUES (1, ?)').run(options.cipher.mark);
  }

  leave({ subject, measurement, visit }: Left): void {
    const owner = { hubId: this.#hubId, subject, suite: 'cardea-1' } as const;
    if (measurement !== undefined) this.#put(subject, observationOf(owner, 'a', temperature(measurement)));
    if (visit === undefined) return;
    const arrived = arrivedEncounter(owner, 'b', visit.day, visit.at);
    const isWaiting = visit.isDone !== true;
    const { name } = this.#put(subject, isWaiting ? arrived : finishedEncounter(arrived, visit.at + 1));
    if (visit.place === null) return;
    this.#db
      .prepare('INSERT INTO visit (day, place, record, waiting) VALUES (?, ?, ?, ?)')
      .run(this.dayOf(visit.day), visit.place, name, Number(isWaiting));
  }

  /** 16 bytes each, as they stood in it. */
  placeOf(subject: Uint8Array, name: string): FormerPlace {
    return { patient: this.#hashOf(1, subject), name: this.#hashOf(2, concat(subject, utf8(name))) };
  }

  /** 16 bytes, as it stood in it. */
  dayOf(day: string): Uint8Array {
    return this.#hashOf(3, utf8(day));
  }

  close(): void {
    this.#db.close();
  }

  #hashOf(kind: number, of: Uint8Array): Uint8Array {
    const index = noble.hkdf(this.#key, new Uint8Array(0), utf8('cardea hub records index 1'), 32);
    return noble.hmacSha256(index, concat(new Uint8Array([kind]), of)).slice(0, 16);
  }

  #put(subject: Uint8Array, record: Observation | Encounter): FormerPlace {
    const place = this.placeOf(subject, nameOf(record));
    const json = JSON.stringify(record);
    const padded = utf8(json.padEnd(Math.ceil(json.length / 512) * 512));
    const sealing = noble.hkdf(this.#key, new Uint8Array(0), utf8('cardea hub records sealing 1'), 32);
    const nonce = systemRandom(12);
    const sealed = concat(nonce, noble.seal(sealing, nonce, concat(place.patient, place.name), padded));
    this.#db
      .prepare('INSERT INTO record (patient, name, sealed) VALUES (?, ?, ?)')
      .run(place.patient, place.name, sealed);
    return place;
  }
}
