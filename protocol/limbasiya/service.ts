import { concat, equalConstantTime, Reader, u32, u64, utf8 } from '../bytes.ts';
import type { Primitives } from '../crypto/primitives.ts';
import { AuthenticationError } from '../errors.ts';
import { requireFresh } from './clock.ts';
import { HASH_LENGTH, h, xor } from './hash.ts';
import { decodeLoc, encodeLoc, type ListedHub } from './list.ts';

// The two messages of PROTOCOL 1.2 and the key they agree on. Times are milliseconds since the epoch.

/** What a card proves itself with, and what a hub holds of it. */
export interface CardIdentity {
  readonly UID: Uint8Array;
  readonly C: Uint8Array;
}

/** Message 1. */
export interface Login {
  readonly alpha: Uint8Array;
  readonly beta: Uint8Array;
  readonly T1: number;
}

/** Message 2. */
export interface Challenge {
  readonly gamma: Uint8Array;
  readonly sigma: Uint8Array;
  readonly T2: number;
}

/** What both sides know at the end. */
export interface Agreement {
  /** Seconds that the session is valid, u32. */
  readonly VT: number;
  readonly Loc: string;
  /** The session key: the same at every login of this card here, as long as `VT` and `Loc` are. */
  readonly SK: Uint8Array;
}

/** Device → hub, step 1: for one hub of the card's list, at the device's time `T1`. */
export function makeLogin(
  p: Primitives,
  { UID, C }: CardIdentity,
  { ID, SSK }: Pick<ListedHub, 'ID' | 'SSK'>,
  T1: number,
): Login {
  return { alpha: xor(UID, loginMask(p, { ID, SSK }, T1)), beta: computeBeta(p, { UID, C }, SSK, T1), T1 };
}

/**
 * Hub, step 2, first half: `UID`, and the hub's time `T2`, which is `T1` where that is later. `beta` has not
 * been looked at; with another hub's `SSK`, `UID` is nobody's.
 * @throws ClockError when `T1` is more than ΔT before `now` or after it: ERROR 8.
 */
export function readLogin(
  p: Primitives,
  hub: Pick<ListedHub, 'ID' | 'SSK'>,
  { alpha, T1 }: Login,
  now: number,
): { readonly UID: Uint8Array; readonly T2: number } {
  requireFresh(T1, now);
  return { UID: xor(alpha, loginMask(p, hub, T1)), T2: Math.max(now, T1) };
}

/**
 * Hub → device, step 2, second half: once `C` of that `UID` is found.
 * @throws AuthenticationError when `beta` is not that card's.
 */
export function makeChallenge(
  p: Primitives,
  { ID, SSK, Loc }: Omit<ListedHub, 'address'>,
  { UID, C }: CardIdentity,
  { beta, T1 }: Login,
  { T2, VT }: { readonly T2: number; readonly VT: number },
): { readonly challenge: Challenge; readonly agreement: Agreement } {
  if (!equalConstantTime(beta, computeBeta(p, { UID, C }, SSK, T1))) {
    throw new AuthenticationError('beta does not match');
  }
  const announced = concat(u32(VT), encodeLoc(Loc));
  const gamma = xor(padded(announced), challengeMask(p, { UID, C }, ID, beta));
  const sigma = computeSigma(p, C, VT, T2 - T1);
  return { challenge: { gamma, sigma, T2 }, agreement: agree(p, { UID, C }, ID, Loc, VT) };
}

/**
 * Device, step 3, at its time `T3`. `sigma` does not cover `Loc`: who changes it on the way makes the two
 * keys differ.
 * @throws ClockError when `T2` is more than ΔT away; AuthenticationError when `sigma` is not the hub's;
 *   MalformedError when `gamma` holds no location.
 */
export function readChallenge(
  p: Primitives,
  { UID, C }: CardIdentity,
  ID: string,
  { beta, T1 }: Login,
  { gamma, sigma, T2 }: Challenge,
  T3: number,
): Agreement {
  requireFresh(T2, T3);
  // A hub never answers from before it was asked (PROTOCOL 1.2, 2).
  if (T2 < T1) throw new AuthenticationError('the challenge is older than the login');
  const reader = new Reader(xor(gamma, challengeMask(p, { UID, C }, ID, beta)));
  const VT = reader.u32();
  if (!equalConstantTime(sigma, computeSigma(p, C, VT, T2 - T1))) {
    throw new AuthenticationError('sigma does not match');
  }
  return agree(p, { UID, C }, ID, decodeLoc(withoutZeros(reader.rest())), VT);
}

/** `α || β || T1`: 72 bytes (PROTOCOL 2.5). */
export function encodeLogin({ alpha, beta, T1 }: Login): Uint8Array {
  return concat(alpha, beta, u64(T1));
}

/** @throws MalformedError for anything but 72 bytes. */
export function decodeLogin(message: Uint8Array): Login {
  const [alpha, beta, T1] = decodeMessage(message);
  return { alpha, beta, T1 };
}

/** `γ || σ || T2`: 72 bytes (PROTOCOL 2.5). */
export function encodeChallenge({ gamma, sigma, T2 }: Challenge): Uint8Array {
  return concat(gamma, sigma, u64(T2));
}

/** @throws MalformedError for anything but 72 bytes. */
export function decodeChallenge(message: Uint8Array): Challenge {
  const [gamma, sigma, T2] = decodeMessage(message);
  return { gamma, sigma, T2 };
}

function decodeMessage(message: Uint8Array): [Uint8Array, Uint8Array, number] {
  const reader = new Reader(message);
  const fields: [Uint8Array, Uint8Array, number] = [
    reader.bytes(HASH_LENGTH),
    reader.bytes(HASH_LENGTH),
    reader.u64(),
  ];
  reader.end();
  return fields;
}

/** `h(ID_j || SSK_j || T1)`, which hides `UID` in `alpha`. */
function loginMask(p: Primitives, { ID, SSK }: Pick<ListedHub, 'ID' | 'SSK'>, T1: number): Uint8Array {
  return h(p, utf8(ID), SSK, u64(T1));
}

function computeBeta(p: Primitives, { UID, C }: CardIdentity, SSK: Uint8Array, T1: number): Uint8Array {
  return h(p, UID, SSK, C, u64(T1));
}

/** `h(C || UID || ID_j || β)`, which hides `VT` and `Loc_j` in `gamma`. */
function challengeMask(p: Primitives, { UID, C }: CardIdentity, ID: string, beta: Uint8Array): Uint8Array {
  return h(p, C, UID, utf8(ID), beta);
}

function computeSigma(p: Primitives, C: Uint8Array, VT: number, elapsed: number): Uint8Array {
  return h(p, u32(VT), C, u64(elapsed));
}

function agree(p: Primitives, { UID, C }: CardIdentity, ID: string, Loc: string, VT: number): Agreement {
  return { VT, Loc, SK: h(p, UID, utf8(ID), C, encodeLoc(Loc), u32(VT)) };
}

/** `VT || Loc_j`, with zeros up to 32 bytes. */
function padded(announced: Uint8Array): Uint8Array {
  return concat(announced, new Uint8Array(HASH_LENGTH - announced.length));
}

function withoutZeros(bytes: Uint8Array): Uint8Array {
  return bytes.subarray(0, bytes.findLastIndex((byte) => byte !== 0) + 1);
}
