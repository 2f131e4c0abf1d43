import type { Method } from './table.ts';

/** Checks the patient in, once a day. */
export const encounterCheckIn: Method<'encounter.checkIn'> = ({ records }, session) =>
  records.checkIn(session.patient);
