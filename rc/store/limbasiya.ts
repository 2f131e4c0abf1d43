import { toHex } from '../../protocol/bytes.ts';
import type { AuditTrail } from '../../runtime/audit/trail.ts';
import type { GroupCommit } from '../../runtime/group-commit.ts';
import type { Database } from '../../runtime/sqlite.ts';
import type { MemberOrigin, RcAuditEvent } from './audit.ts';
import { nextCardNumber } from './card-number.ts';
import { checkMember } from './check-member.ts';
import { type CardsPatient, type PatientFault, settlePatient } from './patients.ts';

/** What the RC keeps of a hub besides its membership (PROTOCOL 1.1). */
export interface RegisteredHub {
  readonly Q: Uint8Array;
  readonly SSK: Uint8Array;
  /** The time of registration, in milliseconds. */
  readonly SRT: number;
}

/** A hub as cards list it. */
export interface HubOnList {
  readonly ID: string;
  readonly SSK: Uint8Array;
  readonly Loc: string;
  readonly address: string;
}

/** What the RC keeps of a card, and whose it is. */
export interface CardOnList {
  readonly UID: Uint8Array;
  readonly C: Uint8Array;
  readonly patientId: Uint8Array;
}

export interface CardsOnList {
  readonly cards: readonly CardOnList[];
  /** The number to go on after; null where there are no more. */
  readonly next: number | null;
}

export interface NewCard {
  readonly UID: Uint8Array;
  readonly C: Uint8Array;
  readonly patient: CardsPatient;
  /** The operator, and when. */
  readonly origin: MemberOrigin;
}

export type NewCardResult =
  | { readonly outcome: 'registered'; readonly patientId: Uint8Array }
  | { readonly outcome: 'uid taken' | PatientFault };

/** The records of limbasiya-2021: hubs by `ID_j`, cards by `UID_i` (PROTOCOL 1.1). */
export class LimbasiyaBook {
  readonly #db: Database;
  readonly #group: GroupCommit;
  readonly #trail: AuditTrail;

  constructor(db: Database, group: GroupCommit, trail: AuditTrail) {
    this.#db = db;
    this.#group = group;
    this.#trail = trail;
  }

  /**
   * Keeps the hub that asks for it, unless its `ID_j` is taken.
   *
   * @returns what is kept under that `ID_j` now: this, or what was there before
   */
  registerHub({ Q, SSK, SRT }: RegisteredHub, origin: MemberOrigin): Promise<RegisteredHub> {
    const { by: ID } = origin;
    return this.#group.write(() => {
      checkMember(this.#db, origin);
      const earlier = this.#hub(ID);
      if (earlier !== undefined) return earlier;
      this.#db
        .prepare('INSERT INTO limbasiya_hubs (id, q, ssk, registered) VALUES (?, ?, ?, ?)')
        .run(ID, Q, SSK, SRT);
      this.#trail.append({
        ...origin,
        action: 'limbasiya.hub-registered',
        outcome: 'done',
        member: ID,
      } satisfies RcAuditEvent);
      return { Q, SSK, SRT };
    });
  }

  async hub(ID: string): Promise<RegisteredHub | undefined> {
    return this.#hub(ID);
  }

  /** The hubs that are not revoked, in the order in which they registered. */
  async hubs(): Promise<readonly HubOnList[]> {
    return this.#db
      .prepare<[], HubOnList>(
        `SELECT h.id AS ID, h.ssk AS SSK, m.location AS Loc, m.address
         FROM limbasiya_hubs h JOIN members m USING (id) WHERE m.revoked IS NULL ORDER BY h.number`,
      )
      .all();
  }

  /** Registers a card and ends the patient's earlier one: both or nothing. */
  registerCard(card: NewCard): Promise<NewCardResult> {
    const { origin } = card;
    return this.#group.write(() => {
      checkMember(this.#db, origin);
      const isTaken = this.#db.prepare('SELECT 1 FROM limbasiya_cards WHERE uid = ?').get(card.UID);
      if (isTaken !== undefined) return { outcome: 'uid taken' };
      const patientId = settlePatient({ db: this.#db, trail: this.#trail }, card.patient, origin);
      if (typeof patientId === 'string') return { outcome: patientId };
      this.#db
        .prepare(
          `INSERT INTO limbasiya_cards (number, uid, c, patient, registered, registered_by)
           VALUES (?, ?, ?, ?, ?, ?)`,
        )
        .run(nextCardNumber(this.#db), card.UID, card.C, patientId, origin.time, origin.by);
      this.#trail.append({
        ...origin,
        action: 'card.registered',
        outcome: 'done',
        card: toHex(card.UID),
        detail: 'suite=limbasiya-2021',
      } satisfies RcAuditEvent);
      return { outcome: 'registered', patientId };
    });
  }

  /** A card that is not revoked. */
  async card(UID: Uint8Array): Promise<CardOnList | undefined> {
    return this.#db
      .prepare<[Uint8Array], CardOnList>(
        `SELECT uid AS UID, c AS C, patient AS patientId FROM limbasiya_cards
         WHERE uid = ? AND revoked IS NULL`,
      )
      .get(UID);
  }

  /** The cards that are not revoked, in the order of their registration. */
  async cards(query: { readonly after: number; readonly limit: number }): Promise<CardsOnList> {
    const rows = this.#db
      .prepare<[number, number], CardOnList & { readonly number: number }>(
        `SELECT number, uid AS UID, c AS C, patient AS patientId FROM limbasiya_cards
         WHERE number > ? AND revoked IS NULL ORDER BY number LIMIT ?`,
      )
      .all(query.after, query.limit + 1);
    const cards = rows.slice(0, query.limit);
    return { cards, next: rows.length > query.limit ? (cards.at(-1)?.number ?? null) : null };
  }

  /** Whether anything here hangs on `K_RC`. */
  async isEmpty(): Promise<boolean> {
    const any = this.#db.prepare(
      'SELECT 1 WHERE EXISTS (SELECT 1 FROM limbasiya_hubs) OR EXISTS (SELECT 1 FROM limbasiya_cards)',
    );
    return any.get() === undefined;
  }

  #hub(ID: string): RegisteredHub | undefined {
    return this.#db
      .prepare<[string], RegisteredHub>(
        'SELECT q AS Q, ssk AS SSK, registered AS SRT FROM limbasiya_hubs WHERE id = ?',
      )
      .get(ID);
  }
}
