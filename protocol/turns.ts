import { WrongTurnError } from './errors.ts';

/**
 * The phases of an object whose steps come in a fixed order. Anything that goes wrong in a step, or a
 * step out of turn, is final: the object is wiped and every later step throws WrongTurnError.
 */
export class Turns<Phase extends string> {
  #phase: Phase | 'over';
  readonly #wipe: () => void;

  /** `wipe` clears the secrets of the object and must not throw. */
  constructor(first: Phase, wipe: () => void) {
    this.#phase = first;
    this.#wipe = wipe;
  }

  /**
   * Runs `act` in phase `from` and goes on to `next`.
   * @throws WrongTurnError in any other phase, and whatever `act` throws
   */
  take<T>(from: Phase, next: Phase, act: () => T): T {
    const phase = this.#phase;
    this.#phase = 'over';
    try {
      if (phase !== from) throw new WrongTurnError(`this step belongs to phase ${from}, not to ${phase}`);
      const result = act();
      this.#phase = next;
      return result;
    } catch (error) {
      this.#wipe();
      throw error;
    }
  }

  /** Ends the object: nothing can be asked of it any more. */
  end(): void {
    this.#phase = 'over';
    this.#wipe();
  }
}
