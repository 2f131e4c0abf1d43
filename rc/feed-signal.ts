import type { Clock } from '../runtime/clock.ts';

/** Wakes the hubs that wait for the feed's next change (the long poll of PROTOCOL 2.6). */
export class FeedSignal {
  readonly #clock: Clock;
  readonly #waiters = new Set<() => void>();
  #moment = 0;
  #closed = false;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Taken before the feed is read: a change that comes between the reading and the waiting is not slept through. */
  get moment(): number {
    return this.#moment;
  }

  /** Something is new on the feed. */
  announce(): void {
    this.#moment += 1;
    this.#release();
  }

  /**
   * Settles at the first change after `moment`, after `ms` milliseconds, when `signal` aborts, or at `close`;
   * never rejects.
   */
  wait(moment: number, ms: number, signal: AbortSignal): Promise<void> {
    if (this.#closed || moment !== this.#moment || ms <= 0 || signal.aborted) return Promise.resolve();
    return new Promise((resolve) => {
      const settle = () => {
        timer.cancel();
        signal.removeEventListener('abort', settle);
        this.#waiters.delete(settle);
        resolve();
      };
      const timer = this.#clock.after(ms, settle);
      signal.addEventListener('abort', settle, { once: true });
      this.#waiters.add(settle);
    });
  }

  /** Lets all go, now and from now on. */
  close(): void {
    this.#closed = true;
    this.#release();
  }

  #release(): void {
    for (const settle of [...this.#waiters]) settle();
  }
}
