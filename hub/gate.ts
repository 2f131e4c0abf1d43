import type { Clock } from '../runtime/clock.ts';
import { sourceOf, Tally } from '../runtime/source.ts';
import { LIMITS, SlidingCounter } from './limits.ts';

/** Who may come in and how often, apart from what is counted durably (PROTOCOL 2.5, bounds). */
export class Gate {
  readonly #clock: Clock;
  readonly #handshakes = new Tally();
  readonly #logins = new SlidingCounter({ max: LIMITS.loginsPerCard, windowMs: LIMITS.hourMs });
  readonly #wrongTries = new SlidingCounter({ max: LIMITS.wrongTriesPerAddress, windowMs: LIMITS.hourMs });
  readonly #most: number;
  #connections = 0;

  /** @param most connections at once */
  constructor(clock: Clock, most: number = LIMITS.connections) {
    this.#clock = clock;
    this.#most = most;
  }

  get connections(): number {
    return this.#connections;
  }

  /** Counts a new connection in; null when there are too many. */
  admit(remoteAddress: string | undefined): Visit | null {
    const source = sourceOf(remoteAddress);
    if (this.#connections >= this.#most) return null;
    if (this.#handshakes.count(source) >= LIMITS.handshakesPerAddress) return null;
    this.#connections += 1;
    this.#handshakes.add(source);
    let isShakingHands = true;
    const loggedIn = () => {
      if (isShakingHands) this.#handshakes.remove(source);
      isShakingHands = false;
    };
    return {
      source,
      loggedIn,
      leave: () => {
        loggedIn();
        this.#connections -= 1;
      },
    };
  }

  /** Counts a LOGIN of a card that is known, `key`; false when it had its share of the hour. */
  takeLogin(key: string): boolean {
    return this.#logins.take(key, this.#clock.monotonic());
  }

  /** Counts a try from `source` as wrong until it is given back; false when it had its share of the hour. */
  takeTry(source: string): boolean {
    return this.#wrongTries.take(source, this.#clock.monotonic());
  }

  giveTryBack(source: string): void {
    this.#wrongTries.giveBack(source);
  }
}

/** One connection, as long as it is counted. `leave` once, at its end. */
export interface Visit {
  /** Whom its address stands for. */
  readonly source: string;
  /** It is no handshake any more. */
  loggedIn(): void;
  leave(): void;
}
