import { concat, equalConstantTime, fromUtf8, u8, u32, utf8, wipe } from '../../protocol/bytes.ts';
import type { Primitives } from '../../protocol/crypto/primitives.ts';
import { AuthenticationError } from '../../protocol/errors.ts';
import { StoreCorruptError } from '../../runtime/store-errors.ts';
import type { FormerPlace } from '../store/former-records.ts';
import type { DayQueue } from '../store/queue.ts';
import type { RecordPlace, Slots } from '../store/records.ts';

/** The key under which a hub's records rest, in bytes. */
export const RECORDS_KEY_LENGTH = 32;

const SEALING_LABEL = 'cardea hub records sealing 1';
const INDEX_LABEL = 'cardea hub records index 1';
const AUDIT_LABEL = 'cardea hub audit patients 1';
const NONCE_LENGTH = 12;
const INDEX_LENGTH = 16;
const SLOT_LENGTH = 8;
const SLOTS_AT_ONCE = 64;
const AUDIT_SALT_LENGTH = 4;
/** A sealed record's length says nothing but how many such blocks it fills. */
const BLOCK = 512;

/** What an index is over: no two of different kinds are ever the same. 2 and 3 were names and days of former records. */
const INDEX = { formerPatient: 1, key: 4, slots: 5, queuePlaces: 6, name: 7, day: 8 } as const;
type Kind = (typeof INDEX)[keyof typeof INDEX];

/**
 * Records at rest: each sealed with ChaCha20-Poly1305 under a random nonce, bound to its place, and found by
 * keyed hashes (HMAC-SHA256) of what would name a patient or a day. No two records have anything in common:
 * without the key the database tells how many there are, and neither which are of one patient nor which of one day.
 */
export class RecordCipher {
  readonly #p: Primitives;
  readonly #random: (length: number) => Uint8Array;
  readonly #sealing: Uint8Array;
  readonly #index: Uint8Array;
  readonly #audit: Uint8Array;

  /** @param key 32 bytes, which stay the caller's */
  constructor(p: Primitives, key: Uint8Array, random: (length: number) => Uint8Array) {
    this.#p = p;
    this.#random = random;
    this.#sealing = p.hkdf(key, new Uint8Array(0), utf8(SEALING_LABEL), 32);
    this.#index = p.hkdf(key, new Uint8Array(0), utf8(INDEX_LABEL), 32);
    this.#audit = p.hkdf(key, new Uint8Array(0), utf8(AUDIT_LABEL), 32);
  }

  /** Tells this key from any other, and nothing about it. */
  get mark(): Uint8Array {
    return this.#indexOf(INDEX.key, new Uint8Array(0));
  }

  /** @param name what tells the record from all others of the same patient, its kind included. @returns 16 bytes */
  name(subject: Uint8Array, name: string): Uint8Array {
    return this.#indexOf(INDEX.name, concat(subject, utf8(name)));
  }

  /** Where a patient's records lie: the first that came at 1, and so on. */
  slots(subject: Uint8Array): Slots {
    return this.#slots(INDEX.slots, subject);
  }

  /** Where a day's queue is kept, and where its places lie. @param day YYYY-MM-DD */
  queue(day: string): DayQueue {
    const bytes = utf8(day);
    return {
      day: this.#indexOf(INDEX.day, bytes),
      queuePlaces: this.#slots(INDEX.queuePlaces, bytes),
    };
  }

  /**
   * What stands for a patient in one row of the audit trail, 16 bytes: a salt, and an HMAC-SHA256 under a key of its
   * own. It is another in every row: without the key no row can be laid beside another row, or beside a record.
   */
  auditMark(subject: Uint8Array): Uint8Array {
    return this.#saltedMark(this.#random(AUDIT_SALT_LENGTH), subject);
  }

  /** Tells which marks of the audit trail are this patient's. */
  auditMarksOf(subject: Uint8Array): (mark: Uint8Array) => boolean {
    // Rows from before the trail had marks of its own have what records had then.
    const before = this.formerPatient(subject);
    return (mark) =>
      equalConstantTime(mark, before) ||
      equalConstantTime(mark, this.#saltedMark(mark.subarray(0, AUDIT_SALT_LENGTH), subject));
  }

  seal(place: RecordPlace, resource: object): Uint8Array {
    const nonce = this.#random(NONCE_LENGTH);
    return concat(nonce, this.#p.seal(this.#sealing, nonce, associated(place), padded(resource)));
  }

  /** @throws StoreCorruptError where it was changed, or moved to another place */
  open(place: RecordPlace, sealed: Uint8Array): unknown {
    return this.#open(associated(place), sealed);
  }

  /** Opens a record as it was kept before records lay in no order. @throws StoreCorruptError */
  openFormer({ patient, name }: FormerPlace, sealed: Uint8Array): unknown {
    return this.#open(concat(patient, name), sealed);
  }

  /** What stood for a patient in the records, and in the audit trail, before no two of them had anything in common. */
  formerPatient(subject: Uint8Array): Uint8Array {
    return this.#indexOf(INDEX.formerPatient, subject);
  }

  wipe(): void {
    wipe(this.#sealing, this.#index, this.#audit);
  }

  #saltedMark(salt: Uint8Array, subject: Uint8Array): Uint8Array {
    const tag = this.#p.hmacSha256(this.#audit, concat(salt, subject));
    return concat(salt, tag.subarray(0, INDEX_LENGTH - AUDIT_SALT_LENGTH));
  }

  #open(associated: Uint8Array, sealed: Uint8Array): unknown {
    try {
      const nonce = sealed.subarray(0, NONCE_LENGTH);
      const box = sealed.subarray(NONCE_LENGTH);
      return JSON.parse(fromUtf8(this.#p.open(this.#sealing, nonce, associated, box)));
    } catch (cause) {
      if (!(cause instanceof AuthenticationError)) throw cause;
      throw new StoreCorruptError(
        'a record in the store is damaged: restore the store from a backup (command restore)',
        { cause },
      );
    }
  }

  /**
   * As many keyed hashes of one thing as are asked for, from 1: a ChaCha20 keystream under a key of its own, at a
   * fraction of what so many HMACs cost. 63 bits each, as a row's number has in SQLite: among a million records two
   * are alike once in 18 million hubs, and are told apart even then (`isOf`).
   */
  #slots(kind: Kind, of: Uint8Array): Slots {
    const key = this.#p.hmacSha256(this.#index, concat(u8(kind), of));
    const streams = new Map<number, DataView>();
    return (number) => {
      const block = Math.floor((number - 1) / SLOTS_AT_ONCE);
      let stream = streams.get(block);
      if (stream === undefined) {
        stream = this.#keystream(key, block);
        streams.set(block, stream);
      }
      return stream.getBigUint64(((number - 1) % SLOTS_AT_ONCE) * SLOT_LENGTH) >> 1n;
    };
  }

  #keystream(key: Uint8Array, block: number): DataView {
    const nonce = concat(u32(block), new Uint8Array(NONCE_LENGTH - 4));
    const stream = this.#p.seal(key, nonce, new Uint8Array(0), new Uint8Array(SLOTS_AT_ONCE * SLOT_LENGTH));
    return new DataView(stream.buffer, stream.byteOffset);
  }

  #indexOf(kind: Kind, of: Uint8Array): Uint8Array {
    return this.#p.hmacSha256(this.#index, concat(u8(kind), of)).slice(0, INDEX_LENGTH);
  }
}

function associated({ slot, name }: RecordPlace): Uint8Array {
  const bytes = concat(new Uint8Array(SLOT_LENGTH), name);
  new DataView(bytes.buffer).setBigUint64(0, slot);
  return bytes;
}

/** JSON may end in blanks. */
function padded(resource: object): Uint8Array {
  const json = utf8(JSON.stringify(resource));
  const bytes = new Uint8Array(Math.ceil(json.length / BLOCK) * BLOCK).fill(0x20);
  bytes.set(json);
  return bytes;
}
