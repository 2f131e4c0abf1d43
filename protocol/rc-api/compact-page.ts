import { Reader, toHex } from '../bytes.ts';
import { MalformedError } from '../errors.ts';
import { PENDING_PINS_MAX } from './cards.ts';
import {
  type CardInBytes,
  FLAG,
  HEAD_LENGTH,
  MAGIC,
  type PageHead,
  type PendingInBytes,
  PIN_LENGTH,
  RECORD,
  VERSION,
} from './compact-feed.ts';

const ALL_FLAGS = FLAG.revoked | FLAG.locked | FLAG.recovery;

/** A page that was read and found right. It keeps the bytes that it was read from, and gives views of them. */
export class CompactPage implements PageHead {
  readonly generation: string;
  readonly time: number;
  readonly cursor: number;
  readonly more: boolean;
  readonly authority: string;
  /** How many changes. */
  readonly count: number;
  /** The fixed parts of the changes, one after another (RECORD). */
  readonly records: Uint8Array;
  readonly #view: DataView;
  readonly #pins: Uint8Array;
  /** Where each card's pending PINs begin, of those that have any. */
  readonly #pinsAt = new Map<number, number>();

  /** @throws MalformedError for anything that `CompactPageWriter` does not write */
  constructor(bytes: Uint8Array) {
    const reader = new Reader(bytes.subarray(0, HEAD_LENGTH));
    for (const byte of MAGIC) if (reader.u8() !== byte) throw new MalformedError('no page of the feed');
    if (reader.u8() !== VERSION) throw new MalformedError('a page of the feed in another version');
    this.generation = toHex(reader.bytes(16));
    this.time = reader.u64();
    this.cursor = reader.u64();
    this.more = flagOf(reader.u8());
    this.authority = toHex(reader.bytes(32));
    this.count = reader.u32();
    const end = HEAD_LENGTH + this.count * RECORD.length;
    if (end > bytes.length) throw new MalformedError('a page of the feed was cut short');
    this.records = bytes.subarray(HEAD_LENGTH, end);
    this.#view = new DataView(this.records.buffer, this.records.byteOffset, this.records.length);
    this.#pins = bytes.subarray(end);
    this.#check();
  }

  sequenceOf(index: number): number {
    const at = index * RECORD.length;
    return this.#view.getUint32(at) * 2 ** 32 + this.#view.getUint32(at + 4);
  }

  epochOf(index: number): number {
    return this.#view.getUint32(index * RECORD.length + RECORD.epoch);
  }

  pinVersionOf(index: number): number {
    return this.#view.getUint16(index * RECORD.length + RECORD.pinVersion);
  }

  /** FLAG's bits. */
  flagsOf(index: number): number {
    return this.#view.getUint8(index * RECORD.length + RECORD.flags);
  }

  uidOf(index: number): Uint8Array {
    return this.#field(index, RECORD.uid, 16);
  }

  /** Which of the cards have pending PINs. */
  get withPending(): Iterable<number> {
    return this.#pinsAt.keys();
  }

  card(index: number): CardInBytes {
    const flags = this.flagsOf(index);
    return {
      uid: this.uidOf(index),
      subject: this.#field(index, RECORD.subject, 16),
      cs: this.#field(index, RECORD.cs, 32),
      rs: (flags & FLAG.recovery) === 0 ? null : this.#field(index, RECORD.rs, 32),
      psk: this.#field(index, RECORD.psk, 32),
      oprfSeed: this.#field(index, RECORD.oprfSeed, 32),
      pinVersion: this.pinVersionOf(index),
      epoch: this.epochOf(index),
      revoked: (flags & FLAG.revoked) !== 0,
      locked: (flags & FLAG.locked) !== 0,
      pending: this.#pendingOf(index),
    };
  }

  #field(index: number, at: number, length: number): Uint8Array {
    const from = index * RECORD.length + at;
    return this.records.subarray(from, from + length);
  }

  #pendingOf(index: number): PendingInBytes[] {
    const first = this.#pinsAt.get(index);
    if (first === undefined) return [];
    const count = this.#view.getUint8(index * RECORD.length + RECORD.pending);
    return Array.from({ length: count }, (_, place) => {
      const pin = this.#pins.subarray(first + place * PIN_LENGTH, first + (place + 1) * PIN_LENGTH);
      return { pinVersion: pinVersionAt(pin, 0), cs: pin.subarray(2, 34), proof: pin.subarray(34) };
    });
  }

  #check(): void {
    let before = 0;
    let pins = 0;
    for (let index = 0; index < this.count; index++) {
      const sequence = this.sequenceOf(index);
      if (sequence <= before) throw new MalformedError('changes of the feed out of order');
      before = sequence;
      this.#checkRecord(index);
      const pending = this.#view.getUint8(index * RECORD.length + RECORD.pending);
      if (pending > 0) this.#pinsAt.set(index, pins * PIN_LENGTH);
      pins += pending;
    }
    if (before > this.cursor) throw new MalformedError('a change of the feed beyond its cursor');
    if (pins * PIN_LENGTH !== this.#pins.length) throw new MalformedError('pending PINs do not fit a page');
    for (let at = 0; at < this.#pins.length; at += PIN_LENGTH) {
      if (pinVersionAt(this.#pins, at) === 0) throw new MalformedError('a PIN version is 1 to 65535');
    }
  }

  #checkRecord(index: number): void {
    const at = index * RECORD.length;
    const flags = this.flagsOf(index);
    if (flags > ALL_FLAGS) throw new MalformedError("a card's flags are none");
    if ((flags & FLAG.recovery) === 0) {
      for (let i = at + RECORD.rs; i < at + RECORD.psk; i++) {
        if (this.records[i] !== 0) throw new MalformedError('a recovery key of a card that has none');
      }
    }
    if (this.pinVersionOf(index) === 0) throw new MalformedError('a PIN version is 1 to 65535');
    if (this.#view.getUint8(at + RECORD.pending) > PENDING_PINS_MAX) {
      throw new MalformedError(`a card has at most ${PENDING_PINS_MAX} pending PINs`);
    }
  }
}

function pinVersionAt(bytes: Uint8Array, at: number): number {
  return ((bytes[at] ?? 0) << 8) | (bytes[at + 1] ?? 0);
}

function flagOf(byte: number): boolean {
  if (byte > 1) throw new MalformedError('a flag is 0 or 1');
  return byte === 1;
}
