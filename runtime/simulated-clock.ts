import type { Clock, Timer } from './clock.ts';

interface PendingTimer extends Timer {
  readonly due: number;
  readonly run: () => void;
}

/** Turns of the event loop without a new timer after which everything is taken to have settled. */
const QUIET_TURNS = 10;

/** 2026-01-01 00:00 UTC. */
const DEFAULT_START = Date.UTC(2026, 0, 1);

/**
 * A clock that stands still until a test moves it. Timers run in the order they are due; those due at the
 * same moment in the order they were set. Between two timers everything that runs in this thread settles:
 * promises, streams, TLS. Work in other threads (files, scrypt, real sockets) does not unless `isBusy` tells of
 * it: await it, or use `advanceUntil`.
 */
export class SimulatedClock implements Clock {
  #elapsed = 0;
  #wall: number;
  #advancing = false;
  /** Counts timers set: the sign that something is still going on. */
  #timersSet = 0;
  /** In the order they will run. */
  readonly #timers: PendingTimer[] = [];
  readonly #isBusy: () => boolean;

  /** @param options.isBusy whether other threads are at work: no time passes meanwhile */
  constructor(
    start: number = DEFAULT_START,
    { isBusy = () => false }: { readonly isBusy?: () => boolean } = {},
  ) {
    this.#wall = start;
    this.#isBusy = isBusy;
  }

  /** Whole, as a machine's clock says it; `monotonic` and timers may be finer. */
  now(): number {
    return Math.floor(this.#wall + this.#elapsed);
  }

  monotonic(): number {
    return this.#elapsed;
  }

  after(ms: number, run: () => void): Timer {
    const due = this.#elapsed + Math.max(0, ms);
    const timer: PendingTimer = { due, run, cancel: () => this.#remove(timer) };
    const later = this.#timers.findIndex((other) => other.due > due);
    this.#timers.splice(later < 0 ? this.#timers.length : later, 0, timer);
    this.#timersSet += 1;
    return timer;
  }

  /** How many timers wait: 0 when everything that was started has been closed. */
  get pendingTimers(): number {
    return this.#timers.length;
  }

  /** Moves `now()` by `ms`, in either direction, as a corrected system clock does. Runs no timer. */
  jump(ms: number): void {
    this.#wall += ms;
  }

  /** Lets `ms` milliseconds pass. Rejects with what a timer throws. */
  advance(ms: number): Promise<void> {
    return this.#exclusively(async () => {
      const end = this.#elapsed + ms;
      await this.#settle();
      while (this.#runNext(end)) {
        await this.#settle();
      }
      this.#elapsed = end;
    });
  }

  /**
   * Lets time pass until `promise` settles, and settles as it does. Where no timer is left but the promise
   * is still open, waits for it in real time.
   *
   * @throws Error when it has not settled `withinMs` from now
   */
  advanceUntil<T>(promise: Promise<T>, withinMs: number = 60_000): Promise<T> {
    return this.#exclusively(async () => {
      const end = this.#elapsed + withinMs;
      let settled = false;
      const note = () => {
        settled = true;
      };
      promise.then(note, note);
      await this.#settle();
      while (!settled) {
        const next = this.#timers[0];
        if (next !== undefined && next.due > end) {
          throw new Error(`the promise has not settled within ${withinMs} ms of simulated time`);
        }
        this.#runNext(end);
        await this.#settle();
      }
      return promise;
    });
  }

  #runNext(end: number): boolean {
    const next = this.#timers[0];
    if (next === undefined || next.due > end) {
      return false;
    }
    this.#timers.shift();
    this.#elapsed = Math.max(this.#elapsed, next.due);
    next.run();
    return true;
  }

  #remove(timer: PendingTimer): void {
    const at = this.#timers.indexOf(timer);
    if (at >= 0) {
      this.#timers.splice(at, 1);
    }
  }

  async #settle(): Promise<void> {
    let seen = this.#timersSet;
    for (let quiet = 0; quiet < QUIET_TURNS; quiet += 1) {
      await new Promise<void>((resolve) => setImmediate(resolve));
      if (this.#timersSet !== seen || this.#isBusy()) {
        seen = this.#timersSet;
        quiet = 0;
      }
    }
  }

  async #exclusively<T>(run: () => Promise<T>): Promise<T> {
    if (this.#advancing) {
      throw new Error('the simulated clock is being advanced already: await the first call');
    }
    this.#advancing = true;
    try {
      return await run();
    } finally {
      this.#advancing = false;
    }
  }
}
