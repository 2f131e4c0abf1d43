import { type Clock, systemClock, type Timer } from '../../runtime/clock.ts';

/** Shorter timers guard connections, and run with the machine's time, unless a test says otherwise. */
const LONG_MS = 5 * 60 * 1000;

interface LongTimer {
  readonly due: number;
  readonly run: () => void;
}

/**
 * The machine's clock, which a test puts forward by hours or days: what waits for so long then runs, while
 * sockets and files, which are real, are given the time that they take.
 */
export class LeapingClock implements Clock {
  readonly #waiting = new Set<LongTimer>();
  readonly #longMs: number;
  #ahead = 0;

  /** @param longMs timers set for this long wait for a leap */
  constructor(longMs = LONG_MS) {
    this.#longMs = longMs;
  }

  now(): number {
    return systemClock.now() + this.#ahead;
  }

  monotonic(): number {
    return systemClock.monotonic() + this.#ahead;
  }

  after(ms: number, run: () => void): Timer {
    if (ms < this.#longMs) return systemClock.after(ms, run);
    const timer = { due: this.monotonic() + ms, run };
    this.#waiting.add(timer);
    return { cancel: () => void this.#waiting.delete(timer) };
  }

  /** Puts the clock forward, and runs what is due by then; what that sets anew waits for the next leap. */
  leap(ms: number): void {
    this.#ahead += ms;
    const due = [...this.#waiting].filter((timer) => timer.due <= this.monotonic());
    for (const timer of due.sort((one, other) => one.due - other.due)) {
      if (this.#waiting.delete(timer)) timer.run();
    }
  }
}
