import { concat, equalConstantTime, fromUtf8, u8, utf8, wipe } from '../../protocol/bytes.ts';
import type { Primitives } from '../../protocol/crypto/primitives.ts';
import { AuthenticationError } from '../../protocol/errors.ts';
import { StoreCorruptError } from '../../runtime/store-errors.ts';

/** The key under which a hub's records rest, in bytes. */
export const RECORDS_KEY_LENGTH = 32;

const SEALING_LABEL = 'cardea hub records sealing 1';
const INDEX_LABEL = 'cardea hub records index 1';
const AUDIT_LABEL = 'cardea hub audit patients 1';
const NONCE_LENGTH = 12;
const INDEX_LENGTH = 16;
const AUDIT_SALT_LENGTH = 4;
/** A sealed record's length says nothing but how many such blocks it fills. */
const BLOCK = 512;

/** What an index is over: no two of different kinds are ever the same. */
const INDEX = { patient: 1, record: 2, day: 3, key: 4 } as const;

/** Where a record lies: whose it is and which, both only as keyed hashes. 16 bytes each. */
export interface RecordPlace {
  readonly patient: Uint8Array;
  readonly name: Uint8Array;
}

/**
 * Records at rest: each sealed with ChaCha20-Poly1305 under a random nonce, bound to its place, and found by
 * keyed hashes (HMAC-SHA256) of what would name a patient or a day. Without the key the database tells how many
 * records there are and how many patients and days they are spread over, and nothing else.
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

  patient(subject: Uint8Array): Uint8Array {
    return this.#indexOf(INDEX.patient, subject);
  }

  /** @param name what tells the record from all others of the same patient, its kind included */
  place(subject: Uint8Array, name: string): RecordPlace {
    const index = this.#indexOf(INDEX.record, concat(subject, utf8(name)));
    return { patient: this.patient(subject), name: index };
  }

  /** @param day YYYY-MM-DD */
  day(day: string): Uint8Array {
    return this.#indexOf(INDEX.day, utf8(day));
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
    // Rows from before the trail had marks of its own have the records' index.
    const before = this.patient(subject);
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
    try {
      const nonce = sealed.subarray(0, NONCE_LENGTH);
      const box = sealed.subarray(NONCE_LENGTH);
      return JSON.parse(fromUtf8(this.#p.open(this.#sealing, nonce, associated(place), box)));
    } catch (cause) {
      if (!(cause instanceof AuthenticationError)) throw cause;
      throw new StoreCorruptError(
        'a record in the store is damaged: restore the store from a backup (command restore)',
        { cause },
      );
    }
  }

  wipe(): void {
    wipe(this.#sealing, this.#index, this.#audit);
  }

  #saltedMark(salt: Uint8Array, subject: Uint8Array): Uint8Array {
    const tag = this.#p.hmacSha256(this.#audit, concat(salt, subject));
    return concat(salt, tag.subarray(0, INDEX_LENGTH - AUDIT_SALT_LENGTH));
  }

  #indexOf(kind: (typeof INDEX)[keyof typeof INDEX], of: Uint8Array): Uint8Array {
    return this.#p.hmacSha256(this.#index, concat(u8(kind), of)).slice(0, INDEX_LENGTH);
  }
}

function associated({ patient, name }: RecordPlace): Uint8Array {
  return concat(patient, name);
}

/** JSON may end in blanks. */
function padded(resource: object): Uint8Array {
  const json = utf8(JSON.stringify(resource));
  const bytes = new Uint8Array(Math.ceil(json.length / BLOCK) * BLOCK).fill(0x20);
  bytes.set(json);
  return bytes;
}
