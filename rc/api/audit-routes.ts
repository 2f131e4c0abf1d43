import { auditPage, auditQuery, pageOf } from '../../runtime/audit/wire.ts';
import { memberOrigin } from './audited.ts';
import type { RcContext } from './context.ts';
import type { ZodApp } from './zod-app.ts';

/** The audit trail, for auditors. That it was read is in it. */
export function addAuditRoutes(app: ZodApp, { store, clock }: RcContext): void {
  app.get(
    '/v1/audit',
    { schema: { querystring: auditQuery, response: { 200: auditPage } } },
    async (request) => {
      const { query } = request;
      if (query.after === undefined) {
        await store.audit.note({ ...memberOrigin(request, clock), action: 'audit.read', outcome: 'done' });
      }
      return pageOf(query, (asked) => store.audit.list(asked));
    },
  );
}
