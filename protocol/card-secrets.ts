import { type BoxBinding, openPinBox, openRecoveryBox, openUskBox, sealPinBox, sealUskBox } from './boxes.ts';
import type { Random } from './bytes.ts';
import { wipe } from './bytes.ts';
import type { CardeaCard } from './card-image.ts';
import { KEY_LENGTH, SALT_LENGTH } from './constants.ts';
import type { Primitives } from './crypto/primitives.ts';
import { cardKeyPair, type KeyPair, recoveryKeyPair } from './keys.ts';
import type { PinAttempt } from './pin-attempt.ts';

/** What an opened card can prove itself with, until `wipe`. */
export class CardSecrets {
  /** `cs`/`CS`, or on the recovery path `rs`/`RS`. */
  readonly cardKey: KeyPair;
  readonly usk: Uint8Array;

  constructor(cardKey: KeyPair, usk: Uint8Array) {
    this.cardKey = cardKey;
    this.usk = usk;
  }

  wipe(): void {
    wipe(this.cardKey.privateKey, this.usk);
  }
}

/**
 * Opens the card with the PIN and its evaluation (PROTOCOL 2.5, step 3). `attempt` stays the caller's.
 * @throws WrongPinError; MalformedError for an `evaluated` that no honest hub sends; DamagedCardError.
 */
export async function openWithPin(
  p: Primitives,
  card: CardeaCard,
  attempt: PinAttempt,
  evaluated: Uint8Array,
): Promise<CardSecrets> {
  const rwd = attempt.finalize(p, evaluated);
  try {
    const seed = await openPinBox(p, card, rwd);
    try {
      const usk = openUskBox(p, card, seed);
      return new CardSecrets(cardKeyPair(p, seed), usk);
    } finally {
      wipe(seed);
    }
  } finally {
    wipe(rwd);
  }
}

/**
 * Opens the card with its recovery code. `code` stays the caller's.
 * @throws WrongRecoveryCodeError; NoRecoveryCodeError.
 */
export function openWithRecoveryCode(p: Primitives, card: CardeaCard, code: Uint8Array): CardSecrets {
  const usk = openRecoveryBox(p, card, code);
  return new CardSecrets(recoveryKeyPair(p, code, card.uid), usk);
}

/** What a new PIN puts on the card, and `cs`, the public key it goes by. */
export interface PinSeal {
  readonly salt: Uint8Array;
  readonly pinBox: Uint8Array;
  readonly uskBox: Uint8Array;
  readonly cs: Uint8Array;
}

/**
 * Seals a card under a PIN: a new `seed` (the first random bytes drawn), a fresh `salt`, and the two boxes
 * that hang on them (PROTOCOL 2.3). `usk` and `attempt` stay the caller's; all else is wiped.
 * @throws MalformedError for an `evaluated` that no honest hub or RC sends.
 */
export async function sealWithPin(
  p: Primitives,
  binding: BoxBinding & Pick<CardeaCard, 'pinVersion' | 'logN'>,
  usk: Uint8Array,
  attempt: PinAttempt,
  evaluated: Uint8Array,
  random: Random,
): Promise<PinSeal> {
  const rwd = attempt.finalize(p, evaluated);
  const seed = random(KEY_LENGTH);
  try {
    const salt = random(SALT_LENGTH);
    const pinBox = await sealPinBox(p, { ...binding, salt }, rwd, seed);
    const { privateKey, publicKey } = cardKeyPair(p, seed);
    wipe(privateKey);
    return { salt, pinBox, uskBox: sealUskBox(p, binding, seed, usk), cs: publicKey };
  } finally {
    wipe(rwd, seed);
  }
}
