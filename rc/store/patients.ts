import type { AuditTrail } from '../../runtime/audit/trail.ts';
import type { Database } from '../../runtime/sqlite.ts';
import { foldRecord } from '../search-words.ts';
import type { MemberOrigin } from './audit.ts';
import { revokeCardOf } from './cards.ts';
import { indexPatient } from './patient-search.ts';

/** Whose a card is to be: somebody the registry knows, or somebody new. Ids are 16 bytes. */
export type CardsPatient =
  | {
      readonly existing: Uint8Array;
      /** The card that ends with this, by its UID: it must be the patient's latest. */
      readonly replaces?: Uint8Array | undefined;
    }
  | {
      readonly id: Uint8Array;
      readonly name: string;
      readonly record: string | null;
      /** Another patient may have this record number already. */
      readonly sameRecord?: boolean | undefined;
    };

/** Why a card cannot be this patient's. */
export type PatientFault = 'patient unknown' | 'record taken' | 'card replaced';

/**
 * Inside a transaction of the caller's, before a card is kept for the patient.
 *
 * @returns the patient's id: of a new one, or of one whose earlier card, of whichever suite, ends now; or why
 *   there is to be no card
 */
export function settlePatient(
  store: { readonly db: Database; readonly trail: AuditTrail },
  patient: CardsPatient,
  origin: MemberOrigin,
): Uint8Array | PatientFault {
  const { db } = store;
  if ('existing' in patient) return settleKnown(store, patient.existing, patient.replaces, origin);
  if (!patient.sameRecord && patient.record !== null && isRecordTaken(db, patient.record)) {
    return 'record taken';
  }
  db.prepare('INSERT INTO patients (id, name, record, registered) VALUES (?, ?, ?, ?)').run(
    patient.id,
    patient.name,
    patient.record,
    origin.time,
  );
  indexPatient(db, patient);
  return patient.id;
}

function settleKnown(
  { db, trail }: { readonly db: Database; readonly trail: AuditTrail },
  patient: Uint8Array,
  replaces: Uint8Array | undefined,
  origin: MemberOrigin,
): Uint8Array | PatientFault {
  if (db.prepare('SELECT 1 FROM patients WHERE id = ?').get(patient) === undefined) return 'patient unknown';
  if (replaces !== undefined && !isLatestCard(db, patient, replaces)) return 'card replaced';
  revokeCardOf({ db, trail }, patient, 'replaced', origin);
  return patient;
}

function isLatestCard(db: Database, patient: Uint8Array, uid: Uint8Array): boolean {
  const latest = db
    .prepare<[Uint8Array], Uint8Array>(
      'SELECT uid FROM every_card WHERE patient = ? ORDER BY number DESC LIMIT 1',
    )
    .pluck()
    .get(patient);
  return latest !== undefined && Buffer.compare(latest, uid) === 0;
}

function isRecordTaken(db: Database, record: string): boolean {
  const folded = foldRecord(record);
  const isTaken = db.prepare('SELECT 1 FROM patient_index WHERE record = ? LIMIT 1');
  return folded !== '' && isTaken.get(folded) !== undefined;
}
