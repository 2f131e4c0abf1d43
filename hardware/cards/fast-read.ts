/** Pages in one FAST_READ: what the chip surely carries, and what is tried beyond (HARDWARE 4). */
const PIECES = [15, 30, 60] as const;
const [FIRST_PIECE, , LONGEST_PIECE] = PIECES;

/**
 * How many pages a reader's chip carries in one FAST_READ, found out by reading: its buffer is 64 bytes, and
 * whether it streams more differs (HARDWARE 4). Kept as long as the reader is, over all cards.
 */
export class FastReadLimit {
  /** The longest piece that ever came through; 0: none yet. */
  #proven = 0;
  /** The shortest piece that failed where nothing as long had ever come through. */
  #refused = LONGEST_PIECE + 1;

  /** Pages to ask for next, at most; 0 means FAST_READ does not work here, and READ is to be used. */
  get pages(): number {
    const next = PIECES.find((pages) => pages > this.#proven) ?? LONGEST_PIECE;
    return next < this.#refused ? next : this.#proven;
  }

  succeeded(pages: number): void {
    this.#proven = Math.max(this.#proven, pages);
  }

  /**
   * What came through once may fail for a moment (a card held badly): that lowers nothing. Nor do short
   * pieces: a tag that knows no FAST_READ is no fault of the chip.
   */
  failed(pages: number): void {
    if (pages >= FIRST_PIECE && pages > this.#proven) this.#refused = Math.min(this.#refused, pages);
  }
}
