import { type Clock, sleep } from '../../runtime/clock.ts';
import type { Surroundings } from '../../runtime/surroundings.ts';

/** After a failure, so long nobody at a terminal waits for the RC. */
const QUIET_MS = 10_000;

/** Whether the RC answered when it was last asked: a login does not wait for one that did not. */
export class Reach {
  readonly #clock: Clock;
  #answered = false;
  #failedAt: number | undefined;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** It answered when it was last asked. */
  get answers(): boolean {
    return this.#answered;
  }

  /** It is worth to be asked while somebody waits. */
  get isLikely(): boolean {
    return this.#failedAt === undefined || this.#clock.monotonic() - this.#failedAt >= QUIET_MS;
  }

  succeeded(): void {
    this.#answered = true;
    this.#failedAt = undefined;
  }

  failed(): void {
    this.#answered = false;
    this.#failedAt = this.#clock.monotonic();
  }
}

const FIRST_PAUSE_MS = 1_000;
const LONGEST_PAUSE_MS = 60_000;

/** Pauses between attempts that fail: each twice the one before, up to a minute, spread so that hubs do not march in step. */
export class Backoff {
  readonly #surroundings: Surroundings;
  #failures = 0;

  constructor(surroundings: Surroundings) {
    this.#surroundings = surroundings;
  }

  reset(): void {
    this.#failures = 0;
  }

  /** @throws the signal's reason */
  async pause(signal: AbortSignal): Promise<void> {
    const longest = Math.min(LONGEST_PAUSE_MS, FIRST_PAUSE_MS * 2 ** this.#failures);
    this.#failures = Math.min(this.#failures + 1, 16);
    const [spread = 0] = this.#surroundings.random(1);
    await sleep(this.#surroundings.clock, Math.round(longest * (0.5 + spread / 512)), signal);
  }
}
