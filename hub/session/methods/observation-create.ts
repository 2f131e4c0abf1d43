import type { Method } from './table.ts';

/** Keeps a measurement; it is on the disk before the answer leaves. */
export const observationCreate: Method<'observation.create'> = ({ records }, session, observation) =>
  records.create(session.patient, observation);
