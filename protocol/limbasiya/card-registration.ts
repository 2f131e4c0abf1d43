import type { Random } from '../bytes.ts';
import type { LimbasiyaCard } from '../card-image.ts';
import { FIRST_SEQUENCE, SUITE } from '../constants.ts';
import type { Primitives } from '../crypto/primitives.ts';
import { sealCard } from './card.ts';
import type { Credentials } from './credentials.ts';
import { HASH_LENGTH, h, NONCE_LENGTH, xor } from './hash.ts';
import { computeUser, hashCredentials, type User } from './user.ts';

/** User → RC: `UID, A` of what comes back; the rest stays with the user (PROTOCOL 1.1). Draws `r1`, `r2`. */
export function requestCardRegistration(p: Primitives, credentials: Credentials, random: Random): User {
  const A = hashCredentials(p, credentials);
  return computeUser(p, credentials, { A, r1: random(NONCE_LENGTH), r2: random(NONCE_LENGTH) });
}

/** What the RC makes for a card. It sends `C` and `D`, keeps `UID` and `C`, and forgets `USK` and `r3`. */
export interface RegisteredCard {
  readonly USK: Uint8Array;
  readonly C: Uint8Array;
  readonly D: Uint8Array;
}

/** RC → user (PROTOCOL 1.1). Draws `r3`. That `UID` is not taken is for the RC's records to say. */
export function registerCard(
  p: Primitives,
  { K_RC, UID, A }: { readonly K_RC: Uint8Array; readonly UID: Uint8Array; readonly A: Uint8Array },
  random: Random,
): RegisteredCard {
  const r3 = random(HASH_LENGTH);
  const USK = h(p, UID, K_RC, r3);
  const C = xor(h(p, K_RC, r3, A), h(p, UID, A), USK);
  return { USK, C, D: xor(USK, A) };
}

/** The card, from what the RC sent (PROTOCOL 1.1). `List` is `encodeList` of the hubs. */
export function makeCard(
  p: Primitives,
  user: User,
  from: { readonly keyId: number; readonly C: Uint8Array; readonly D: Uint8Array; readonly List: Uint8Array },
): LimbasiyaCard {
  const { keyId, C, D, List } = from;
  const values = sealCard(p, user, { C, USK: xor(D, user.A), List });
  return { suite: SUITE.limbasiya2021, keyId, sequence: FIRST_SEQUENCE, ...values };
}
