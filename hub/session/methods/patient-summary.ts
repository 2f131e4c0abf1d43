import type { Method } from './table.ts';

/** The patient's records at this hub, page by page. */
export const patientSummary: Method<'patient.summary'> = ({ records }, session, { after }) =>
  records.summary(session.patient, after);
