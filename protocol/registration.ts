import { sealRecoveryBox } from './boxes.ts';
import { type Random, wipe } from './bytes.ts';
import type { CardeaCard } from './card-image.ts';
import { sealWithPin } from './card-secrets.ts';
import { BOX_LENGTH, FIRST_SEQUENCE, isLogN, SUITE, UID_LENGTH } from './constants.ts';
import type { Primitives } from './crypto/primitives.ts';
import { MalformedError } from './errors.ts';
import {
  deriveOprfKey,
  deriveOprfSeed,
  derivePsk,
  deriveSubject,
  deriveUsk,
  recoveryKeyPair,
} from './keys.ts';
import { evaluate } from './oprf.ts';
import type { PinAttempt } from './pin-attempt.ts';
import { makeRecoveryCode } from './recovery-code.ts';

/** The number of a card's first PIN (PROTOCOL 2.1). */
const FIRST_PIN_VERSION = 1;

/** What the RC sends back in step 1 (PROTOCOL 2.4). */
export interface BegunRegistration {
  readonly uid: Uint8Array;
  readonly evaluated: Uint8Array;
  readonly usk: Uint8Array;
}

/**
 * RC, step 1 of PROTOCOL 2.4: a new `UID`, and the console's blinded PIN evaluated under that card's `k_1`.
 * `masterKey` is `K_RC[keyId]`. @throws MalformedError when `blinded` is no valid element.
 */
export function beginRegistration(
  p: Primitives,
  step: { readonly masterKey: Uint8Array; readonly blinded: Uint8Array; readonly random: Random },
): BegunRegistration {
  const { masterKey, blinded, random } = step;
  const uid = random(UID_LENGTH);
  const oprfSeed = deriveOprfSeed(p, masterKey, uid);
  const key = deriveOprfKey(p, oprfSeed, FIRST_PIN_VERSION);
  try {
    return { uid, evaluated: evaluate(p, key, blinded), usk: deriveUsk(p, masterKey, uid) };
  } finally {
    wipe(oprfSeed, key);
  }
}

/** What a hub holds of a card and the RC does not store (PROTOCOL 2.1). */
export interface HubCardSecrets {
  readonly psk: Uint8Array;
  readonly subject: Uint8Array;
  readonly oprfSeed: Uint8Array;
}

/** RC: one card for one hub. `masterKey` is `K_RC[keyId]` of the card, `masterKey0` is `K_RC[0]`. */
export function hubCardSecrets(
  p: Primitives,
  of: {
    readonly masterKey: Uint8Array;
    readonly masterKey0: Uint8Array;
    readonly uid: Uint8Array;
    readonly patientId: Uint8Array;
    readonly hubId: string;
  },
): HubCardSecrets {
  const usk = deriveUsk(p, of.masterKey, of.uid);
  const psk = derivePsk(p, usk, of.hubId);
  wipe(usk);
  return {
    psk,
    subject: deriveSubject(p, of.masterKey0, of.patientId, of.hubId),
    oprfSeed: deriveOprfSeed(p, of.masterKey, of.uid),
  };
}

/** A card ready to be written, and what of it the RC and the patient get (PROTOCOL 2.4). */
export interface MadeCard {
  readonly image: CardeaCard;
  /** `CS`, 32 bytes, for the RC. */
  readonly cs: Uint8Array;
  /** `RS`, 32 bytes, for the RC; null where there is no recovery code. */
  readonly rs: Uint8Array | null;
  /** 20 ASCII characters for the patient, shown once; the caller wipes them. */
  readonly recoveryCode: Uint8Array | null;
}

/**
 * Console, step 2 of PROTOCOL 2.4. Neither the PIN nor `seed` leaves here. `usk` and `attempt` stay the
 * caller's to wipe. Draws `seed`, `salt` and the recovery code from `random`, in this order.
 * @throws MalformedError for a `logN` other than 0 or 10 to 17, or an `evaluated` that no honest RC sends.
 */
export async function makeCard(
  p: Primitives,
  of: {
    readonly uid: Uint8Array;
    readonly keyId: number;
    readonly usk: Uint8Array;
    readonly caPin: Uint8Array;
    readonly attempt: PinAttempt;
    readonly evaluated: Uint8Array;
    readonly logN: number;
    readonly random: Random;
    readonly recovery: boolean;
  },
): Promise<MadeCard> {
  const { uid, keyId, usk, caPin, logN, random } = of;
  if (!isLogN(logN)) throw new MalformedError('logN is 0 or 10 to 17');
  const binding = { keyId, uid, caPin, pinVersion: FIRST_PIN_VERSION, logN };
  const { cs, ...sealed } = await sealWithPin(p, binding, usk, of.attempt, of.evaluated, random);
  const recoveryCode = of.recovery ? makeRecoveryCode(random) : null;
  const recoveryBox =
    recoveryCode === null ? new Uint8Array(BOX_LENGTH) : sealRecoveryBox(p, binding, recoveryCode, usk);
  return {
    image: { suite: SUITE.cardea1, sequence: FIRST_SEQUENCE, ...binding, ...sealed, recoveryBox },
    cs,
    rs: recoveryCode === null ? null : recoveryPublicKey(p, recoveryCode, uid),
    recoveryCode,
  };
}

function recoveryPublicKey(p: Primitives, code: Uint8Array, uid: Uint8Array): Uint8Array {
  const { privateKey, publicKey } = recoveryKeyPair(p, code, uid);
  wipe(privateKey);
  return publicKey;
}
