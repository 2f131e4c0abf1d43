import { concat, equalConstantTime, wipe } from '../bytes.ts';
import { DamagedCardError, type LimbasiyaCard } from '../card-image.ts';
import type { Primitives } from '../crypto/primitives.ts';
import { MalformedError, ProtocolError } from '../errors.ts';
import type { Credentials } from './credentials.ts';
import { h, NONCE_LENGTH, xor } from './hash.ts';
import { decodeList, type ListedHub } from './list.ts';
import { computeUser, hashCredentials, pad, type User } from './user.ts';

/** `E` does not match. Whether it was the identity or the password, nobody can tell. */
export class WrongCredentialsError extends ProtocolError {
  readonly code = 'wrong-credentials';

  constructor() {
    super('the identity or the password is wrong');
  }
}

/** The values on the card, as `card-image.ts` names them. */
export type CardValues = Pick<LimbasiyaCard, 'w' | 'x' | 'y' | 'z' | 'e'>;

/** What the card keeps under its masks. */
export interface CardContent {
  readonly C: Uint8Array;
  readonly USK: Uint8Array;
  /** `encodeList` of the hubs. */
  readonly List: Uint8Array;
}

/** A card whose `E` was right. The identity and the password in `user` stay the caller's. */
export interface OpenedCard extends CardContent {
  readonly user: User;
  readonly hubs: readonly ListedHub[];
  wipe(): void;
}

/** `W, X, Y, Z, E` (PROTOCOL 1.1); with `D = USK ⊕ A`, `Y = B ⊕ D`. */
export function sealCard(p: Primitives, user: User, { C, USK, List }: CardContent): CardValues {
  const { ID, PW, r1, r2, A, B, UID, h_r1_PW } = user;
  return {
    w: xor(concat(r1, r2), A),
    x: xor(h(p, r2, ID), h_r1_PW, C),
    y: xor(B, USK, A),
    z: maskList(p, user, List),
    e: h(p, UID, PW, USK),
  };
}

/** `Z = pad ⊕ List` (PROTOCOL 1.1). */
export function maskList(p: Primitives, user: User, List: Uint8Array): Uint8Array {
  return xor(pad(p, user, List.length), List);
}

/**
 * The check of `E`, which needs nobody but the card, and what then opens (PROTOCOL 1.2).
 * @throws WrongCredentialsError; DamagedCardError when `E` is right and what lies beside it is not.
 */
export function openCard(p: Primitives, card: LimbasiyaCard, credentials: Credentials): OpenedCard {
  const A = hashCredentials(p, credentials);
  const nonces = xor(card.w, A);
  const [r1, r2] = [nonces.slice(0, NONCE_LENGTH), nonces.slice(NONCE_LENGTH)];
  const user = computeUser(p, credentials, { A, r1, r2 });
  const USK = xor(card.y, user.B, A);
  const secrets = [A, nonces, r1, r2, user.B, user.UID, user.h_r1_PW, USK];
  try {
    if (!equalConstantTime(h(p, user.UID, credentials.PW, USK), card.e)) throw new WrongCredentialsError();
    const C = xor(card.x, h(p, r2, credentials.ID), user.h_r1_PW);
    const List = maskList(p, user, card.z);
    secrets.push(C, List);
    const hubs = readList(List);
    secrets.push(...hubs.map(({ SSK }) => SSK));
    return { user, C, USK, List, hubs, wipe: () => wipe(...secrets) };
  } catch (error) {
    wipe(...secrets);
    throw error;
  }
}

function readList(List: Uint8Array): ListedHub[] {
  try {
    return decodeList(List);
  } catch (cause) {
    if (cause instanceof MalformedError) throw new DamagedCardError('its list of hubs is none', { cause });
    throw cause;
  }
}
