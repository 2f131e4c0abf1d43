/** Pages in one FAST_READ: what the chip surely carries, and where trying more ends (HARDWARE 4). */
const FIRST_PIECE = 15;
const LONGEST_PIECE = 60;

/**
 * How many pages a reader's chip carries in one FAST_READ, found out by reading: its buffer is 64 bytes, and
 * whether it streams more differs (HARDWARE 4). Kept as long as the reader is, over all cards.
 */
export class FastReadLimit {
  /** The longest piece that ever came through; 0: none yet. */
  #proven = 0;
  /** The shortest piece that failed where nothing as long had ever come through. */
  #refused = LONGEST_PIECE + 1;

  /** Pages to ask for next; 0 means FAST_READ does not work here, and READ is to be used. */
  get pages(): number {
    if (this.#refused <= FIRST_PIECE) return this.#proven;
    const next = Math.min(Math.max(FIRST_PIECE, this.#proven * 2), LONGEST_PIECE);
    return next < this.#refused ? next : this.#proven;
  }

  succeeded(pages: number): void {
    this.#proven = Math.max(this.#proven, pages);
  }

  /** What came through once may fail for a moment (a card held badly): that lowers nothing. */
  failed(pages: number): void {
    if (pages > this.#proven) this.#refused = Math.min(this.#refused, pages);
  }
}
