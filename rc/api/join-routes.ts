import { createHash } from 'node:crypto';
import {
  CertificateError,
  certificateFingerprint,
  keyFingerprint,
  parseCertificate,
} from '../../certs/certificate.ts';
import { encodeJoinToken } from '../../certs/join-token.ts';
import { concat, fromHex, toHex, wipe } from '../../protocol/bytes.ts';
import {
  hubsResponse,
  type JoinRequest,
  type JoinResponse,
  joinRequest,
  joinResponse,
  type TokenRequest,
  tokenRequest,
  tokenResponse,
} from '../../protocol/rc-api/join.ts';
import { parseAddress } from '../../runtime/address.ts';
import type { AuditOrigin } from '../../runtime/audit/event.ts';
import { RefusedError } from '../errors.ts';
import type { Membership } from '../store/members.ts';
import type { IssuedCertificates, TokenVerdict } from '../store/tokens.ts';
import { memberOrigin, originOf } from './audited.ts';
import type { RcContext } from './context.ts';
import { hubEntries, hubsInFull } from './hub-entries.ts';
import { callerOf, type ZodApp } from './zod-app.ts';

/** How long a join token is good. */
const TOKEN_LIFE_MS = 24 * 60 * 60 * 1000;
const SECRET_BYTES = 16;

/** Tokens, joining, and the list of hubs (DESIGN, setting up). */
export function addJoinRoutes(app: ZodApp, context: RcContext): void {
  const { store, authority, log, clock } = context;

  app.post(
    '/v1/tokens',
    { schema: { body: tokenRequest, response: { 200: tokenResponse } } },
    async (request) => {
      const member = memberToBe(request.body);
      const secret = context.random(SECRET_BYTES);
      const origin = memberOrigin(request, clock);
      const expires = origin.time + TOKEN_LIFE_MS;
      if (!(await store.tokens.mint({ secretHash: sha256(secret), member, expires, origin }))) {
        throw new RefusedError(
          'id-taken',
          `the id ${member.id} is taken, and an id is taken for ever: choose another one`,
        );
      }
      const { fingerprint } = authority.current;
      const rc = context.publicAddress();
      const token = encodeJoinToken({ kind: member.kind, rc, fingerprint, secret, expires });
      wipe(secret);
      log.info('a join token was minted', { kind: member.kind, id: member.id, by: origin.by });
      return { token, expires };
    },
  );

  app.post(
    '/v1/join',
    { schema: { body: joinRequest, response: { 200: joinResponse } } },
    async (request) => {
      const verdict = await redeem(context, request.body, originOf(request, clock));
      if (verdict.outcome !== 'redeemed') throw refuseToken(context, verdict);
      log.info('a member joined', { kind: verdict.member.kind, id: verdict.member.id });
      return joinAnswer(context, verdict.member, verdict.certificates);
    },
  );

  app.get('/v1/hubs', { schema: { response: { 200: hubsResponse } } }, async (request) => ({
    hubs: await (callerOf(request).kind === 'operator' ? hubsInFull(context) : hubEntries(context)),
    authorities: authority.inHex,
  }));
}

/** @throws RefusedError when a hub's address is none */
function memberToBe(request: TokenRequest): Membership {
  if (request.kind !== 'hub') return request;
  try {
    parseAddress(request.address);
  } catch (cause) {
    throw new RefusedError('request-malformed', 'address: HOST:PORT, as in clinic-1.example:8441', { cause });
  }
  return { ...request, location: request.location.normalize('NFC') };
}

async function redeem(
  context: RcContext,
  request: JoinRequest,
  { time: now, from }: AuditOrigin,
): Promise<TokenVerdict> {
  const keys = joinersKeys(request);
  const redemption = {
    secretHash: sha256(fromHex(request.secret)),
    kind: request.kind,
    joiner: sha256(concat(keys.tls, keys.hub ?? new Uint8Array(0))),
    now,
    from,
  };
  const verdict = await context.store.tokens.examine(redemption);
  if (verdict.outcome !== 'good') return verdict;
  const issued = await issue(context, verdict.member, keys, redemption.now);
  return context.store.tokens.redeem(redemption, issued);
}

interface JoinersKeys {
  readonly tls: Uint8Array;
  readonly hub: Uint8Array | undefined;
}

function joinersKeys(request: JoinRequest): JoinersKeys {
  if ((request.kind === 'hub') !== (request.hubKey !== undefined)) {
    throw new RefusedError('request-malformed', 'hubKey: a hub sends one, and nobody else');
  }
  return {
    tls: fromHex(request.tlsKey),
    hub: request.hubKey === undefined ? undefined : fromHex(request.hubKey),
  };
}

/** Certificates that say what the operator wrote into the token; the joiner brings nothing but public keys. */
async function issue(
  { authority: { current } }: RcContext,
  member: Membership,
  keys: JoinersKeys,
  now: number,
) {
  try {
    const tls = await current.issueTls({ id: member.id, role: 'client', publicKeySpki: keys.tls, now });
    const hub =
      member.kind === 'hub' && keys.hub !== undefined
        ? await current.issueHub({
            id: member.id,
            location: member.location,
            address: parseAddress(member.address),
            publicKey: keys.hub,
            now,
          })
        : null;
    const { spki, notAfter: expires } = parseCertificate(tls);
    return { tls, hub, fingerprint: certificateFingerprint(tls), key: keyFingerprint(spki), expires };
  } catch (cause) {
    if (cause instanceof CertificateError) {
      throw new RefusedError('request-malformed', `the joiner's key: ${cause.message}`, { cause });
    }
    throw cause;
  }
}

/** The operator reads why; whoever tried a token is told the same whatever it was. */
function refuseToken({ log }: RcContext, verdict: TokenVerdict): RefusedError {
  if (verdict.outcome === 'refused') {
    log.warn('a join token was refused', { reason: verdict.fault, id: verdict.id });
  }
  return new RefusedError(
    'token-refused',
    "the join token is not good: ask the network's operator for a new one",
    verdict.outcome === 'refused'
      ? { about: { member: verdict.id, detail: `token=${verdict.fault.replaceAll(' ', '-')}` } }
      : {},
  );
}

async function joinAnswer(
  context: RcContext,
  member: Membership,
  certificates: IssuedCertificates,
): Promise<JoinResponse> {
  return {
    kind: member.kind,
    id: member.id,
    ...(member.kind === 'operator' && { role: member.role }),
    tlsCertificate: toHex(certificates.tls),
    authorities: context.authority.inHex,
    ...(member.kind === 'hub' &&
      certificates.hub !== null && {
        hub: {
          certificate: toHex(certificates.hub),
          location: member.location,
          address: member.address,
        },
      }),
    hubs: await hubEntries(context),
  };
}

function sha256(bytes: Uint8Array): Uint8Array {
  return new Uint8Array(createHash('sha256').update(bytes).digest());
}
