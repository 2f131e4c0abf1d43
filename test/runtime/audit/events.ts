import SqliteDatabase from 'better-sqlite3';
import type { NewAuditEvent } from '../../../runtime/audit/event.ts';
import { AUDIT_TABLE, AuditTrail } from '../../../runtime/audit/trail.ts';

export const NOW = Date.UTC(2027, 0, 15, 8);

export function event(change: Partial<NewAuditEvent> = {}): NewAuditEvent {
  return {
    time: NOW,
    by: 'desk-1',
    role: 'registrar',
    from: '192.0.2.7',
    action: 'card.revoked',
    outcome: 'done',
    card: '0123456789abcdef0123456789abcdef',
    ...change,
  };
}

/** A trail of `count` rows in memory; row n was written n seconds after `NOW`. */
export function trailOf(count: number) {
  const db = new SqliteDatabase(':memory:');
  db.exec(AUDIT_TABLE);
  const trail = new AuditTrail(db);
  const append = (change: Partial<NewAuditEvent> = {}) => db.transaction(() => trail.append(event(change)))();
  for (let number = 1; number <= count; number++) append({ time: NOW + number * 1_000 });
  return { db, trail, append, rows: () => trail.list({ limit: 1_000_000 }) };
}
