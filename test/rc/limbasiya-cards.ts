import type { RcClient } from '../../certs/rc-client.ts';
import { fromHex, toHex } from '../../protocol/bytes.ts';
import type { LimbasiyaCard } from '../../protocol/card-image.ts';
import { noble } from '../../protocol/crypto/noble.ts';
import { openCard } from '../../protocol/limbasiya/card.ts';
import { makeCard, requestCardRegistration } from '../../protocol/limbasiya/card-registration.ts';
import { parseCredentials } from '../../protocol/limbasiya/credentials.ts';
import { requestHubRegistration } from '../../protocol/limbasiya/hub-registration.ts';
import type { ListedHub } from '../../protocol/limbasiya/list.ts';
import { computeOmega, computeTau, type HubIdentity } from '../../protocol/limbasiya/updation.ts';
import type { HubSecretsRequest, LimbasiyaCardRequest } from '../../protocol/rc-api/limbasiya.ts';
import { systemRandom } from '../../runtime/random.ts';
import { NAMESAKE } from './registering.ts';

/** A limbasiya-2021 card in a patient's hand, and what opens out of it. */
export interface IssuedCard {
  readonly uid: string;
  readonly patientId: string;
  readonly card: LimbasiyaCard;
  readonly UID: Uint8Array;
  readonly C: Uint8Array;
  readonly hubs: readonly ListedHub[];
}

const CREDENTIALS = parseCredentials('asha', 'correct horse');

/** What a console asks for a card with, and what it keeps to itself. */
export function cardRequest(patient: LimbasiyaCardRequest['patient'] = NAMESAKE) {
  const user = requestCardRegistration(noble, CREDENTIALS, systemRandom);
  return { user, request: { uid: toHex(user.UID), a: toHex(user.A), patient } };
}

/** Registers a card and makes it, as a console does; opens it, as a terminal does. */
export async function registerLimbasiyaCard(
  client: RcClient,
  patient?: LimbasiyaCardRequest['patient'],
): Promise<IssuedCard> {
  const { user, request } = cardRequest(patient);
  const { c, d, list, patientId } = await client.registerLimbasiyaCard(request);
  const [C, D, List] = [fromHex(c), fromHex(d), fromHex(list)];
  const card = makeCard(noble, user, { keyId: 0, C, D, List });
  const opened = openCard(noble, card, CREDENTIALS);
  return {
    uid: request.uid,
    patientId,
    card,
    UID: opened.user.UID.slice(),
    C: opened.C.slice(),
    hubs: opened.hubs,
  };
}

/** A hub's `P` and `Q`, of secrets of its own. */
export function hubRequest(ID: string): HubSecretsRequest {
  const { P, Q } = requestHubRegistration(noble, { ID, PW: systemRandom(32), r_S: systemRandom(16) });
  return { p: toHex(P), q: toHex(Q) };
}

/** Registers the hub whose client that is. */
export async function registerHubSecrets(client: RcClient, ID: string): Promise<HubIdentity> {
  const request = hubRequest(ID);
  const { ssk } = await client.registerHubSecrets(request);
  return { Q: fromHex(request.q), SSK: fromHex(ssk) };
}

export function omegaAt(hub: HubIdentity, time: number) {
  return { omega: toHex(computeOmega(noble, hub, time)), time };
}

export function tauAt({ UID, C }: Pick<IssuedCard, 'UID' | 'C'>, time: number) {
  return { uid: toHex(UID), tau: toHex(computeTau(noble, { UID, C }, time)), time };
}
