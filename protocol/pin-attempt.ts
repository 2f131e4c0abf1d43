import { equalConstantTime, type Random, wipe } from './bytes.ts';
import type { Primitives } from './crypto/primitives.ts';
import { MalformedError, WrongTurnError } from './errors.ts';
import { type Blinding, blind, finalize } from './oprf.ts';

/**
 * One PIN, entered once and blinded once. A device whose connection broke sends the same `blinded`
 * again, and the hub takes no new try for it (PROTOCOL 2.5).
 */
export class PinAttempt {
  readonly #pin: Uint8Array;
  readonly #blinding: Blinding;
  #wiped = false;

  private constructor(pin: Uint8Array, blinding: Blinding) {
    this.#pin = pin;
    this.#blinding = blinding;
  }

  /** Keeps a copy of `pin` (see `parsePin`) until `wipe`; the caller's own stays the caller's. */
  static make(p: Primitives, pin: Uint8Array, random: Random): PinAttempt {
    return new PinAttempt(pin.slice(), blind(p, pin, random));
  }

  /** What goes to the hub or the RC: 32 bytes that say nothing about the PIN. */
  get blinded(): Uint8Array {
    return this.#blinding.blinded;
  }

  /**
   * `rwd`, 64 bytes, from the answer to `blinded` (PROTOCOL 2.3). The caller wipes it.
   * @throws MalformedError when `evaluated` is no valid element, the identity, or `blinded` itself.
   * @throws WrongTurnError after `wipe`.
   */
  finalize(p: Primitives, evaluated: Uint8Array): Uint8Array {
    if (this.#wiped) throw new WrongTurnError('this PIN has been wiped');
    if (equalConstantTime(evaluated, this.blinded)) {
      throw new MalformedError('the answer to the blinded PIN is that PIN unchanged');
    }
    return finalize(p, this.#pin, this.#blinding.blind, evaluated);
  }

  wipe(): void {
    this.#wiped = true;
    wipe(this.#pin, this.#blinding.blind);
  }
}
