import { concat, equalConstantTime, type Random, u16, utf8 } from './bytes.ts';
import type { CardeaCard } from './card-image.ts';
import { sealWithPin } from './card-secrets.ts';
import { nextSequence } from './card-slots.ts';
import { KEY_LENGTH, LABEL, MAX_PIN_VERSION } from './constants.ts';
import type { Primitives } from './crypto/primitives.ts';
import { MalformedError } from './errors.ts';
import type { PinAttempt } from './pin-attempt.ts';

/** A card under its new PIN, and what `pin.prepare` carries (PROTOCOL 2.6). */
export interface ChangedPin {
  readonly image: CardeaCard;
  /** The new `CS`, 32 bytes. */
  readonly cs: Uint8Array;
  readonly proof: Uint8Array;
}

/**
 * Device: the card under a new PIN, with the next sequence (PROTOCOL 2.6). `evaluated` and `pinVersion` are
 * the hub's answer to `attempt.blinded`. The recovery code stays as it was. `usk` and `attempt` stay the
 * caller's to wipe. Draws `seed` and `salt` from `random`, in this order.
 * @throws MalformedError when `pinVersion` is none that may follow the card's, or `evaluated` is none that
 * an honest hub sends. @throws DamagedCardError when the card's sequence cannot be raised.
 */
export async function changePin(
  p: Primitives,
  of: {
    readonly card: CardeaCard;
    readonly usk: Uint8Array;
    readonly attempt: PinAttempt;
    readonly evaluated: Uint8Array;
    readonly pinVersion: number;
    readonly random: Random;
  },
): Promise<ChangedPin> {
  const { card, usk, pinVersion } = of;
  if (!Number.isInteger(pinVersion) || pinVersion <= card.pinVersion || pinVersion > MAX_PIN_VERSION) {
    throw new MalformedError('the number of the new PIN does not follow that of the old');
  }
  const renewed = { ...card, pinVersion, sequence: nextSequence(card.sequence) };
  const { cs, ...sealed } = await sealWithPin(p, renewed, usk, of.attempt, of.evaluated, of.random);
  return { image: { ...renewed, ...sealed }, cs, proof: pinChangeProof(p, usk, pinVersion, cs) };
}

/** `proof` of a PIN change, 32 bytes: only who holds `usk`, the card or the RC, can make it (PROTOCOL 2.6). */
export function pinChangeProof(
  p: Primitives,
  usk: Uint8Array,
  pinVersion: number,
  cs: Uint8Array,
): Uint8Array {
  const info = concat(utf8(LABEL.pinChanged), u16(pinVersion), cs);
  return p.hkdf(usk, new Uint8Array(0), info, KEY_LENGTH);
}

/** RC: whether the card itself, and no hub, says that `cs` is its key under PIN number `pinVersion`. */
export function isPinChangeProof(
  p: Primitives,
  usk: Uint8Array,
  pinVersion: number,
  cs: Uint8Array,
  proof: Uint8Array,
): boolean {
  return equalConstantTime(proof, pinChangeProof(p, usk, pinVersion, cs));
}
