import { callerAddress } from '../../certs/https-server.ts';
import type { AuditOrigin } from '../../runtime/audit/event.ts';
import type { Clock } from '../../runtime/clock.ts';
import type { RcAction } from '../audit-actions.ts';
import type { MemberOrigin } from '../store/audit.ts';
import { type Membership, standingOf } from '../store/members.ts';
import type { RouteName } from './access.ts';

/** What whoever calls a route wants to do: under this its refusals are in the audit trail. */
export const WANTED: Readonly<Record<RouteName, RcAction>> = {
  'GET /v1/openapi.json': 'openapi.read',
  'POST /v1/join': 'member.joined',
  'POST /v1/renew': 'certificate.renewed',
  'POST /v1/tokens': 'token.minted',
  'POST /v1/authority/rotate': 'authority.rotated',
  'POST /v1/master-key/rotate': 'master-key.rotated',
  'GET /v1/hubs': 'hubs.listed',
  'GET /v1/members': 'members.listed',
  'POST /v1/members/:id/revoke': 'member.revoked',
  'GET /v1/status': 'status.read',
  'GET /v1/audit': 'audit.read',
  'POST /v1/audit': 'hub-trail.sent',
  'GET /v1/hubs/:id/audit': 'audit.read',
  'POST /v1/registrations': 'registration.begun',
  'PUT /v1/registrations/:id': 'card.registered',
  'GET /v1/cards': 'card.listed',
  'GET /v1/cards/:uid': 'card.shown',
  'GET /v1/cards/:uid/details': 'card.shown',
  'POST /v1/cards/:uid/unlock': 'card.unlocked',
  'GET /v1/patients': 'patients.found',
  'POST /v1/cards/:uid/revoke': 'card.revoked',
  'GET /v1/feed': 'feed.read',
  'GET /v1/feed/cards/:uid': 'feed.card-read',
  'POST /v1/reports': 'reports.sent',
  'POST /v1/limbasiya/hub': 'limbasiya.hub-registered',
  'POST /v1/limbasiya/hub/patients': 'limbasiya.patients-read',
  'POST /v1/limbasiya/cards': 'card.registered',
  'POST /v1/limbasiya/cards/list': 'limbasiya.list-read',
};

interface Request {
  readonly caller: Membership | null;
  readonly raw: { readonly socket: object };
}

/** Where a request comes from, and whom by. */
export function originOf(request: Request, clock: Clock): AuditOrigin {
  return originFrom(request, request.caller, clock);
}

/** The same, on a route that is not for anyone. */
export function memberOrigin(request: Request, clock: Clock): MemberOrigin {
  const { caller } = request;
  if (caller === null) throw new Error('a route for members was reached without one');
  return { ...originFrom(request, caller, clock), by: caller.id };
}

/** @param by where it is known besides the request */
export function originFrom(request: Request, by: Membership | null, clock: Clock): AuditOrigin {
  return {
    time: clock.now(),
    by: by?.id ?? null,
    role: by === null ? null : standingOf(by),
    from: callerAddress(request.raw.socket),
  };
}
