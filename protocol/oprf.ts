import { ristretto255 } from '@noble/curves/ed25519.js';
import { bytesToNumberLE } from '@noble/curves/utils.js';
import { concat, isZero, type Random, u8, u16, utf8, wipe } from './bytes.ts';
import { KEY_LENGTH } from './constants.ts';
import type { Primitives } from './crypto/primitives.ts';
import { MalformedError } from './errors.ts';

// RFC 9497's OPRF(ristretto255, SHA-512) in mode 0, unchanged: the PIN's hardening (PROTOCOL 2).
// Scalars are 32 bytes, little-endian and reduced; elements 32 bytes, canonical.

const { Fn } = ristretto255.Point;

/** CreateContextString(0, "ristretto255-SHA512") (RFC 9497, 3.1). */
const CONTEXT = concat(utf8('OPRFV1-'), u8(0), utf8('-ristretto255-SHA512'));
const HASH_TO_GROUP = concat(utf8('HashToGroup-'), CONTEXT);
const DERIVE_KEY_PAIR = concat(utf8('DeriveKeyPair'), CONTEXT);
const FINALIZE = utf8('Finalize');

/** The block of SHA-512, and both its output and what is asked of expand_message_xmd here. */
const SHA512_BLOCK = 128;
const UNIFORM_LENGTH = 64;

/** An input blinded: `blind` stays where the input is, `blinded` goes to who holds the key. */
export interface Blinding {
  readonly blind: Uint8Array;
  readonly blinded: Uint8Array;
}

/**
 * Blind (RFC 9497, 3.3.1) with a random scalar, made of 64 random bytes.
 * @throws MalformedError when `random` gives nothing but zeros.
 */
export function blind(p: Primitives, input: Uint8Array, random: Random): Blinding {
  const bytes = random(UNIFORM_LENGTH);
  const blind = reduce(bytes);
  wipe(bytes);
  return { blind, blinded: blindWith(p, input, blind) };
}

/** Blind with a given scalar. @throws MalformedError when that is zero or not reduced. */
export function blindWith(p: Primitives, input: Uint8Array, blind: Uint8Array): Uint8Array {
  const uniform = expand(p, input, HASH_TO_GROUP);
  const element = p.deriveElement(uniform);
  try {
    return p.multiplyElement(blind, element);
  } finally {
    wipe(uniform, element);
  }
}

/**
 * BlindEvaluate (RFC 9497, 3.3.1): what the holder of the key answers.
 * @throws MalformedError when `blinded` is no valid element, or the identity.
 */
export function evaluate(p: Primitives, key: Uint8Array, blinded: Uint8Array): Uint8Array {
  return p.multiplyElement(key, blinded);
}

/**
 * Finalize (RFC 9497, 3.3.1): takes the blind out of the answer. Gives 64 bytes.
 * @throws MalformedError when `evaluated` is no valid element, or the identity.
 */
export function finalize(
  p: Primitives,
  input: Uint8Array,
  blind: Uint8Array,
  evaluated: Uint8Array,
): Uint8Array {
  const inverse = Fn.toBytes(Fn.inv(Fn.fromBytes(blind)));
  try {
    const unblinded = p.multiplyElement(inverse, evaluated);
    const hashed = concat(u16(input.length), input, u16(unblinded.length), unblinded, FINALIZE);
    const output = p.sha512(hashed);
    wipe(unblinded, hashed);
    return output;
  } finally {
    wipe(inverse);
  }
}

/**
 * The private half of DeriveKeyPair (RFC 9497, 3.2.1), 32 bytes: nothing here needs the public one,
 * which would cost a multiplication more.
 * @throws MalformedError when `seed` is not 32 bytes, or no key comes of it (not to be expected).
 */
export function deriveKey(p: Primitives, seed: Uint8Array, info: Uint8Array): Uint8Array {
  if (seed.length !== KEY_LENGTH) throw new MalformedError('the seed of an OPRF key has 32 bytes');
  for (let counter = 0; counter <= 255; counter++) {
    const input = concat(seed, u16(info.length), info, u8(counter));
    const uniform = expand(p, input, DERIVE_KEY_PAIR);
    const key = reduce(uniform);
    wipe(input, uniform);
    if (!isZero(key)) return key;
  }
  throw new MalformedError('no OPRF key can be derived from this seed');
}

/** 64 uniform bytes, little-endian, modulo the order of the group (RFC 9497, 4.7.2). */
function reduce(uniform: Uint8Array): Uint8Array {
  return Fn.toBytes(Fn.create(bytesToNumberLE(uniform)));
}

/** expand_message_xmd with SHA-512 to 64 bytes, which is one block of output (RFC 9380, 5.3.1). */
function expand(p: Primitives, message: Uint8Array, tag: Uint8Array): Uint8Array {
  const suffix = concat(tag, u8(tag.length));
  const padded = concat(new Uint8Array(SHA512_BLOCK), message, u16(UNIFORM_LENGTH), u8(0), suffix);
  const b0 = p.sha512(padded);
  const chained = concat(b0, u8(1), suffix);
  const b1 = p.sha512(chained);
  wipe(padded, b0, chained);
  return b1;
}
