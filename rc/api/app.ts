import type { FastifyRequest } from 'fastify';
import { callerAddress, callerFingerprint } from '../../certs/https-server.ts';
import { REFUSALS, type RefusedError } from '../errors.ts';
import { ACCESS, isRouteName, type RouteName } from './access.ts';
import { addAuditRoutes } from './audit-routes.ts';
import { originFrom, WANTED } from './audited.ts';
import { admitCaller } from './caller.ts';
import { addCardCareRoutes, addCardRoutes } from './card-routes.ts';
import type { RcContext } from './context.ts';
import { addFeedRoutes } from './feed-routes.ts';
import { addHubTrailRoutes } from './hub-trail-routes.ts';
import { addJoinRoutes } from './join-routes.ts';
import { addLimbasiyaRoutes } from './limbasiya-routes.ts';
import { addMemberRoutes } from './member-routes.ts';
import { addOpenApiRoute } from './openapi.ts';
import { addPatientRoutes } from './patient-routes.ts';
import { answerWithProblems, problemOf, sendProblem } from './problems.ts';
import { RATE_LIMITS, RateGate } from './rate-limits.ts';
import { addRegistrationRoutes } from './registration-routes.ts';
import { addRenewRoutes } from './renew-routes.ts';
import { addReportRoutes } from './report-routes.ts';
import { addRotationRoutes } from './rotation-routes.ts';
import { addStatusRoutes } from './status-routes.ts';
import { newZodApp, type ZodApp } from './zod-app.ts';

/**
 * The registration centre's HTTP API: every route of `protocol/rc-api`, each with its place in the table of
 * access. It listens nowhere by itself: `routing` takes what a server has received.
 */
export async function createApp(context: RcContext): Promise<ZodApp> {
  const app = newZodApp((error, reply) => sendProblem(reply, problemOf(error)));
  answerWithProblems(app, context.log, (request, refused) => noteRefusal(context, request, refused));
  checkCallers(app, context);
  addOpenApiRoute(app);
  addJoinRoutes(app, context);
  addRenewRoutes(app, context);
  addRotationRoutes(app, context);
  addRegistrationRoutes(app, context);
  addCardRoutes(app, context);
  addCardCareRoutes(app, context);
  addPatientRoutes(app, context);
  addFeedRoutes(app, context);
  addReportRoutes(app, context);
  addMemberRoutes(app, context);
  addStatusRoutes(app, context);
  addAuditRoutes(app, context);
  addHubTrailRoutes(app, context);
  addLimbasiyaRoutes(app, context);
  await app.ready();
  return app;
}

/** Before anything of a request's body is read, its caller is known, does not call too often, and has the right to the route. */
function checkCallers(app: ZodApp, context: RcContext): void {
  app.addHook('onRoute', (route) => {
    const name = `${String(route.method)} ${route.url}`;
    if (!isRouteName(name)) throw new Error(`${name} is not in the table of access`);
  });
  const gate = new RateGate({ ...RATE_LIMITS, ...context.rateLimits });
  app.addHook('onRequest', async (request) => {
    const { socket } = request.raw;
    const shown = callerFingerprint(socket);
    const known = shown?.trusted === true ? shown.fingerprint : undefined;
    gate.admit({ fingerprint: known, address: callerAddress(socket) }, context.clock.monotonic());
    const route = routeOf(request);
    if (route === undefined || ACCESS[route] === 'anyone') return;
    request.caller = await admitCaller(context.store, route, shown?.fingerprint, context.clock.now());
  });
}

/** Refusals are in the audit trail under what was wanted; malformed requests want nothing. */
async function noteRefusal(
  { store, clock, log }: RcContext,
  request: FastifyRequest,
  refused: RefusedError,
): Promise<void> {
  const route = routeOf(request);
  if (route === undefined || REFUSALS[refused.code] === 400) return;
  const origin = originFrom(request, request.caller ?? refused.by, clock);
  await store.audit.noteRefusal(
    { ...origin, action: WANTED[route], outcome: refused.code, ...refused.about },
    log,
  );
}

/** Undefined where no route fits the request. */
function routeOf(request: Pick<FastifyRequest, 'method' | 'routeOptions'>): RouteName | undefined {
  const name = `${request.method} ${request.routeOptions.url ?? ''}`;
  return isRouteName(name) ? name : undefined;
}
