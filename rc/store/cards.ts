import type { Database } from '../../runtime/sqlite.ts';
import { inTransaction, nextSequence } from './transaction.ts';

export type RevocationReason = 'lost' | 'stolen' | 'replaced' | 'deceased' | 'other';

/** A card as the registration centre knows it. `uid` and `patientId` are 16 bytes. */
export interface CardRecord {
  readonly uid: Uint8Array;
  readonly suite: number;
  readonly patientId: Uint8Array;
  readonly name: string;
  readonly record: string | null;
  readonly pinVersion: number;
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
  SELECT c.number, c.uid, c.suite, c.patient AS patientId, p.name, p.record, c.pin_version AS pinVersion,
    EXISTS (SELECT 1 FROM locks WHERE card = c.number) AS locked,
    c.registered, c.registered_by AS registeredBy, c.revoked, c.reason
  FROM cards c JOIN patients p ON p.id = c.patient`;

/** The cards as operators see them. */
export class Cards {
  readonly #db: Database;

  constructor(db: Database) {
    this.#db = db;
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
      active: 'AND c.revoked IS NULL',
      revoked: 'AND c.revoked IS NOT NULL',
    }[query.status ?? 'all'];
    const rows = this.#db
      .prepare<[number, number], CardRow>(
        `${SELECT_CARD} WHERE c.number > ? ${status} ORDER BY c.number LIMIT ?`,
      )
      .all(after, query.limit + 1)
      .map(cardOf);
    const cards = rows.slice(0, query.limit);
    return { cards, next: rows.length > query.limit ? (cards.at(-1)?.uid ?? null) : null };
  }

  /**
   * Revokes a card and puts that on the feed. A card that is revoked already stays as it was.
   *
   * @returns the card as it is afterwards; undefined when there is none with that UID
   */
  async revoke(uid: Uint8Array, reason: RevocationReason, now: number): Promise<CardRecord | undefined> {
    return inTransaction(this.#db, () => {
      const card = this.#numberOf(uid);
      if (card !== undefined) revokeCard(this.#db, card, reason, now);
      return findCard(this.#db, uid);
    });
  }

  async count(): Promise<{ readonly active: number; readonly revoked: number; readonly locked: number }> {
    const count = (where: string) =>
      this.#db.prepare<[], number>(`SELECT count(*) FROM cards WHERE ${where}`).pluck().get() ?? 0;
    return {
      active: count('revoked IS NULL'),
      revoked: count('revoked IS NOT NULL'),
      locked: count('revoked IS NULL AND number IN (SELECT card FROM locks)'),
    };
  }

  #numberOf(uid: Uint8Array): number | undefined {
    return this.#db.prepare<[Uint8Array], number>('SELECT number FROM cards WHERE uid = ?').pluck().get(uid);
  }
}

export function findCard(db: Database, uid: Uint8Array): CardRecord | undefined {
  const row = db.prepare<[Uint8Array], CardRow>(`${SELECT_CARD} WHERE c.uid = ?`).get(uid);
  return row === undefined ? undefined : cardOf(row);
}

/** Inside a transaction of the caller's. @param card its number */
export function revokeCard(db: Database, card: number, reason: RevocationReason, now: number): void {
  const isActive = db.prepare('SELECT 1 FROM cards WHERE number = ? AND revoked IS NULL').get(card);
  if (isActive === undefined) return;
  db.prepare('UPDATE cards SET revoked = ?, reason = ?, sequence = ? WHERE number = ?').run(
    now,
    reason,
    nextSequence(db),
    card,
  );
}

function cardOf(row: CardRow): CardRecord {
  const { number: _, locked, ...card } = row;
  return { ...card, locked: locked === 1 };
}
