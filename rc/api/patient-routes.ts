import { toHex } from '../../protocol/bytes.ts';
import { patientsQuery, patientsResponse } from '../../protocol/rc-api/patients.ts';
import { memberOrigin } from './audited.ts';
import { summaryOf } from './card-summary.ts';
import type { RcContext } from './context.ts';
import type { ZodApp } from './zod-app.ts';

/** The patients, for operators: found by name and record number, never listed. */
export function addPatientRoutes(app: ZodApp, { store, clock }: RcContext): void {
  app.get(
    '/v1/patients',
    { schema: { querystring: patientsQuery, response: { 200: patientsResponse } } },
    async (request) => {
      const { find, record, limit } = request.query;
      const found =
        record === undefined
          ? await store.patients.find(find ?? '', limit)
          : await store.patients.withRecord(record, limit);
      await store.audit.note({
        ...memberOrigin(request, clock),
        action: 'patients.found',
        outcome: 'done',
        detail: `patients=${found.patients.length}`,
      });
      const patients = await Promise.all(
        found.patients.map(async ({ id, ...patient }) => ({
          id: toHex(id),
          ...patient,
          cards: (await store.history.cardsOf(id)).map(summaryOf),
        })),
      );
      return { patients, more: found.more };
    },
  );
}
