import { CardTooSmallError, CardUnreadableError, ForeignCardError } from '../errors.ts';
import { isUncertain, refusal, StatusWordError, senseless, transmit } from './apdu.ts';
import type { FormatOptions, PresentedCard, Slot } from './card.ts';
import { type CardLink, reading, sameBytes } from './link.ts';
import { DEFAULT_SLOT_BYTES, readSlotsInUse, SLOT_HEAD_BYTES } from './slots.ts';

/** `F0` (proprietary), then `CARDEA`. */
const AID = Uint8Array.of(0xf0, 0x43, 0x41, 0x52, 0x44, 0x45, 0x41);
const SELECT = 0xa4;
const READ_BINARY = 0xb0;
const UPDATE_BINARY = 0xd6;
/** Most bytes of one READ or UPDATE BINARY (PROTOCOL 2.2). */
const PIECE = 240;
/** Offsets have 15 bits: with the 16th, P1 would name a file (HARDWARE 5). */
const LARGEST_FILE = 0x8000;
/** Two slots of which one can tell whether they are empty. */
const SMALLEST_FILE = 2 * SLOT_HEAD_BYTES;
/** How often a piece is written again whose bytes read back wrong. */
const WRITE_ROUNDS = 3;

/** A smart card with a file for Cardea (PROTOCOL 2.2, HARDWARE 5). */
export class IsoDepCard implements PresentedCard {
  readonly kind = 'ISO-DEP card';
  readonly #link: CardLink;

  constructor(link: CardLink) {
    this.#link = link;
  }

  get uid(): Uint8Array {
    return this.#link.uid;
  }

  describe(): Promise<string> {
    return this.#plainly(async () => {
      const size = await reading(this.#link, () => this.#select());
      return `ISO-DEP card with ${size} bytes for Cardea`;
    });
  }

  largestSlotBytes(): Promise<number> {
    return this.#plainly(() => this.#slotBytes());
  }

  readSlots(): Promise<readonly [Uint8Array, Uint8Array]> {
    return this.#plainly(async () => {
      const slotBytes = await this.#slotBytes();
      const start = await this.#read(0, Math.min(PIECE, 2 * slotBytes));
      return readSlotsInUse(slotBytes, start, (from, to) => this.#read(from, to - from));
    });
  }

  writeSlot(slot: Slot, bytes: Uint8Array): Promise<void> {
    return this.#plainly(async () => {
      const slotBytes = await this.#slotBytes();
      if (bytes.length > slotBytes) throw tooSmall(slotBytes, bytes.length);
      const content = new Uint8Array(slotBytes);
      content.set(bytes);
      await this.#write(slot * slotBytes, content);
    });
  }

  format({ slotBytes = DEFAULT_SLOT_BYTES, force = false }: FormatOptions = {}): Promise<void> {
    return this.#plainly(async () => {
      const actual = await this.#slotBytes();
      if (actual < slotBytes) throw tooSmall(actual, slotBytes);
      const content = await this.#read(0, 2 * actual);
      if (content.every((byte) => byte === 0)) return;
      if (!force) {
        throw new ForeignCardError(
          'the card holds something already: use another card, or --force to overwrite it',
        );
      }
      await this.#write(0, new Uint8Array(2 * actual));
    });
  }

  /** Selects the application; the bytes its file has, as it answers. @throws ExchangeError */
  async #select(): Promise<number> {
    const answer = await transmit(this.#link, {
      ins: SELECT,
      p1: 0x04,
      p2: 0x00,
      data: AID,
      expected: 256,
      repeatable: true,
    }).catch((error: unknown) => {
      throw error instanceof StatusWordError ? noApplication(error) : error;
    });
    const size = fileSize(answer);
    if (size === undefined || size % 2 !== 0 || size < SMALLEST_FILE || size > LARGEST_FILE)
      throw senseless();
    return size;
  }

  /** Half of the file, which is selected from now on. */
  async #slotBytes(): Promise<number> {
    return (await reading(this.#link, () => this.#select())) / 2;
  }

  async #read(offset: number, length: number): Promise<Uint8Array> {
    const bytes = new Uint8Array(length);
    for (let at = 0; at < length; at += PIECE) {
      bytes.set(await this.#readPiece(offset + at, Math.min(PIECE, length - at)), at);
    }
    return bytes;
  }

  #readPiece(offset: number, length: number): Promise<Uint8Array> {
    return reading(this.#link, async (attempt) => {
      // A card that was selected anew has forgotten its application.
      if (attempt > 0) await this.#select();
      const piece = await transmit(this.#link, {
        ins: READ_BINARY,
        p1: offset >> 8,
        p2: offset & 0xff,
        expected: length,
        repeatable: true,
      });
      if (piece.length !== length) throw senseless();
      return piece;
    });
  }

  /** Makes the file hold `content` from `offset` on: pieces that hold it already are not written. */
  async #write(offset: number, content: Uint8Array): Promise<void> {
    for (let at = 0; at < content.length; at += PIECE) {
      await this.#writePiece(offset + at, content.subarray(at, at + PIECE));
    }
  }

  /**
   * Whether a card writes a piece whole or in part when it is taken away differs from kind to kind: what a
   * write did is read back, always.
   */
  async #writePiece(offset: number, piece: Uint8Array): Promise<void> {
    for (let round = 0; ; round++) {
      if (sameBytes(await this.#readPiece(offset, piece.length), piece)) return;
      if (round === WRITE_ROUNDS) {
        throw new CardUnreadableError('the card does not keep what is written to it: use another card');
      }
      await this.#update(offset, piece);
    }
  }

  async #update(offset: number, piece: Uint8Array): Promise<void> {
    try {
      await transmit(this.#link, {
        ins: UPDATE_BINARY,
        p1: offset >> 8,
        p2: offset & 0xff,
        data: piece,
        repeatable: false,
      });
    } catch (error) {
      if (!isUncertain(error)) throw error;
      await this.#link.reselect();
      await reading(this.#link, () => this.#select());
    }
  }

  /** Status words that nobody understood come out as sentences. */
  async #plainly<T>(work: () => Promise<T>): Promise<T> {
    try {
      return await work();
    } catch (error) {
      throw error instanceof StatusWordError ? refusal(error) : error;
    }
  }
}

/** `6F len ( … 80 02 u16 … )`: the size of the file, or undefined where the answer does not say it. */
function fileSize(answer: Uint8Array): number | undefined {
  const [tag, length] = answer;
  if (tag !== 0x6f || length !== answer.length - 2) return undefined;
  for (let at = 2; at + 2 <= answer.length; ) {
    const [inner, innerLength = 0, high = 0, low = 0] = answer.subarray(at);
    const end = at + 2 + innerLength;
    if (end > answer.length) return undefined;
    if (inner === 0x80 && innerLength === 2) return high * 256 + low;
    at = end;
  }
  return undefined;
}

function noApplication(cause: StatusWordError): ForeignCardError {
  return new ForeignCardError(
    'this smart card is no Cardea card (a bank card, an identity card or a phone?): use the right one',
    { cause },
  );
}

function tooSmall(has: number, needed: number): CardTooSmallError {
  return new CardTooSmallError(
    `the card has slots of ${has} bytes, and ${needed} are needed: use a larger card`,
  );
}
