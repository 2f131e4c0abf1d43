import type { Database } from '../../runtime/sqlite.ts';
import { foldRecord, indexedWords, searchedWords } from '../search-words.ts';
import { inTransaction } from './transaction.ts';

/** A patient as the registrar noted them. `id` is 16 bytes. */
export interface PatientRecord {
  readonly id: Uint8Array;
  readonly name: string;
  readonly record: string | null;
  readonly registered: number;
}

/** Some of those who were found; `more` where there are others. */
export interface PatientsFound {
  readonly patients: readonly PatientRecord[];
  readonly more: boolean;
}

/** Patients of an earlier registry that are held at once while they are indexed. */
const PAGE_SIZE = 1_000;

const SELECT_PATIENT = `
  SELECT p.id, p.name, p.record, p.registered FROM patient_index i JOIN patients p ON p.id = i.patient`;

/** Finds patients by name and record number, whatever their number. */
export class PatientSearch {
  readonly #db: Database;

  constructor(db: Database) {
    this.#db = db;
  }

  /** Those who have, for each word of `text`, one that begins with it; in the order of their registration. */
  async find(text: string, limit: number): Promise<PatientsFound> {
    const words = searchedWords(text);
    if (words.length === 0) return { patients: [], more: false };
    // A word has letters and digits only: quoted, it means nothing else to FTS5.
    const query = words.map((ways) => `(${ways.map((word) => `"${word}"*`).join(' OR ')})`).join(' AND ');
    const rows = this.#db
      .prepare<[string, number], PatientRecord>(
        `${SELECT_PATIENT} JOIN patient_words w ON w.rowid = i.number
         WHERE patient_words MATCH ? ORDER BY w.rowid LIMIT ?`,
      )
      .all(query, limit + 1);
    return { patients: rows.slice(0, limit), more: rows.length > limit };
  }

  /** Those with this record number, however it is written. */
  async withRecord(record: string, limit: number): Promise<PatientsFound> {
    const folded = foldRecord(record);
    if (folded === '') return { patients: [], more: false };
    const rows = this.#db
      .prepare<[string, number], PatientRecord>(
        `${SELECT_PATIENT} WHERE i.record = ? ORDER BY i.number LIMIT ?`,
      )
      .all(folded, limit + 1);
    return { patients: rows.slice(0, limit), more: rows.length > limit };
  }

  async patient(id: Uint8Array): Promise<PatientRecord | undefined> {
    return this.#db
      .prepare<[Uint8Array], PatientRecord>('SELECT id, name, record, registered FROM patients WHERE id = ?')
      .get(id);
  }
}

/** Inside the transaction that keeps the patient. */
export function indexPatient(db: Database, patient: Pick<PatientRecord, 'id' | 'name' | 'record'>): void {
  const record = foldRecord(patient.record ?? '');
  const { lastInsertRowid } = db
    .prepare('INSERT INTO patient_index (patient, record) VALUES (?, ?)')
    .run(patient.id, record === '' ? null : record);
  db.prepare('INSERT INTO patient_words (rowid, words) VALUES (?, ?)').run(
    lastInsertRowid,
    indexedWords(patient).join(' '),
  );
}

/** Indexes the patients of a registry that is from before there was an index: once, in one transaction. */
export function indexEarlierPatients(db: Database): void {
  const isDone = db.prepare<[], number>('SELECT patients_indexed FROM network').pluck().get();
  if (isDone !== 0) return;
  const page = db.prepare<[Uint8Array], PatientRecord>(
    `SELECT id, name, record, registered FROM patients WHERE id > ? ORDER BY id LIMIT ${PAGE_SIZE}`,
  );
  inTransaction(db, () => {
    let patients = page.all(new Uint8Array(0));
    for (let last = patients.at(-1); last !== undefined; last = patients.at(-1)) {
      for (const patient of patients) indexPatient(db, patient);
      patients = page.all(last.id);
    }
    db.prepare('UPDATE network SET patients_indexed = 1').run();
  });
}
