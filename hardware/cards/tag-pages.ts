import { CardLockedError, CardUnreadableError } from '../errors.ts';
import { ExchangeError } from '../pn532/field.ts';
import { STATUS } from '../pn532/status.ts';
import type { FastReadLimit } from './fast-read.ts';
import { type CardLink, reading } from './link.ts';

export const PAGE_BYTES = 4;

const READ = 0x30;
const FAST_READ = 0x3a;
const WRITE = 0xa2;
/** READ brings four pages, always. */
const READ_PAGES = 4;
/** What a piece falls back to that does not come through as it is. */
const SMALL_PIECE = 15;
/** What the chip says of an answer that its buffer does not carry (HARDWARE 4). */
const OVERFLOWS: readonly (number | undefined)[] = [
  STATUS.crc,
  STATUS.bufferTooSmall,
  STATUS.rfOverflow,
  STATUS.internalOverflow,
];

/** The pages of a Type 2 tag: reads them in pieces as long as the reader carries, writes one at a time. */
export class TagPages {
  readonly #link: CardLink;
  readonly #limit: FastReadLimit;

  constructor(link: CardLink, limit: FastReadLimit) {
    this.#link = link;
    this.#limit = limit;
  }

  /** Pages 0 to 3, which every tag lets be read: UID, locks, capability container. */
  readHead(): Promise<Uint8Array> {
    return reading(this.#link, () => this.#read(0));
  }

  /**
   * Pages `first` to `last`, by FAST_READ where it works, else by READ.
   * @throws CardRemovedError, CardUnreadableError; CardLockedError when the tag refuses these pages
   */
  async read(first: number, last: number): Promise<Uint8Array> {
    const bytes = new Uint8Array((last - first + 1) * PAGE_BYTES);
    for (let page = first; page <= last; ) {
      const piece = await this.#readPiece(page, last - page + 1);
      bytes.set(piece, (page - first) * PAGE_BYTES);
      page += piece.length / PAGE_BYTES;
    }
    return bytes;
  }

  /** Writes one page, once. @throws ExchangeError: written or not, that is to be looked up */
  async write(page: number, data: Uint8Array): Promise<void> {
    await this.#link.exchange(Uint8Array.of(WRITE, page, ...data), { repeatable: false });
  }

  async #readPiece(page: number, pagesLeft: number): Promise<Uint8Array> {
    let overflowed = 0;
    try {
      return await reading(this.#link, async (attempt) => {
        const pages = Math.min(pagesLeft, this.#pieceLength(attempt));
        try {
          const piece =
            pages > 0
              ? await this.#fastRead(page, pages)
              : (await this.#read(page)).slice(0, pagesLeft * PAGE_BYTES);
          // Only now is it known that the length was at fault, not the card or the page.
          if (overflowed > pages) this.#limit.failed(overflowed);
          return piece;
        } catch (error) {
          if (error instanceof ExchangeError && OVERFLOWS.includes(error.status)) overflowed = pages;
          throw error;
        }
      });
    } catch (error) {
      throw error instanceof CardUnreadableError ? await this.#lockedOr(error) : error;
    }
  }

  /** Twice as long as can be, then shorter, then by READ (0). */
  #pieceLength(attempt: number): number {
    const { pages } = this.#limit;
    if (attempt < 2) return pages;
    return attempt === 2 && pages > SMALL_PIECE ? SMALL_PIECE : 0;
  }

  async #fastRead(page: number, pages: number): Promise<Uint8Array> {
    const piece = await this.#link.through(Uint8Array.of(FAST_READ, page, page + pages - 1));
    if (piece.length !== pages * PAGE_BYTES) {
      throw new ExchangeError('its answer has the wrong length', { status: STATUS.bufferTooSmall });
    }
    this.#limit.succeeded(pages);
    return piece;
  }

  async #read(page: number): Promise<Uint8Array> {
    const piece = await this.#link.exchange(Uint8Array.of(READ, page), { repeatable: true });
    if (piece.length !== READ_PAGES * PAGE_BYTES) throw new ExchangeError('its answer has the wrong length');
    return piece;
  }

  /** A tag that shows its first pages and refuses others protects them. */
  async #lockedOr(error: CardUnreadableError): Promise<Error> {
    try {
      await this.readHead();
    } catch {
      return error;
    }
    return new CardLockedError('the card is protected by a password: use another card', { cause: error });
  }
}
