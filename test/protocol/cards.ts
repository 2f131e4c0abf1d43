import { fromHex, isZero, type Random } from '../../protocol/bytes.ts';
import type { CardeaCard } from '../../protocol/card-image.ts';
import { noble } from '../../protocol/crypto/noble.ts';
import type { Primitives } from '../../protocol/crypto/primitives.ts';
import { deriveOprfKey, deriveOprfSeed } from '../../protocol/keys.ts';
import { evaluate } from '../../protocol/oprf.ts';
import { parsePin } from '../../protocol/pin.ts';
import { PinAttempt } from '../../protocol/pin-attempt.ts';
import { beginRegistration, type MadeCard, makeCard } from '../../protocol/registration.ts';
import { fixedRandom, readVectors } from './support.ts';

/** One case of vectors/cardea-1.json, as far as the card goes. */
export interface CardeaCase {
  readonly keys: Readonly<
    Record<
      | 'k_rc'
      | 'k_rc0'
      | 'patient_id'
      | 'hub_id'
      | 'uid'
      | 'usk'
      | 'psk'
      | 'oprf_seed'
      | 'oprf_scalar'
      | 'subject'
      | 'ca_pin',
      string
    >
  > & { readonly key_id: number; readonly pin_version: number };
  readonly boxes: Readonly<
    Record<
      | 'pin'
      | 'rwd'
      | 'salt'
      | 'stretched'
      | 'pin_key'
      | 'seed'
      | 'card_private'
      | 'card_public'
      | 'recovery_code'
      | 'recovery_public'
      | 'pin_box'
      | 'recovery_box'
      | 'usk_box',
      string
    >
  > & { readonly log_n: number };
  readonly card: { readonly sequence: number; readonly image: string };
  readonly login: Readonly<Record<'blind' | 'blinded' | 'evaluated', string>>;
  readonly pin_change: Readonly<
    Record<'new_pin' | 'rwd' | 'seed' | 'salt' | 'card_public' | 'proof' | 'image', string>
  > & { readonly pin_version: number };
}

export const cardeaCases = readVectors<{ readonly cases: readonly CardeaCase[] }>('cardea-1.json').cases;

/** A PIN blinded with a given scalar: 64 random bytes that are the scalar already. */
export function attemptWith(pin: string, blind: string, p: Primitives = noble): PinAttempt {
  return PinAttempt.make(p, parsePin(pin), fixedRandom(`${blind}${'00'.repeat(32)}`));
}

/** 1, 2, 3 … in all that is drawn: never twice the same. */
export function numberedRandom(): Random {
  let next = 0;
  return (length) => {
    next += 1;
    return new Uint8Array(length).fill(next);
  };
}

export const masterKey = fromHex('11'.repeat(32));
export const caPin = fromHex('22'.repeat(16));

/** What the holder of the master key answers to a blinded PIN of that card. */
export function evaluateFor(uid: Uint8Array, pinVersion: number, blinded: Uint8Array): Uint8Array {
  return evaluate(noble, deriveOprfKey(noble, deriveOprfSeed(noble, masterKey, uid), pinVersion), blinded);
}

/** A card of our own, registered from end to end, with a recovery code and `logN` 0 unless told otherwise. */
export async function registeredCard(
  pin: string,
  options: { readonly logN?: number; readonly recovery?: boolean } = {},
): Promise<MadeCard & { readonly usk: Uint8Array; readonly image: CardeaCard }> {
  const random = numberedRandom();
  const attempt = PinAttempt.make(noble, parsePin(pin), random);
  const begun = beginRegistration(noble, { masterKey, blinded: attempt.blinded, random });
  const made = await makeCard(noble, {
    ...begun,
    keyId: 3,
    caPin,
    attempt,
    logN: options.logN ?? 0,
    random,
    recovery: options.recovery ?? true,
  });
  return { ...made, usk: begun.usk };
}

/**
 * The real primitives, which remember by reference all they were given or gave that may be secret: what
 * the code under test has wiped is zero here too.
 */
export class SecretWatch {
  readonly #seen = new Set<Uint8Array>();
  readonly primitives: Primitives = {
    ...noble,
    sha512: (data) => this.#note(noble.sha512(this.#note(data))),
    hkdf: (ikm, salt, info, length) => this.#note(noble.hkdf(this.#note(ikm), salt, info, length)),
    seal: (key, nonce, aad, plaintext) => noble.seal(this.#note(key), nonce, aad, this.#note(plaintext)),
    open: (key, nonce, aad, sealed) => this.#note(noble.open(this.#note(key), nonce, aad, sealed)),
    scrypt: async (password, salt, logN, length) =>
      this.#note(await noble.scrypt(this.#note(password), salt, logN, length)),
    deriveElement: (uniform) => this.#note(noble.deriveElement(this.#note(uniform))),
    multiplyElement: (scalar, element) =>
      this.#note(noble.multiplyElement(this.#note(scalar), this.#note(element))),
  };

  random(source: Random): Random {
    return (length) => this.#note(source(length));
  }

  /** What was seen and is not zero, but for what is public or still its owner's. */
  alive(...known: readonly Uint8Array[]): Uint8Array[] {
    return [...this.#seen].filter((secret) => !isZero(secret) && !known.includes(secret));
  }

  get count(): number {
    return this.#seen.size;
  }

  #note(secret: Uint8Array): Uint8Array {
    this.#seen.add(secret);
    return secret;
  }
}
