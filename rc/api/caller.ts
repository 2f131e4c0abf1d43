import { RENEWAL_GRACE_MS } from '../../certs/renewal.ts';
import { RefusedError } from '../errors.ts';
import { type KnownCaller, type Membership, standingOf } from '../store/members.ts';
import type { RcStore } from '../store/rc-store.ts';
import { mayCall, type RouteName } from './access.ts';

/**
 * Finds the caller in the registry by the certificate's fingerprint, never by a name in it (PROTOCOL 2.1),
 * and checks that the route is for them. A certificate that has expired is good for its renewal, for a while.
 *
 * @param fingerprint SHA-256 of the certificate whose key the caller has proved to hold; undefined without one
 * @throws RefusedError certificate-required, certificate-unknown, certificate-expired, member-revoked, not-allowed
 */
export async function admitCaller(
  { members, certificates }: Pick<RcStore, 'members' | 'certificates'>,
  route: RouteName,
  fingerprint: Uint8Array | undefined,
  now: number,
): Promise<Membership> {
  if (fingerprint === undefined) {
    throw new RefusedError(
      'certificate-required',
      'this needs a client certificate of the network: join it first',
    );
  }
  const caller = await members.findByCertificate(fingerprint);
  if (caller === undefined) {
    throw new RefusedError(
      'certificate-unknown',
      'the client certificate is not one of this network: join it anew with a token from its operator',
    );
  }
  checkStanding(caller, route, now);
  if (!mayCall(route, standingOf(caller.member))) {
    throw new RefusedError(
      'not-allowed',
      `${caller.member.id} may not do this: ask an operator with the role for it`,
      { by: caller.member },
    );
  }
  if (!caller.used) await certificates.noteFirstUse(fingerprint, now);
  return caller.member;
}

function checkStanding(caller: KnownCaller, route: RouteName, now: number): void {
  if (caller.revoked) {
    throw new RefusedError('member-revoked', `${caller.member.id} was revoked: ask the network's operator`, {
      by: caller.member,
    });
  }
  if (now <= caller.expires) return;
  // Whoever had been switched off can renew. Where a later certificate is in use, nobody was.
  const renewable = now <= caller.expires + RENEWAL_GRACE_MS && !caller.superseded;
  if (route === 'POST /v1/renew' && renewable) return;
  const remedy = renewable
    ? 'it must be renewed first'
    : "ask the network's operator for a token to join anew";
  throw new RefusedError(
    'certificate-expired',
    `the certificate of ${caller.member.id} has expired: ${remedy}`,
    { by: caller.member },
  );
}
