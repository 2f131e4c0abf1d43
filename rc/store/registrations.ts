import { equalConstantTime, toHex } from '../../protocol/bytes.ts';
import type { AuditTrail } from '../../runtime/audit/trail.ts';
import type { GroupCommit } from '../../runtime/group-commit.ts';
import type { Database } from '../../runtime/sqlite.ts';
import type { MemberOrigin, RcAuditEvent } from './audit.ts';
import { nextCardNumber } from './card-number.ts';
import { type CardRecord, findCard } from './cards.ts';
import { checkMember } from './check-member.ts';
import { type CardsPatient, type PatientFault, settlePatient } from './patients.ts';
import { nextSequence } from './sequence.ts';

/** How long a registration that was begun may be completed: 10 minutes (PROTOCOL 2.4). */
export const REGISTRATION_LIFE_MS = 10 * 60 * 1000;

/** Step 1 of a registration; `id` and `uid` are 16 bytes. */
export interface PendingRegistration {
  readonly id: Uint8Array;
  readonly uid: Uint8Array;
  readonly keyId: number;
}

/** Step 3. */
export interface Completion {
  readonly registrationId: Uint8Array;
  /** The operator, and when. */
  readonly origin: MemberOrigin;
  /** SHA-256 over everything that the console sent: tells the same step again from another one. */
  readonly digest: Uint8Array;
  readonly suite: number;
  readonly cs: Uint8Array;
  readonly rs: Uint8Array | null;
  readonly patient: CardsPatient;
}

/** How a completion ended; `unknown` also for another operator's, and for one begun too long ago. */
export type CompletionResult =
  | { readonly outcome: 'registered'; readonly card: CardRecord }
  | { readonly outcome: 'repeated'; readonly card: CardRecord }
  | { readonly outcome: 'unknown' | 'conflict' | PatientFault };

interface EarlierCompletion {
  readonly uid: Uint8Array;
  readonly registeredBy: string;
  readonly digest: Uint8Array;
}

/** Registrations under way, and the act that makes one of them a card (PROTOCOL 2.4). */
export class Registrations {
  readonly #db: Database;
  readonly #group: GroupCommit;
  readonly #trail: AuditTrail;

  constructor(db: Database, group: GroupCommit, trail: AuditTrail) {
    this.#db = db;
    this.#group = group;
    this.#trail = trail;
  }

  /** Keeps a pending registration of the operator's, and forgets those whose time is over. */
  begin(pending: PendingRegistration, origin: MemberOrigin): Promise<void> {
    const { by: operator, time: begun } = origin;
    return this.#group.write(() => {
      checkMember(this.#db, origin);
      this.#db.prepare('DELETE FROM registrations WHERE begun <= ?').run(begun - REGISTRATION_LIFE_MS);
      this.#db
        .prepare('INSERT INTO registrations (id, operator, uid, key_id, begun) VALUES (?, ?, ?, ?, ?)')
        .run(pending.id, operator, pending.uid, pending.keyId, begun);
      this.#trail.append({
        ...origin,
        action: 'registration.begun',
        outcome: 'done',
        card: toHex(pending.uid),
      } satisfies RcAuditEvent);
    });
  }

  /**
   * Registers the card, ends the patient's earlier one, and puts both on the feed: all of it or nothing. The
   * same step again is answered alike, however much later.
   */
  complete(completion: Completion): Promise<CompletionResult> {
    return this.#group.write(() => {
      checkMember(this.#db, completion.origin);
      return this.#repeat(completion) ?? this.#register(completion);
    });
  }

  #repeat(completion: Completion): CompletionResult | undefined {
    const earlier = this.#db
      .prepare<[Uint8Array], EarlierCompletion>(
        `SELECT uid, registered_by AS registeredBy, completion AS digest FROM cards WHERE registration = ?`,
      )
      .get(completion.registrationId);
    if (earlier === undefined) return undefined;
    if (earlier.registeredBy !== completion.origin.by) return { outcome: 'unknown' };
    const card = findCard(this.#db, earlier.uid);
    return card !== undefined && equalConstantTime(earlier.digest, completion.digest)
      ? { outcome: 'repeated', card }
      : { outcome: 'conflict' };
  }

  #register(completion: Completion): CompletionResult {
    const { by: operator, time: now } = completion.origin;
    const pending = this.#db
      .prepare<[Uint8Array, string, number], PendingRegistration>(
        `SELECT id, uid, key_id AS keyId FROM registrations WHERE id = ? AND operator = ? AND begun > ?`,
      )
      .get(completion.registrationId, operator, now - REGISTRATION_LIFE_MS);
    if (pending === undefined) return { outcome: 'unknown' };
    const patient = settlePatient(
      { db: this.#db, trail: this.#trail },
      completion.patient,
      completion.origin,
    );
    if (typeof patient === 'string') return { outcome: patient };

    this.#db
      .prepare(
        `INSERT INTO cards (number, uid, sequence, suite, key_id, patient, cs, rs, pin_version, epoch,
           registered, registered_by, registration, completion)
         VALUES (@number, @uid, @sequence, @suite, @keyId, @patient, @cs, @rs, 1, 0,
           @now, @operator, @registrationId, @digest)`,
      )
      .run({
        number: nextCardNumber(this.#db),
        uid: pending.uid,
        sequence: nextSequence(this.#db),
        suite: completion.suite,
        keyId: pending.keyId,
        patient,
        cs: completion.cs,
        rs: completion.rs,
        now,
        operator,
        registrationId: completion.registrationId,
        digest: completion.digest,
      });
    this.#db.prepare('DELETE FROM registrations WHERE id = ?').run(pending.id);
    this.#trail.append({
      ...completion.origin,
      action: 'card.registered',
      outcome: 'done',
      card: toHex(pending.uid),
    } satisfies RcAuditEvent);
    const card = findCard(this.#db, pending.uid);
    return card === undefined ? { outcome: 'unknown' } : { outcome: 'registered', card };
  }
}
