import { equalConstantTime, fromHex, toHex, utf8, wipe } from '../../protocol/bytes.ts';
import { AuthenticationError } from '../../protocol/errors.ts';
import { deriveSubject } from '../../protocol/keys.ts';
import { registerCard } from '../../protocol/limbasiya/card-registration.ts';
import { ClockError } from '../../protocol/limbasiya/clock.ts';
import { registerHub } from '../../protocol/limbasiya/hub-registration.ts';
import { encodeList, MAX_LOC } from '../../protocol/limbasiya/list.ts';
import { checkOmega, checkTau } from '../../protocol/limbasiya/updation.ts';
import {
  cardListRequest,
  cardListResponse,
  type HubPatientsResponse,
  hubPatientsRequest,
  hubPatientsResponse,
  hubSecretsRequest,
  hubSecretsResponse,
  type LimbasiyaCardRequest,
  limbasiyaCardRequest,
  limbasiyaCardResponse,
} from '../../protocol/rc-api/limbasiya.ts';
import { RefusedError } from '../errors.ts';
import type { MemberOrigin } from '../store/audit.ts';
import type { CardOnList, NewCardResult } from '../store/limbasiya.ts';
import type { Membership } from '../store/members.ts';
import { memberOrigin } from './audited.ts';
import { patientOf, refusePatient } from './cards-patient.ts';
import type { RcContext } from './context.ts';
import { noteHeard } from './heard.ts';
import { callerId, type ZodApp } from './zod-app.ts';

/** Patients on one page of a hub's list. */
const PAGE_SIZE = 5_000;

/** Registration and updation under limbasiya-2021, as its paper has them (PROTOCOL 1.1, 1.3). */
export function addLimbasiyaRoutes(app: ZodApp, context: RcContext): void {
  const { store, clock, log, primitives } = context;

  app.post(
    '/v1/limbasiya/hub',
    { schema: { body: hubSecretsRequest, response: { 200: hubSecretsResponse } } },
    async (request) => {
      const { p, q } = request.body;
      const hub = callingHub(request);
      checkLocation(hub);
      const SSK = await registerHubOnce(context, memberOrigin(request, clock), fromHex(p), fromHex(q));
      return { ssk: toHex(SSK), ...(await patientsPage(context, memberOrigin(request, clock), 0)) };
    },
  );

  app.post(
    '/v1/limbasiya/hub/patients',
    { schema: { body: hubPatientsRequest, response: { 200: hubPatientsResponse } } },
    async (request) => {
      const hub = callerId(request);
      const { omega, time, after } = request.body;
      const kept = await store.limbasiya.hub(hub);
      if (kept === undefined) {
        throw new RefusedError('hub-not-registered', `${hub} has not registered under limbasiya-2021 yet`);
      }
      checkProof(() => checkOmega(primitives, kept, { omega: fromHex(omega), T: time }, clock.now()));
      await noteHeard(context, hub);
      return patientsPage(context, memberOrigin(request, clock), after);
    },
  );

  app.post(
    '/v1/limbasiya/cards',
    { schema: { body: limbasiyaCardRequest, response: { 200: limbasiyaCardResponse } } },
    async (request) => {
      const origin = memberOrigin(request, clock);
      const { C, D, result } = await registerNewCard(context, origin, request.body);
      const patientId = patientIdOf(result);
      // The patient's earlier card may have been one of the other suite, and is revoked on the feed.
      context.feedSignal.announce();
      log.info('a limbasiya-2021 card was registered', { uid: request.body.uid, by: origin.by });
      return {
        patientId: toHex(patientId),
        c: toHex(C),
        d: toHex(D),
        list: await listOfHubs(context),
      };
    },
  );

  app.post(
    '/v1/limbasiya/cards/list',
    { schema: { body: cardListRequest, response: { 200: cardListResponse } } },
    async (request) => {
      const { uid, tau, time } = request.body;
      const card = await store.limbasiya.card(fromHex(uid));
      // An unknown card, a revoked one and a wrong tau look alike: a UID is to be guessed by nobody.
      if (card === undefined) throw proofRefused();
      checkProof(() => checkTau(primitives, card, { tau: fromHex(tau), T: time }, clock.now()));
      const list = await listOfHubs(context);
      await store.audit.note({
        ...memberOrigin(request, clock),
        action: 'limbasiya.list-read',
        outcome: 'done',
        card: uid,
      });
      return { list };
    },
  );
}

/**
 * `SSK_j` for a hub that registers, or that does so again with the same `P` and `Q`.
 *
 * @throws RefusedError id-taken when its `ID_j` was registered with others
 */
async function registerHubOnce(
  context: RcContext,
  origin: MemberOrigin,
  P: Uint8Array,
  Q: Uint8Array,
): Promise<Uint8Array> {
  const { store, primitives, limbasiyaKey: K_RC, log } = context;
  const { by: ID, time: now } = origin;
  const SSK = registerHub(primitives, { K_RC, P, SRT: now });
  const kept = await store.limbasiya.registerHub({ Q, SSK, SRT: now }, origin);
  // P is not kept, but SSK_j comes out of it.
  const again = registerHub(primitives, { K_RC, P, SRT: kept.SRT });
  if (!equalConstantTime(kept.Q, Q) || !equalConstantTime(kept.SSK, again)) {
    throw new RefusedError(
      'id-taken',
      `${ID} is registered under limbasiya-2021 with other secrets, and an ID_j is taken for ever: restore the hub's keys from a backup, or join with a new id`,
    );
  }
  log.info('a hub registered under limbasiya-2021', { hub: ID });
  return kept.SSK;
}

type HubMember = Extract<Membership, { readonly kind: 'hub' }>;

function callingHub({ caller }: { readonly caller: Membership | null }): HubMember {
  if (caller?.kind !== 'hub') throw new Error('a route for hubs was reached by another');
  return caller;
}

/** `Loc_j` must fit into gamma (PROTOCOL 1.2). @throws RefusedError location-too-long */
function checkLocation({ id, location }: HubMember): void {
  const { length } = utf8(location);
  if (length > MAX_LOC) {
    throw new RefusedError(
      'location-too-long',
      `the location of ${id} has ${length} bytes, and limbasiya-2021 has room for ${MAX_LOC}: join anew with a shorter location`,
    );
  }
}

async function registerNewCard(context: RcContext, origin: MemberOrigin, request: LimbasiyaCardRequest) {
  const { store, primitives, random, limbasiyaKey: K_RC } = context;
  const [UID, A] = [fromHex(request.uid), fromHex(request.a)];
  const { C, D, USK } = registerCard(primitives, { K_RC, UID, A }, random);
  wipe(USK, A);
  const patient = patientOf(request.patient, random);
  const result = await store.limbasiya.registerCard({ UID, C, patient, origin });
  return { C, D, result };
}

function patientIdOf(result: NewCardResult): Uint8Array {
  switch (result.outcome) {
    case 'registered':
      return result.patientId;
    case 'uid taken':
      throw new RefusedError('uid-taken', 'a card has this UID already: register the card anew');
    case 'patient unknown':
    case 'record taken':
    case 'card replaced':
      throw refusePatient(result.outcome);
  }
}

async function listOfHubs({ store }: RcContext): Promise<string> {
  return toHex(encodeList(await store.limbasiya.hubs()));
}

async function patientsPage(
  context: RcContext,
  origin: MemberOrigin,
  after: number,
): Promise<HubPatientsResponse> {
  const { cards, next } = await context.store.limbasiya.cards({ after, limit: PAGE_SIZE });
  await context.store.audit.note({
    ...origin,
    action: 'limbasiya.patients-read',
    outcome: 'done',
    detail: `cards=${cards.length}`,
  });
  return { patients: cards.map((card) => patientAtHub(context, origin.by, card)), next };
}

function patientAtHub({ primitives, masterKeys }: RcContext, hub: string, card: CardOnList) {
  const subject = deriveSubject(primitives, masterKeys.get(0), card.patientId, hub);
  return { uid: toHex(card.UID), c: toHex(card.C), subject: toHex(subject) };
}

/** @throws RefusedError proof-refused; clocks-differ, which only whoever has the right proof is told */
function checkProof(check: () => void): void {
  try {
    check();
  } catch (cause) {
    if (cause instanceof AuthenticationError) throw proofRefused(cause);
    if (!(cause instanceof ClockError)) throw cause;
    throw new RefusedError('clocks-differ', `${cause.message}: set both clocks`, { cause });
  }
}

function proofRefused(cause?: unknown): RefusedError {
  return new RefusedError('proof-refused', 'the proof is not that of a card or hub registered here', {
    cause,
  });
}
