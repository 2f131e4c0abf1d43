import { type AuditAnchor, type AuditRow, rowHash, TRAIL_START } from '../../runtime/audit/chain.ts';
import { completeEvent, type NewAuditEvent } from '../../runtime/audit/event.ts';

const LOGIN: NewAuditEvent = {
  time: 1_800_000_000_000,
  action: 'patient.login',
  outcome: 'done',
  by: null,
  role: 'patient',
  from: '192.0.2.7',
};

/** So many rows of a hub's trail that continue `after`. @param event what differs in all of them */
export function rowsAfter(
  after: AuditAnchor = TRAIL_START,
  count = 1,
  event: Partial<NewAuditEvent> = {},
): AuditRow[] {
  const rows: AuditRow[] = [];
  let last = after;
  for (let i = 0; i < count; i++) {
    const number = last.number + 1;
    const complete = completeEvent({ ...LOGIN, ...event });
    const row = { ...complete, number, hash: rowHash(last.hash, number, complete) };
    rows.push(row);
    last = row;
  }
  return rows;
}
