import { concat, u16, utf8 } from './bytes.ts';
import { KEY_LENGTH, LABEL, SUBJECT_LENGTH } from './constants.ts';
import type { AgreementKey, Primitives } from './crypto/primitives.ts';
import { deriveKey } from './oprf.ts';

const NO_SALT = new Uint8Array(0);

/** An X25519 key pair, 32 bytes each. */
export interface KeyPair {
  readonly privateKey: Uint8Array;
  readonly publicKey: Uint8Array;
  /** The private key made ready, where it agrees more than once. */
  readonly ready?: AgreementKey;
}

/** `usk` of a card, from the RC's master key of the card's `keyId` (PROTOCOL 2.1). 32 bytes. */
export function deriveUsk(p: Primitives, masterKey: Uint8Array, uid: Uint8Array): Uint8Array {
  return p.hkdf(masterKey, NO_SALT, concat(utf8(LABEL.usk), uid), KEY_LENGTH);
}

/** `psk_ij`: what the card and one hub share and no other hub knows (PROTOCOL 2.1). 32 bytes. */
export function derivePsk(p: Primitives, usk: Uint8Array, hubId: string): Uint8Array {
  return p.hkdf(usk, NO_SALT, concat(utf8(LABEL.psk), utf8(hubId)), KEY_LENGTH);
}

/** `oprfSeed` of a card, which every hub holds (PROTOCOL 2.1). 32 bytes. */
export function deriveOprfSeed(p: Primitives, masterKey: Uint8Array, uid: Uint8Array): Uint8Array {
  return p.hkdf(masterKey, NO_SALT, concat(utf8(LABEL.oprf), uid), KEY_LENGTH);
}

/** `k_v`, the OPRF key of a card's PIN number `pinVersion` (PROTOCOL 2.1): a scalar of 32 bytes. */
export function deriveOprfKey(p: Primitives, oprfSeed: Uint8Array, pinVersion: number): Uint8Array {
  return deriveKey(p, oprfSeed, concat(utf8(LABEL.suite), u16(pinVersion)));
}

/**
 * `subject`, the patient's name at one hub (PROTOCOL 2.1). `masterKey0` is `K_RC[0]` for ever, so that
 * the name outlives the card and the rotation of keys. 16 bytes.
 */
export function deriveSubject(
  p: Primitives,
  masterKey0: Uint8Array,
  patientId: Uint8Array,
  hubId: string,
): Uint8Array {
  return p.hkdf(masterKey0, NO_SALT, concat(utf8(LABEL.subject), patientId, utf8(hubId)), SUBJECT_LENGTH);
}

/** `cs` and `CS`, the card's key pair under one PIN (PROTOCOL 2.1). */
export function cardKeyPair(p: Primitives, seed: Uint8Array): KeyPair {
  return keyPair(p, p.hkdf(seed, NO_SALT, utf8(LABEL.cardKey), KEY_LENGTH));
}

/** `rs` and `RS`, the key pair of a card's recovery code, 20 ASCII characters (PROTOCOL 2.1). */
export function recoveryKeyPair(p: Primitives, code: Uint8Array, uid: Uint8Array): KeyPair {
  return keyPair(p, p.hkdf(code, uid, utf8(LABEL.recoveryKey), KEY_LENGTH));
}

function keyPair(p: Primitives, privateKey: Uint8Array): KeyPair {
  return { privateKey, publicKey: p.x25519Public(privateKey) };
}
