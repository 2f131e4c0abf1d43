import { z } from 'zod';
import { memberId } from '../../protocol/rc-api/fields.ts';
import {
  anchorFromWire,
  anchorToWire,
  auditDelivery,
  auditPage,
  auditReceipt,
  DELIVERY_MAX,
  hubAuditQuery,
  pageOf,
  rowFromWire,
} from '../../runtime/audit/wire.ts';
import { TokenBuckets } from '../../runtime/token-bucket.ts';
import { RefusedError } from '../errors.ts';
import { memberOrigin } from './audited.ts';
import type { RcContext } from './context.ts';
import { RATE_LIMITS } from './rate-limits.ts';
import type { ZodApp } from './zod-app.ts';

/** Room for `DELIVERY_MAX` rows. */
const BODY_LIMIT_BYTES = DELIVERY_MAX * 1024;

/** The hubs' own audit trails: hubs tell of them, in order and once; auditors read them. */
export function addHubTrailRoutes(app: ZodApp, { store, clock, log, rateLimits }: RcContext): void {
  const told = new TokenBuckets({ ...RATE_LIMITS, ...rateLimits }.trailRows);

  app.post(
    '/v1/audit',
    { bodyLimit: BODY_LIMIT_BYTES, schema: { body: auditDelivery, response: { 200: auditReceipt } } },
    async (request) => {
      const origin = memberOrigin(request, clock);
      const { by: hub } = origin;
      const { after, rows } = request.body;
      const wait = told.take(hub, clock.monotonic(), rows.length);
      if (wait > 0) {
        throw new RefusedError('requests-too-many', 'too many rows of the audit trail: wait a moment', {
          retryAfterSeconds: Math.ceil(wait / 1_000),
        });
      }
      const delivery = { origin, after: anchorFromWire(after), rows: rows.map(rowFromWire) };
      const taken = await store.hubTrails.take(delivery);
      switch (taken.outcome) {
        case 'broken': {
          const { number } = taken;
          log.warn('ALARM: the audit trail of a hub is not as it was written', { hub, row: number });
          throw new RefusedError('audit-broken', `row ${number} of the trail is not as it was written`, {
            about: { member: hub, detail: `row=${number}` },
          });
        }
        case 'unknown':
          return { kept: false, head: anchorToWire(taken.head) };
        case 'kept':
          if (taken.begunAnew !== null) {
            const words =
              'the audit trail of a hub goes on from an earlier row: it was restored, or somebody wrote its trail anew';
            log.warn(words, { hub, row: taken.begunAnew.first });
          }
          return { kept: true, head: anchorToWire(taken.head) };
      }
    },
  );

  app.get(
    '/v1/hubs/:id/audit',
    {
      schema: {
        params: z.object({ id: memberId }),
        querystring: hubAuditQuery,
        response: { 200: auditPage },
      },
    },
    async (request) => {
      const { id } = request.params;
      const { branch, ...query } = request.query;
      const hubs = await store.members.hubs(clock.now());
      if (!hubs.some((hub) => hub.id === id))
        throw new RefusedError('member-unknown', `there is no hub ${id}`);
      if (branch !== undefined && !(await store.hubTrails.hasBranch(id, branch))) {
        throw new RefusedError('member-unknown', `the trail of ${id} was not begun anew so often`);
      }
      if (query.after === undefined) {
        const event = {
          ...memberOrigin(request, clock),
          action: 'audit.read',
          outcome: 'done',
          member: id,
        } as const;
        await store.audit.note(event);
      }
      return pageOf(query, (asked) => store.hubTrails.list(id, asked, branch));
    },
  );
}
