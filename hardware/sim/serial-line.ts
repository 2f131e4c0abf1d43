import type { HardwareClock } from '../clock.ts';

/** Start bit, eight data bits, stop bit. */
const BITS_PER_BYTE = 10;

/**
 * One direction of a serial line, on which bytes take the time that they take at a speed (HARDWARE 6), or
 * none where it is not paced. What is sent first arrives first.
 */
export class SerialLine {
  readonly #clock: HardwareClock;
  readonly #paced: boolean;
  readonly #underWay: (() => void)[] = [];
  #freeAt = 0;

  constructor(clock: HardwareClock, paced: boolean) {
    this.#clock = clock;
    this.#paced = paced;
  }

  /** Calls `arrive` when the last of `count` bytes has come through at `baud` bits/s. */
  carry(count: number, baud: number, arrive: () => void): void {
    if (!this.#paced) {
      arrive();
      return;
    }
    const now = this.#clock.monotonic();
    this.#freeAt = Math.max(now, this.#freeAt) + (count * BITS_PER_BYTE * 1000) / baud;
    this.#underWay.push(arrive);
    // Timers of a real clock may be called in another order than they are due in: the queue keeps it.
    this.#clock.after(this.#freeAt - now, () => this.#underWay.shift()?.());
  }
}
