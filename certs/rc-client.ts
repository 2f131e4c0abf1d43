import type { z } from 'zod';
import {
  type CardSummary,
  type CardsQuery,
  type CardsResponse,
  cardSummary,
  cardsResponse,
  type RegistrationCompletion,
  type RegistrationRequest,
  type RegistrationResponse,
  type RevokeRequest,
  registrationResponse,
} from '../protocol/rc-api/cards.ts';
import { COMPACT_FEED } from '../protocol/rc-api/compact-feed.ts';
import { CompactPage } from '../protocol/rc-api/compact-page.ts';
import {
  type FeedCard,
  type FeedPage,
  type FeedQuery,
  feedCard,
  feedPage,
  type ReportsRequest,
  type ReportsResponse,
  reportsResponse,
} from '../protocol/rc-api/feed.ts';
import {
  type HubsResponse,
  hubsResponse,
  type JoinRequest,
  type JoinResponse,
  joinResponse,
  type TokenRequest,
  type TokenResponse,
  tokenResponse,
} from '../protocol/rc-api/join.ts';
import {
  type CardListRequest,
  type CardListResponse,
  cardListResponse,
  type HubPatientsRequest,
  type HubPatientsResponse,
  type HubSecretsRequest,
  type HubSecretsResponse,
  hubPatientsResponse,
  hubSecretsResponse,
  type LimbasiyaCardRequest,
  type LimbasiyaCardResponse,
  limbasiyaCardResponse,
} from '../protocol/rc-api/limbasiya.ts';
import {
  type MemberRevocation,
  type MemberRevoked,
  type MembersQuery,
  type MembersResponse,
  memberRevoked,
  membersResponse,
} from '../protocol/rc-api/members.ts';
import {
  type CardDetails,
  cardDetails,
  type PatientsQuery,
  type PatientsResponse,
  patientsResponse,
} from '../protocol/rc-api/patients.ts';
import { type RenewRequest, type RenewResponse, renewResponse } from '../protocol/rc-api/renew.ts';
import {
  type AuthorityRotated,
  type AuthorityRotation,
  authorityRotated,
  type MasterKeyRotated,
  type MasterKeyRotation,
  masterKeyRotated,
} from '../protocol/rc-api/rotate.ts';
import { type StatusResponse, statusResponse } from '../protocol/rc-api/status.ts';
import {
  type AuditDelivery,
  type AuditPage,
  type AuditReceipt,
  type AuditWireQuery,
  auditPage,
  auditReceipt,
  type HubAuditWireQuery,
} from '../runtime/audit/wire.ts';
import type { Address } from '../runtime/network.ts';
import type { Surroundings } from '../runtime/surroundings.ts';
import { HttpsClient, type HttpsClientOptions, type HttpsRequest } from './https-client.ts';
import { notUnderstood, understood } from './rc-answers.ts';
import type { TlsIdentity } from './tls-identity.ts';

/** What is added to a long poll's wait until its answer must be there. */
const POLL_MARGIN_MS = 15_000;

/**
 * The RC's API, as protocol/rc-api has it, for everybody who calls it.
 *
 * Every method throws RcUnreachableError, RcUntrustedError, RcRefusedError, RcAnswerError, and once the
 * client has been closed RcClientClosedError.
 */
export class RcClient {
  readonly #https: HttpsClient;

  /** @param options.identity without a key, only `join` will be heard */
  constructor(options: {
    readonly surroundings: Pick<Surroundings, 'clock' | 'network'>;
    readonly rc: Address;
    readonly identity: HttpsClientOptions['identity'];
    readonly onOtherAuthority?: HttpsClientOptions['onOtherAuthority'];
  }) {
    const { surroundings, rc: address, identity, onOtherAuthority } = options;
    this.#https = new HttpsClient({ surroundings, address, identity, onOtherAuthority });
  }

  join(request: JoinRequest): Promise<JoinResponse> {
    return this.#call(joinResponse, { method: 'POST', path: '/v1/join', body: request });
  }

  /** May be repeated after a lost answer: the same keys are answered alike (PROTOCOL 2.6). Aborting `signal` ends it with its reason. */
  renew(request: RenewRequest, signal?: AbortSignal): Promise<RenewResponse> {
    return this.#call(renewResponse, { method: 'POST', path: '/v1/renew', body: request, signal });
  }

  /** Calls as `identity`, a renewed one, from the next request on; those under way end as what they began. */
  useIdentity(identity: TlsIdentity): void {
    this.#https.useIdentity(identity);
  }

  /** Cuts a hub, a terminal or an operator off for ever. */
  revokeMember(id: string, kind: MemberRevocation['kind']): Promise<MemberRevoked> {
    const path = `/v1/members/${encodeURIComponent(id)}/revoke`;
    return this.#call(memberRevoked, { method: 'POST', path, body: { kind } satisfies MemberRevocation });
  }

  mintToken(request: TokenRequest): Promise<TokenResponse> {
    return this.#call(tokenResponse, { method: 'POST', path: '/v1/tokens', body: request });
  }

  /** May be repeated after a lost answer: it rotates once (`replaces`). */
  rotateAuthority(request: AuthorityRotation): Promise<AuthorityRotated> {
    return this.#call(authorityRotated, { method: 'POST', path: '/v1/authority/rotate', body: request });
  }

  /** The same of the master key. */
  rotateMasterKey(request: MasterKeyRotation): Promise<MasterKeyRotated> {
    return this.#call(masterKeyRotated, { method: 'POST', path: '/v1/master-key/rotate', body: request });
  }

  members(query: MembersQuery = {}): Promise<MembersResponse> {
    return this.#call(membersResponse, { method: 'GET', path: `/v1/members${queryText(query)}` });
  }

  hubs(): Promise<HubsResponse> {
    return this.#call(hubsResponse, { method: 'GET', path: '/v1/hubs' });
  }

  beginRegistration(request: RegistrationRequest): Promise<RegistrationResponse> {
    return this.#call(registrationResponse, { method: 'POST', path: '/v1/registrations', body: request });
  }

  /** May be repeated after a lost answer: the same completion is answered alike (PROTOCOL 2.4). */
  completeRegistration(registrationId: string, completion: RegistrationCompletion): Promise<CardSummary> {
    const path = `/v1/registrations/${encodeURIComponent(registrationId)}`;
    return this.#call(cardSummary, { method: 'PUT', path, body: completion });
  }

  cards(query: CardsQuery = {}): Promise<CardsResponse> {
    return this.#call(cardsResponse, { method: 'GET', path: `/v1/cards${queryText(query)}` });
  }

  card(uid: string): Promise<CardSummary> {
    return this.#call(cardSummary, { method: 'GET', path: `/v1/cards/${encodeURIComponent(uid)}` });
  }

  revokeCard(uid: string, reason: RevokeRequest['reason']): Promise<CardSummary> {
    const path = `/v1/cards/${encodeURIComponent(uid)}/revoke`;
    return this.#call(cardSummary, { method: 'POST', path, body: { reason } satisfies RevokeRequest });
  }

  /** Lifts its locks everywhere and has its tries counted anew. May be repeated after a lost answer. */
  unlockCard(uid: string): Promise<CardSummary> {
    return this.#call(cardSummary, { method: 'POST', path: `/v1/cards/${encodeURIComponent(uid)}/unlock` });
  }

  /** A card with its history, its hubs, and the patient's other cards. */
  cardDetails(uid: string): Promise<CardDetails> {
    return this.#call(cardDetails, { method: 'GET', path: `/v1/cards/${encodeURIComponent(uid)}/details` });
  }

  patients(query: PatientsQuery): Promise<PatientsResponse> {
    return this.#call(patientsResponse, { method: 'GET', path: `/v1/patients${queryText(query)}` });
  }

  /** A page of the feed, waiting up to `query.wait` seconds for one. Aborting `signal` ends the wait with its reason. */
  feed(query: FeedQuery, signal?: AbortSignal): Promise<FeedPage> {
    return this.#call(feedPage, { ...feedRequest(query), signal });
  }

  /** The same, in bytes where the RC has them so: at a tenth of the cost. */
  async feedInBytes(query: FeedQuery, signal?: AbortSignal): Promise<FeedPage | CompactPage> {
    const request = { ...feedRequest(query), inBytes: COMPACT_FEED, signal };
    const answer = await this.#https.request(request);
    if (answer.status !== 200 || !(answer.body instanceof Uint8Array)) {
      return understood(feedPage, request, answer);
    }
    try {
      return new CompactPage(answer.body);
    } catch (cause) {
      throw notUnderstood(request.path, cause);
    }
  }

  feedCard(uid: string): Promise<FeedCard> {
    return this.#call(feedCard, { method: 'GET', path: `/v1/feed/cards/${encodeURIComponent(uid)}` });
  }

  report(reports: ReportsRequest): Promise<ReportsResponse> {
    return this.#call(reportsResponse, { method: 'POST', path: '/v1/reports', body: reports });
  }

  /** Registers the calling hub under limbasiya-2021; may be repeated after a lost answer (PROTOCOL 1.1). */
  registerHubSecrets(request: HubSecretsRequest): Promise<HubSecretsResponse> {
    return this.#call(hubSecretsResponse, { method: 'POST', path: '/v1/limbasiya/hub', body: request });
  }

  /** A page of the list of `(UID_i, C_i)` (PROTOCOL 1.3). */
  hubPatients(request: HubPatientsRequest): Promise<HubPatientsResponse> {
    const path = '/v1/limbasiya/hub/patients';
    return this.#call(hubPatientsResponse, { method: 'POST', path, body: request });
  }

  /**
   * Registers a limbasiya-2021 card (PROTOCOL 1.1). After a lost answer the `UID` is taken, and what was in
   * the answer is gone: register with a new one.
   */
  registerLimbasiyaCard(request: LimbasiyaCardRequest): Promise<LimbasiyaCardResponse> {
    const path = '/v1/limbasiya/cards';
    return this.#call(limbasiyaCardResponse, { method: 'POST', path, body: request });
  }

  /** The list of hubs as it is now, for a limbasiya-2021 card (PROTOCOL 1.3). */
  cardList(request: CardListRequest): Promise<CardListResponse> {
    return this.#call(cardListResponse, { method: 'POST', path: '/v1/limbasiya/cards/list', body: request });
  }

  status(): Promise<StatusResponse> {
    return this.#call(statusResponse, { method: 'GET', path: '/v1/status' });
  }

  audit(query: AuditWireQuery = {}): Promise<AuditPage> {
    return this.#call(auditPage, { method: 'GET', path: `/v1/audit${queryText(query)}` });
  }

  /** Rows of the calling hub's own trail; the same may be told of again after a lost answer. */
  tellAudit(delivery: AuditDelivery): Promise<AuditReceipt> {
    return this.#call(auditReceipt, { method: 'POST', path: '/v1/audit', body: delivery });
  }

  /** A hub's trail, as far as it has told of it. */
  hubAudit(hub: string, query: HubAuditWireQuery = {}): Promise<AuditPage> {
    const path = `/v1/hubs/${encodeURIComponent(hub)}/audit${queryText(query)}`;
    return this.#call(auditPage, { method: 'GET', path });
  }

  /** Cuts every connection; whoever waits is told `rc-client-closed`. */
  close(): void {
    this.#https.close();
  }

  async #call<T>(schema: z.ZodType<T>, request: HttpsRequest): Promise<T> {
    return understood(schema, request, await this.#https.request(request));
  }
}

function feedRequest(query: FeedQuery) {
  const timeoutMs = Number(query.wait ?? 0) * 1000 + POLL_MARGIN_MS;
  return { method: 'GET', path: `/v1/feed${queryText(query)}`, timeoutMs } as const;
}

function queryText(
  query: CardsQuery | FeedQuery | MembersQuery | PatientsQuery | AuditWireQuery | HubAuditWireQuery,
): string {
  const search = new URLSearchParams();
  for (const [name, value] of Object.entries(query)) {
    if (value !== undefined) search.set(name, String(value));
  }
  return search.size === 0 ? '' : `?${search}`;
}
