import { concat, wipe } from '../bytes.ts';
import type { Primitives } from '../crypto/primitives.ts';

// The suite limbasiya-2021 keeps the paper's names: ID, PW, A, B, UID, USK, C, D, W, X, Y, Z, E, P, Q,
// SSK, alpha, beta, gamma, sigma, tau, omega, VT, Loc, SK, T1 … so that both can be read side by side.

/** Every value of the suite, unless a size is given (PROTOCOL 1). */
export const HASH_LENGTH = 32;
/** `r1`, `r2` and `r_S` (PROTOCOL 1.1). */
export const NONCE_LENGTH = 16;

/** `h`: SHA3-256 over the plain concatenation, as the paper writes it (PROTOCOL 1). */
export function h(p: Primitives, ...parts: readonly Uint8Array[]): Uint8Array {
  const input = concat(...parts);
  const hash = p.sha3_256(input);
  wipe(input);
  return hash;
}

/** `⊕` of as many as there are, all of one length. */
export function xor(first: Uint8Array, ...others: readonly Uint8Array[]): Uint8Array {
  const out = first.slice();
  for (const other of others) {
    if (other.length !== out.length)
      throw new RangeError(`${out.length} bytes cannot be XORed with ${other.length}`);
    for (const [i, byte] of other.entries()) out[i] = (out[i] ?? 0) ^ byte;
  }
  return out;
}
