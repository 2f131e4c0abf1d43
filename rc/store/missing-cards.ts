import { toHex } from '../../protocol/bytes.ts';
import { SUITE } from '../../protocol/constants.ts';
import type { AuditTrail } from '../../runtime/audit/trail.ts';
import type { Database } from '../../runtime/sqlite.ts';
import type { MemberOrigin, RcAuditEvent } from './audit.ts';
import { nextCardNumber } from './card-number.ts';
import { indexPatient } from './patient-search.ts';
import { nextSequence } from './sequence.ts';

// Cards that hubs let in and a restored registry has never heard of: registered after the backup.

/** A card of cardea-1 that a hub holds. */
export interface HeldByHub {
  /** 16 bytes. */
  readonly uid: Uint8Array;
  readonly pinVersion: number;
  readonly revoked: boolean;
}

/** More are not kept: nobody registers so many between two backups, and a hub may lie. */
export const MISSING_MAX = 100_000;
/** What a card is called whose patient was not in the backup. */
const UNKNOWN_PATIENT = 'registered after the backup';

interface Writer {
  readonly db: Database;
  readonly trail: AuditTrail;
}

export function restoredAt(db: Database): number | null {
  return db.prepare<[], number | null>('SELECT restored FROM network').pluck().get() ?? null;
}

/**
 * Inside a transaction of the caller's: notes a card that a hub holds and the registry does not know.
 *
 * @returns whether it is noted now for the first time
 */
export function noteMissing({ db, trail }: Writer, card: HeldByHub, origin: MemberOrigin): boolean {
  const count = db.prepare<[], number>('SELECT count(*) FROM missing_cards').pluck().get() ?? 0;
  if (count >= MISSING_MAX) return false;
  const { changes } = db
    .prepare(
      'INSERT INTO missing_cards (uid, pin_version, hub, since) VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING',
    )
    .run(card.uid, card.pinVersion, origin.by, origin.time);
  if (changes === 0) return false;
  trail.append({
    ...origin,
    action: 'card.missing',
    outcome: 'done',
    card: toHex(card.uid),
  } satisfies RcAuditEvent);
  return true;
}

export function isMissing(db: Database, uid: Uint8Array): boolean {
  return db.prepare('SELECT 1 FROM missing_cards WHERE uid = ?').get(uid) !== undefined;
}

/**
 * Inside a transaction of the caller's: enters a card that is missing, so that it can be revoked. Nothing is known
 * of it but its UID: it is good for nothing else.
 *
 * @returns its number
 */
export function adoptMissing({ db }: Writer, uid: Uint8Array, { by, time }: MemberOrigin): number {
  const number = nextCardNumber(db);
  const patient = { id: uid, name: UNKNOWN_PATIENT, record: null };
  db.prepare('INSERT INTO patients (id, name, record, registered) VALUES (@id, @name, @record, @time)').run({
    ...patient,
    time,
  });
  indexPatient(db, patient);
  db.prepare(
    `INSERT INTO cards (number, uid, sequence, suite, key_id, patient, cs, rs, pin_version, epoch,
       registered, registered_by, registration, completion)
     VALUES (@number, @uid, @sequence, @suite, 0, @patient, zeroblob(32), NULL, 1, 0,
       @time, @by, @patient, zeroblob(32))`,
  ).run({ number, uid, sequence: nextSequence(db), suite: SUITE.cardea1, patient: uid, time, by });
  db.prepare('DELETE FROM missing_cards WHERE uid = ?').run(uid);
  return number;
}
