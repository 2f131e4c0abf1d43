import { fromHex, u8, u32, u64, utf8 } from '../bytes.ts';
import type { HubCard } from './cards.ts';
import type { FeedPage } from './feed.ts';

// A page of the feed in bytes: the same as in JSON, for whoever asks for it (docs/feed.md). Numbers are unsigned
// and big-endian.
//
//   page   = "CDF" || version u8 = 1 || generation[16] || time u64 || cursor u64 || more u8 || authority[32]
//            || count u32 || record[count] || the records' pending PINs, in their order
//   record = sequence u64 || epoch u32 || pinVersion u16 || flags u8 || pending u8
//            || uid[16] || subject[16] || cs[32] || rs[32] || psk[32] || oprfSeed[32]
//   flags  = 1 revoked | 2 locked | 4 has a recovery code; without one `rs` is zeros
//   pending PIN = pinVersion u16 || cs[32] || proof[32]

/** By this media type the feed is asked for in bytes. */
export const COMPACT_FEED = 'application/vnd.cardea.feed';
/** So many changes at most are in such a page; in JSON they are fewer. */
export const COMPACT_PAGE_MAX = 20_000;

/** Where a record has what, and its length. */
export const RECORD = {
  epoch: 8,
  pinVersion: 12,
  flags: 14,
  pending: 15,
  uid: 16,
  subject: 32,
  cs: 48,
  rs: 80,
  psk: 112,
  oprfSeed: 144,
  length: 176,
} as const;
/** The bits of a record's flags. */
export const FLAG = { revoked: 1, locked: 2, recovery: 4 } as const;

/** The first bytes of a page: what it is, and in which version of this form. */
export const MAGIC = utf8('CDF');
export const VERSION = 1;
/** All that is before the records, and one pending PIN, in bytes. */
export const HEAD_LENGTH = 73;
export const PIN_LENGTH = 66;

/** Memory for records is taken for so many at a time. */
const BLOCK_RECORDS = 1_000;

/** What `HubCard` is in JSON. */
export interface CardInBytes {
  readonly uid: Uint8Array;
  readonly subject: Uint8Array;
  readonly cs: Uint8Array;
  readonly rs: Uint8Array | null;
  readonly psk: Uint8Array;
  readonly oprfSeed: Uint8Array;
  readonly pinVersion: number;
  readonly epoch: number;
  readonly revoked: boolean;
  readonly locked: boolean;
  /** The latest first. */
  readonly pending: readonly PendingInBytes[];
}

export interface PendingInBytes {
  readonly pinVersion: number;
  readonly cs: Uint8Array;
  readonly proof: Uint8Array;
}

/** What a page says besides its changes. */
export interface PageHead extends Omit<FeedPage, 'changes' | 'authority'> {
  readonly authority: string;
}

export function cardInBytes(card: HubCard): CardInBytes {
  return {
    uid: fromHex(card.uid),
    subject: fromHex(card.subject),
    cs: fromHex(card.cs),
    rs: card.rs === null ? null : fromHex(card.rs),
    psk: fromHex(card.psk),
    oprfSeed: fromHex(card.oprfSeed),
    pinVersion: card.pinVersion,
    epoch: card.epoch,
    revoked: card.status === 'revoked',
    locked: card.locked,
    pending: card.pending.map(({ pinVersion, cs, proof }) => ({
      pinVersion,
      cs: fromHex(cs),
      proof: fromHex(proof),
    })),
  };
}

/** Writes a page, change by change. */
export class CompactPageWriter {
  readonly #blocks: Uint8Array[] = [];
  readonly #pins: Uint8Array[] = [];
  #block = new Uint8Array(0);
  #view = new DataView(this.#block.buffer);
  #at = 0;
  #count = 0;

  /** The bytes are copied. Sequence numbers go up. */
  add(sequence: number, card: CardInBytes): void {
    if (this.#at === this.#block.length) this.#begin();
    const { rs, pending } = card;
    const at = this.#at;
    const view = this.#view;
    const bytes = this.#block;
    view.setUint32(at, Math.floor(sequence / 2 ** 32));
    view.setUint32(at + 4, sequence >>> 0);
    view.setUint32(at + RECORD.epoch, card.epoch);
    view.setUint16(at + RECORD.pinVersion, card.pinVersion);
    bytes[at + RECORD.flags] =
      Number(card.revoked) * FLAG.revoked +
      Number(card.locked) * FLAG.locked +
      Number(rs !== null) * FLAG.recovery;
    bytes[at + RECORD.pending] = pending.length;
    bytes.set(card.uid, at + RECORD.uid);
    bytes.set(card.subject, at + RECORD.subject);
    bytes.set(card.cs, at + RECORD.cs);
    if (rs !== null) bytes.set(rs, at + RECORD.rs);
    bytes.set(card.psk, at + RECORD.psk);
    bytes.set(card.oprfSeed, at + RECORD.oprfSeed);
    for (const pin of pending) this.#pins.push(encodePin(pin));
    this.#at += RECORD.length;
    this.#count += 1;
  }

  /** The whole page, in pieces. */
  finish({ generation, time, cursor, more, authority }: PageHead): readonly Uint8Array[] {
    return [
      MAGIC,
      u8(VERSION),
      fromHex(generation),
      u64(time),
      u64(cursor),
      u8(Number(more)),
      fromHex(authority),
      u32(this.#count),
      ...this.#blocks,
      this.#block.subarray(0, this.#at),
      ...this.#pins,
    ];
  }

  #begin(): void {
    if (this.#at > 0) this.#blocks.push(this.#block);
    this.#block = new Uint8Array(BLOCK_RECORDS * RECORD.length);
    this.#view = new DataView(this.#block.buffer);
    this.#at = 0;
  }
}

function encodePin({ pinVersion, cs, proof }: PendingInBytes): Uint8Array {
  const pin = new Uint8Array(PIN_LENGTH);
  new DataView(pin.buffer).setUint16(0, pinVersion);
  pin.set(cs, 2);
  pin.set(proof, 34);
  return pin;
}
