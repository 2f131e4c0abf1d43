import { toHex } from '../../protocol/bytes.ts';
import type { AuditTrail } from '../../runtime/audit/trail.ts';
import type { GroupCommit } from '../../runtime/group-commit.ts';
import type { Database } from '../../runtime/sqlite.ts';
import type { MemberOrigin, RcAuditEvent } from './audit.ts';
import { checkMember } from './check-member.ts';
import { adoptMissing, isMissing } from './missing-cards.ts';
import { nextSequence } from './sequence.ts';

export type RevocationReason = 'lost' | 'stolen' | 'replaced' | 'deceased' | 'other';

/** A card of either suite as the registration centre knows it. `patientId` is 16 bytes, `uid` as many as its suite says. */
export interface CardRecord {
  readonly uid: Uint8Array;
  readonly suite: number;
  readonly patientId: Uint8Array;
  readonly name: string;
  readonly record: string | null;
  /** Null under limbasiya-2021. */
  readonly pinVersion: number | null;
  readonly locked: boolean;
  readonly registered: number;
  readonly registeredBy: string;
  readonly revoked: number | null;
  readonly reason: RevocationReason | null;
}

export interface CardPage {
  readonly cards: readonly CardRecord[];
  /** The UID to go on after, where there are more. */
  readonly next: Uint8Array | null;
}

type CardRow = Omit<CardRecord, 'locked'> & { readonly number: number; readonly locked: 0 | 1 };

const SELECT_CARD = `
  SELECT number, uid, suite, patient AS patientId, name, record, pin_version AS pinVersion, locked,
    registered, registered_by AS registeredBy, revoked, reason
  FROM every_card`;

/** The cards of both suites as operators see them. */
export class Cards {
  readonly #db: Database;
  readonly #group: GroupCommit;
  readonly #trail: AuditTrail;

  constructor(db: Database, group: GroupCommit, trail: AuditTrail) {
    this.#db = db;
    this.#group = group;
    this.#trail = trail;
  }

  async find(uid: Uint8Array): Promise<CardRecord | undefined> {
    return findCard(this.#db, uid);
  }

  /**
   * Cards in the order of their registration.
   *
   * @param query.after the UID of the card to go on after
   * @returns undefined when `after` is no card's
   */
  async list(query: {
    readonly status?: 'active' | 'revoked' | undefined;
    readonly after?: Uint8Array | undefined;
    readonly limit: number;
  }): Promise<CardPage | undefined> {
    const after = query.after === undefined ? 0 : this.#numberOf(query.after);
    if (after === undefined) return undefined;
    const status = {
      all: '',
      active: 'AND revoked IS NULL',
      revoked: 'AND revoked IS NOT NULL',
    }[query.status ?? 'all'];
    const rows = this.#db
      .prepare<[number, number], CardRow>(`${SELECT_CARD} WHERE number > ? ${status} ORDER BY number LIMIT ?`)
      .all(after, query.limit + 1)
      .map(cardOf);
    const cards = rows.slice(0, query.limit);
    return { cards, next: rows.length > query.limit ? (cards.at(-1)?.uid ?? null) : null };
  }

  /**
   * Revokes a card, and puts that on the feed, or takes it out of the list for hubs that its suite has
   * instead. A card that is revoked already stays as it was.
   *
   * @returns the card as it is afterwards; undefined when there is none with that UID
   */
  revoke(uid: Uint8Array, reason: RevocationReason, origin: MemberOrigin): Promise<CardRecord | undefined> {
    return this.#group.write(() => {
      checkMember(this.#db, origin);
      const writer = { db: this.#db, trail: this.#trail };
      const number = this.#numberOf(uid) ?? enterMissing(writer, uid, origin);
      if (number !== undefined) revokeCard(writer, { number, uid }, reason, origin);
      return findCard(this.#db, uid);
    });
  }

  async count(): Promise<{ readonly active: number; readonly revoked: number; readonly locked: number }> {
    const count = (what: string) =>
      this.#db.prepare<[], number>(`SELECT count(*) FROM ${what}`).pluck().get() ?? 0;
    const countBoth = (where: string) =>
      count(`cards WHERE ${where}`) + count(`limbasiya_cards WHERE ${where}`);
    return {
      active: countBoth('revoked IS NULL'),
      revoked: countBoth('revoked IS NOT NULL'),
      locked: count('cards WHERE revoked IS NULL AND number IN (SELECT card FROM locks)'),
    };
  }

  /** Cards in use that were registered before a time. */
  async countRegisteredBefore(time: number): Promise<number> {
    const count = this.#db
      .prepare<[number], number>('SELECT count(*) FROM cards WHERE revoked IS NULL AND registered < ?')
      .pluck();
    return count.get(time) ?? 0;
  }

  #numberOf(uid: Uint8Array): number | undefined {
    return this.#db
      .prepare<[Uint8Array], number>('SELECT number FROM every_card WHERE uid = ?')
      .pluck()
      .get(uid);
  }
}

export function findCard(db: Database, uid: Uint8Array): CardRecord | undefined {
  const row = db.prepare<[Uint8Array], CardRow>(`${SELECT_CARD} WHERE uid = ?`).get(uid);
  return row === undefined ? undefined : cardOf(row);
}

/** Inside a transaction of the caller's: ends the card that a patient has, if any. */
export function revokeCardOf(
  writer: Writer,
  patient: Uint8Array,
  reason: RevocationReason,
  origin: MemberOrigin,
): void {
  const cards = writer.db
    .prepare<[Uint8Array], NumberedCard>(
      'SELECT number, uid FROM every_card WHERE patient = ? AND revoked IS NULL',
    )
    .all(patient);
  for (const card of cards) revokeCard(writer, card, reason, origin);
}

/** The database, and the trail in it. */
interface Writer {
  readonly db: Database;
  readonly trail: AuditTrail;
}

/** `number`: no card of the other suite has it. */
interface NumberedCard {
  readonly number: number;
  readonly uid: Uint8Array;
}

/** Inside a transaction of the caller's. A card that is revoked already stays as it was. */
export function revokeCard(
  { db, trail }: Writer,
  { number, uid }: NumberedCard,
  reason: RevocationReason,
  origin: MemberOrigin,
): void {
  const { time: now } = origin;
  const { changes } = db
    .prepare('UPDATE limbasiya_cards SET revoked = ?, reason = ? WHERE number = ? AND revoked IS NULL')
    .run(now, reason, number);
  const isOnFeed = db.prepare('SELECT 1 FROM cards WHERE number = ? AND revoked IS NULL').get(number);
  if (changes === 0 && isOnFeed === undefined) return;
  if (isOnFeed !== undefined) {
    db.prepare('UPDATE cards SET revoked = ?, reason = ?, sequence = ? WHERE number = ?').run(
      now,
      reason,
      nextSequence(db),
      number,
    );
  }
  trail.append({
    ...origin,
    action: 'card.revoked',
    outcome: 'done',
    card: toHex(uid),
    detail: `reason=${reason}`,
  } satisfies RcAuditEvent);
}

/** A card that was lost with the time after a backup can be revoked, too. @returns undefined when it is no such card */
function enterMissing(writer: Writer, uid: Uint8Array, origin: MemberOrigin): number | undefined {
  return isMissing(writer.db, uid) ? adoptMissing(writer, uid, origin) : undefined;
}

function cardOf(row: CardRow): CardRecord {
  const { number: _, locked, ...card } = row;
  return { ...card, locked: locked === 1 };
}
