// No timer: this is the end of the event loop's turn, not a moment in time.
import { setImmediate } from 'node:timers';
import { WIRE_ERROR } from '../protocol/wire-error.ts';
import type { Clock } from '../runtime/clock.ts';
import { TurnedAwayError } from './errors.ts';
import { LIMITS } from './limits.ts';

/**
 * Tells when there is more to do than a hub can. All that came in together is worked off in one turn of the event
 * loop, and whoever is last waits for all before: once a turn has gone on for too long, who comes new in it is told
 * to come again, so that those under way are served in time. A disk that takes long turns nobody away.
 */
export class Load {
  readonly #clock: Pick<Clock, 'monotonic'>;
  #turnBegan: number | undefined;

  constructor(clock: Pick<Clock, 'monotonic'>) {
    this.#clock = clock;
  }

  /** To be asked for each piece of work that is new. */
  get isTooMuch(): boolean {
    const now = this.#clock.monotonic();
    if (this.#turnBegan === undefined) {
      this.#turnBegan = now;
      setImmediate(() => {
        this.#turnBegan = undefined;
      });
    }
    return now - this.#turnBegan > LIMITS.turnMs;
  }

  /** @throws TurnedAwayError when it is too much */
  check(): void {
    if (this.isTooMuch) {
      throw new TurnedAwayError(
        WIRE_ERROR.busy,
        'busy',
        'more logins came at once than can be served in time',
      );
    }
  }
}
