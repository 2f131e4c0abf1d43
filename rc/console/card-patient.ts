import type { RcClient } from '../../certs/rc-client.ts';
import type { PatientFacts } from '../../protocol/pin-policy.ts';
import type { CardSummary, CardsPatientField, PatientNotes } from '../../protocol/rc-api/cards.ts';
import type { PatientSummary } from '../../protocol/rc-api/patients.ts';

/** Whose card is to be made, and what the PIN must not be made of. */
export interface CardFor {
  readonly patient: CardsPatientField;
  readonly facts: PatientFacts;
}

/** For a new patient. `born` goes nowhere but into the check of the PIN. */
export function newPatient(notes: PatientNotes, born: string | undefined, sameRecord: boolean): CardFor {
  return {
    patient: sameRecord ? { ...notes, sameRecord } : notes,
    facts: { ...notes, born },
  };
}

/** For the patient whose card `old` is, which ends with the new one. */
export function replacementFor(
  old: Pick<CardSummary, 'patientId' | 'uid' | 'name' | 'record'>,
  born: string | undefined,
): CardFor {
  return {
    patient: { id: old.patientId, replaces: old.uid },
    facts: { name: old.name, record: old.record ?? undefined, born },
  };
}

/** Whoever has this record number already: the registrar may mean them. */
export async function patientsWithRecord(
  client: Pick<RcClient, 'patients'>,
  record: string | undefined,
): Promise<readonly PatientSummary[]> {
  return record === undefined ? [] : (await client.patients({ record })).patients;
}

/** `YYYY-MM-DD`, a day of the calendar that has been. */
export function isDateOfBirth(text: string, now: number): boolean {
  if (!/^\d{4}-\d{2}-\d{2}$/.test(text)) return false;
  const time = Date.parse(`${text}T00:00:00Z`);
  return time <= now && new Date(time).toISOString().startsWith(text);
}
