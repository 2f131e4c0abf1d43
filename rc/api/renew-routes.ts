import {
  CertificateError,
  certificateFingerprint,
  keyFingerprint,
  parseCertificate,
} from '../../certs/certificate.ts';
import { isTlsFresh } from '../../certs/renewal.ts';
import { fromHex, toHex } from '../../protocol/bytes.ts';
import {
  type RenewRequest,
  type RenewResponse,
  renewRequest,
  renewResponse,
} from '../../protocol/rc-api/renew.ts';
import { parseAddress } from '../../runtime/address.ts';
import { RefusedError } from '../errors.ts';
import type { MemberOrigin } from '../store/audit.ts';
import type { Membership } from '../store/members.ts';
import { memberOrigin } from './audited.ts';
import type { RcContext } from './context.ts';
import { callerOf, type ZodApp } from './zod-app.ts';

/**
 * New certificates for members (PROTOCOL 2.1, 2.6). Nothing is taken from the caller but public keys.
 *
 * The TLS certificate that a renewed one follows stays good for the rest of its life: a console that is open
 * all day and a folder that comes back from a backup show it still, and what shuts a member out is its
 * revocation, whatever it shows.
 */
export function addRenewRoutes(app: ZodApp, context: RcContext): void {
  app.post(
    '/v1/renew',
    { schema: { body: renewRequest, response: { 200: renewResponse } } },
    async (request): Promise<RenewResponse> => {
      const member = callerOf(request);
      const origin = memberOrigin(request, context.clock);
      const { tlsKey, hubKey } = request.body;
      checkKinds(member, request.body);
      const tls = tlsKey === undefined ? undefined : await renewTls(context, origin, fromHex(tlsKey));
      const hub = hubKey === undefined ? undefined : await issueHub(context, member, origin, fromHex(hubKey));
      const { kind, id } = member;
      context.log.info('certificates were renewed', {
        kind,
        id,
        tls: tls !== undefined,
        hub: hub !== undefined,
      });
      return {
        ...(tls && { tlsCertificate: toHex(tls) }),
        ...(hub && { hubCertificate: toHex(hub) }),
        authorities: context.authority.inHex,
      };
    },
  );
}

function checkKinds(member: Membership, { hubKey }: RenewRequest): void {
  if (hubKey !== undefined && member.kind !== 'hub') {
    throw new RefusedError('request-malformed', 'hubKey: a hub sends one, and nobody else');
  }
}

/** The same key is given the same certificate again, while that is young enough to be of use. */
async function renewTls(context: RcContext, origin: MemberOrigin, spki: Uint8Array): Promise<Uint8Array> {
  const { store } = context;
  const { by: member, time: now } = origin;
  const key = keyFingerprint(spki);
  const certified = await store.certificates.certified(key);
  const isAgain = certified?.member === member && certified.der !== null;
  if (isAgain && isTlsFresh(certified.der, now)) return certified.der;
  const der = await issueTls(context, member, spki, now);
  const fingerprint = certificateFingerprint(der);
  const expires = parseCertificate(der).notAfter;
  const outcome = await store.certificates.renew({ fingerprint, key, expires, der }, origin);
  switch (outcome) {
    case 'renewed':
      return der;
    case 'key-taken':
      throw new RefusedError('key-taken', "the key is another member's: make a new one");
    case 'too-many':
      throw new RefusedError(
        'certificates-too-many',
        `${member} has more certificates than it can use: use the latest, or wait until one has expired`,
      );
  }
}

async function issueTls({ authority }: RcContext, id: string, publicKeySpki: Uint8Array, now: number) {
  try {
    return await authority.current.issueTls({ id, role: 'client', publicKeySpki, now });
  } catch (cause) {
    if (!(cause instanceof CertificateError)) throw cause;
    throw new RefusedError('request-malformed', `tlsKey: ${cause.message}`, { cause });
  }
}

/** Nothing of it is kept but in the audit trail: terminals know a hub by its chain, and the same key may be certified again. */
async function issueHub(
  { authority, store }: RcContext,
  member: Membership,
  origin: MemberOrigin,
  publicKey: Uint8Array,
) {
  if (member.kind !== 'hub') return undefined;
  const { id, location } = member;
  const address = parseAddress(member.address);
  const certificate = await authority.current.issueHub({
    id,
    location,
    address,
    publicKey,
    now: origin.time,
  });
  await store.audit.note({
    ...origin,
    action: 'certificate.renewed',
    outcome: 'done',
    member: id,
    key: toHex(certificateFingerprint(certificate)),
    detail: 'suite=cardea-1',
  });
  return certificate;
}
