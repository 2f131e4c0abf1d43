import type { Clock, Timer } from '../../../runtime/clock.ts';
import type { SimulatedClock } from '../../../runtime/simulated-clock.ts';

/** The clock of one machine: time passes on all alike, but what time it is they may say differently. */
export class MachineClock implements Clock {
  readonly #shared: SimulatedClock;
  #aheadMs = 0;

  constructor(shared: SimulatedClock) {
    this.#shared = shared;
  }

  now(): number {
    return this.#shared.now() + this.#aheadMs;
  }

  monotonic(): number {
    return this.#shared.monotonic();
  }

  after(ms: number, run: () => void): Timer {
    return this.#shared.after(ms, run);
  }

  /** Somebody, or an empty battery, sets it. */
  jump(ms: number): void {
    this.#aheadMs += ms;
  }

  setRight(): void {
    this.#aheadMs = 0;
  }
}
