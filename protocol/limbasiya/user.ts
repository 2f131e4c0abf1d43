import { concat, u32, wipe } from '../bytes.ts';
import type { Primitives } from '../crypto/primitives.ts';
import type { Credentials } from './credentials.ts';
import { HASH_LENGTH, h, xor } from './hash.ts';

/** What a user's device computes of identity, password and the card's two nonces (PROTOCOL 1.1). */
export interface User extends Credentials {
  /** 16 bytes each. */
  readonly r1: Uint8Array;
  readonly r2: Uint8Array;
  readonly A: Uint8Array;
  readonly B: Uint8Array;
  readonly UID: Uint8Array;
  /** `h(r1 || PW)`, which `B` and `X` share. */
  readonly h_r1_PW: Uint8Array;
}

/** `A = h(ID || PW)`. */
export function hashCredentials(p: Primitives, { ID, PW }: Credentials): Uint8Array {
  return h(p, ID, PW);
}

/** `B` and `UID`, given the `A` of the same identity and password. */
export function computeUser(
  p: Primitives,
  { ID, PW }: Credentials,
  { A, r1, r2 }: { readonly A: Uint8Array; readonly r1: Uint8Array; readonly r2: Uint8Array },
): User {
  const h_r1_PW = h(p, r1, PW);
  const h_r2_PW = h(p, r2, PW);
  const B = xor(h_r1_PW, h_r2_PW);
  wipe(h_r2_PW);
  return { ID, PW, r1, r2, A, B, UID: h(p, r1, ID, r2), h_r1_PW };
}

/**
 * `pad`, the mask of a list of `length` bytes: the paper's block first, then blocks of our own, without
 * which the rest of a longer list would lie in the clear (PROTOCOL 1.1).
 */
export function pad(p: Primitives, { ID, PW, r1, r2 }: User, length: number): Uint8Array {
  const blocks: Uint8Array[] = [];
  for (let n = 0; n * HASH_LENGTH < length; n++) {
    const counter = n === 0 ? new Uint8Array(0) : u32(n);
    blocks.push(xor(h(p, r1, ID, PW, counter), h(p, ID, PW, r2, counter)));
  }
  return concat(...blocks).slice(0, length);
}
