import { equalConstantTime, u64 } from '../bytes.ts';
import type { LimbasiyaCard } from '../card-image.ts';
import { nextSequence } from '../card-slots.ts';
import type { Primitives } from '../crypto/primitives.ts';
import { AuthenticationError } from '../errors.ts';
import { maskList, openCard, sealCard } from './card.ts';
import { requireFresh } from './clock.ts';
import type { Credentials } from './credentials.ts';
import { h } from './hash.ts';
import type { CardIdentity } from './service.ts';
import { computeUser, hashCredentials } from './user.ts';

/** What a hub asks the RC for its list with. */
export interface HubIdentity {
  readonly Q: Uint8Array;
  readonly SSK: Uint8Array;
}

/** `τ = h(C || T || UID)`: a card asks for `List`, at the time `T` in milliseconds (PROTOCOL 1.3). */
export function computeTau(p: Primitives, { UID, C }: CardIdentity, T: number): Uint8Array {
  return h(p, C, u64(T), UID);
}

/** RC: whether that card asks, now. @throws AuthenticationError for another `tau`; ClockError. */
export function checkTau(
  p: Primitives,
  card: CardIdentity,
  { tau, T }: { readonly tau: Uint8Array; readonly T: number },
  now: number,
): void {
  if (!equalConstantTime(tau, computeTau(p, card, T))) throw new AuthenticationError('tau does not match');
  requireFresh(T, now);
}

/** `ω = h(Q || T || SSK_j)`: a hub asks for the list of `(UID_i, C_i)` (PROTOCOL 1.3). */
export function computeOmega(p: Primitives, { Q, SSK }: HubIdentity, T: number): Uint8Array {
  return h(p, Q, u64(T), SSK);
}

/** RC: whether that hub asks, now. @throws AuthenticationError for another `omega`; ClockError. */
export function checkOmega(
  p: Primitives,
  hub: HubIdentity,
  { omega, T }: { readonly omega: Uint8Array; readonly T: number },
  now: number,
): void {
  if (!equalConstantTime(omega, computeOmega(p, hub, T)))
    throw new AuthenticationError('omega does not match');
  requireFresh(T, now);
}

/**
 * The card with a new `Z`, and the next sequence (PROTOCOL 1.3). `List` is `encodeList` of the hubs.
 * @throws WrongCredentialsError; DamagedCardError, also when the sequence cannot be raised.
 */
export function renewList(
  p: Primitives,
  card: LimbasiyaCard,
  credentials: Credentials,
  List: Uint8Array,
): LimbasiyaCard {
  const opened = openCard(p, card, credentials);
  try {
    return { ...card, sequence: nextSequence(card.sequence), z: maskList(p, opened.user, List) };
  } finally {
    opened.wipe();
  }
}

/**
 * The card under a new password, made on the card alone: `r1, r2, C, USK` and the list stay, and nobody
 * else hears of it (PROTOCOL 1.3).
 * @throws WrongCredentialsError; DamagedCardError, also when the sequence cannot be raised.
 */
export function changePassword(
  p: Primitives,
  card: LimbasiyaCard,
  credentials: Credentials,
  newPassword: Uint8Array,
): LimbasiyaCard {
  const opened = openCard(p, card, credentials);
  try {
    const { r1, r2 } = opened.user;
    const renewed = { ID: credentials.ID, PW: newPassword };
    const user = computeUser(p, renewed, { A: hashCredentials(p, renewed), r1, r2 });
    return { ...card, sequence: nextSequence(card.sequence), ...sealCard(p, user, opened) };
  } finally {
    opened.wipe();
  }
}
