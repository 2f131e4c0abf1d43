import type { AuditTrail } from '../../runtime/audit/trail.ts';
import type { Database } from '../../runtime/sqlite.ts';
import type { MemberOrigin } from './audit.ts';
import { revokeCardOf } from './cards.ts';

/** Whose a card is to be: somebody the registry knows, or somebody new. Ids are 16 bytes. */
export type CardsPatient =
  | { readonly existing: Uint8Array }
  | { readonly id: Uint8Array; readonly name: string; readonly record: string | null };

/**
 * Inside a transaction of the caller's, before a card is kept for the patient.
 *
 * @returns the patient's id: of a new one, or of one whose earlier card, of whichever suite, ends now;
 *   undefined when there is none
 */
export function settlePatient(
  { db, trail }: { readonly db: Database; readonly trail: AuditTrail },
  patient: CardsPatient,
  origin: MemberOrigin,
): Uint8Array | undefined {
  if ('existing' in patient) {
    const known = db.prepare('SELECT 1 FROM patients WHERE id = ?').get(patient.existing);
    if (known === undefined) return undefined;
    revokeCardOf({ db, trail }, patient.existing, 'replaced', origin);
    return patient.existing;
  }
  db.prepare('INSERT INTO patients (id, name, record, registered) VALUES (?, ?, ?, ?)').run(
    patient.id,
    patient.name,
    patient.record,
    origin.time,
  );
  return patient.id;
}
