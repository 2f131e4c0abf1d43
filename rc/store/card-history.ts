import type { Database } from '../../runtime/sqlite.ts';
import { type CardRecord, findCard, type RevocationReason } from './cards.ts';

/** Something that happened to a card. `by` is a member's id. */
export type CardEvent =
  | { readonly what: 'registered'; readonly time: number; readonly by: string }
  | { readonly what: 'new PIN'; readonly time: number; readonly by: string; readonly pinVersion: number }
  | { readonly what: 'locked'; readonly time: number; readonly by: string; readonly cause: LockCause }
  | { readonly what: 'unlocked'; readonly time: number; readonly by: string }
  | { readonly what: 'revoked'; readonly time: number; readonly reason: RevocationReason };

export type LockCause = 'hub' | 'tries' | 'copy';

/** Wrong tries that a hub told of: since the last right login there, and since the card's epoch began. */
export interface TriesAtHub {
  readonly hub: string;
  readonly open: number;
  readonly total: number;
}

/** Whether a hub that is not revoked has the card as it stands, and when it was heard last. */
export interface HubWithCard {
  readonly id: string;
  readonly location: string;
  readonly current: boolean;
  readonly lastSeen: number | null;
}

/** A card, and all that an operator asks next. */
export interface CardDetails {
  readonly card: CardRecord;
  /** The oldest first. */
  readonly history: readonly CardEvent[];
  readonly tries: readonly TriesAtHub[];
  /** Null under a suite whose cards are on no feed. */
  readonly hubs: readonly HubWithCard[] | null;
  /** The patient's other cards, the latest first. */
  readonly others: readonly CardRecord[];
}

interface CardRow {
  readonly number: number;
  readonly sequence: number;
}

/** What is known of single cards and of the cards of single patients. */
export class CardHistory {
  readonly #db: Database;

  constructor(db: Database) {
    this.#db = db;
  }

  /** In one read transaction: what it says of hubs and of the card is of the same moment. */
  async details(uid: Uint8Array): Promise<CardDetails | undefined> {
    return this.#db.transaction(() => {
      const card = findCard(this.#db, uid);
      if (card === undefined) return undefined;
      const row = this.#db
        .prepare<[Uint8Array], CardRow>('SELECT number, sequence FROM cards WHERE uid = ?')
        .get(uid);
      return {
        card,
        history: [...ofRegistry(card), ...(row === undefined ? [] : this.#events(row.number))].sort(
          (one, other) => one.time - other.time,
        ),
        tries: row === undefined ? [] : this.#tries(row.number),
        hubs: row === undefined ? null : this.#hubs(row.sequence),
        others: this.#cardsOf(card.patientId).filter((other) => Buffer.compare(other.uid, uid) !== 0),
      };
    })();
  }

  /** All that a patient ever had, the latest first. */
  async cardsOf(patient: Uint8Array): Promise<readonly CardRecord[]> {
    return this.#cardsOf(patient);
  }

  #cardsOf(patient: Uint8Array): CardRecord[] {
    return this.#db
      .prepare<[Uint8Array], Uint8Array>('SELECT uid FROM every_card WHERE patient = ? ORDER BY number DESC')
      .pluck()
      .all(patient)
      .flatMap((uid) => findCard(this.#db, uid) ?? []);
  }

  #events(card: number): CardEvent[] {
    return this.#db
      .prepare<[{ card: number }], EventRow>(
        `SELECT 'new PIN' AS what, reported AS time, hub AS by, version AS pinVersion, NULL AS cause
           FROM pins WHERE card = @card AND changed = 1
         UNION ALL SELECT 'locked', since, hub, NULL, cause FROM locks WHERE card = @card
         UNION ALL SELECT 'locked', since, hub, NULL, cause FROM unlocks WHERE card = @card AND since IS NOT NULL
         UNION ALL SELECT 'unlocked', time, operator, NULL, NULL FROM unlocks WHERE card = @card`,
      )
      .all({ card })
      .map(eventOf);
  }

  #tries(card: number): TriesAtHub[] {
    return this.#db
      .prepare<[number], TriesAtHub>(
        'SELECT hub, open, total FROM tries WHERE card = ? AND total > 0 ORDER BY hub',
      )
      .all(card);
  }

  #hubs(sequence: number): HubWithCard[] {
    return this.#db
      .prepare<[number], Omit<HubWithCard, 'current'> & { readonly current: 0 | 1 }>(
        `SELECT id, location, cursor >= ? AS current, last_seen AS lastSeen
         FROM members WHERE kind = 'hub' AND revoked IS NULL ORDER BY id`,
      )
      .all(sequence)
      .map((hub) => ({ ...hub, current: hub.current === 1 }));
  }
}

function ofRegistry({ registered, registeredBy, revoked, reason }: CardRecord): CardEvent[] {
  const first: CardEvent = { what: 'registered', time: registered, by: registeredBy };
  return revoked === null || reason === null ? [first] : [first, { what: 'revoked', time: revoked, reason }];
}

interface EventRow {
  readonly what: 'new PIN' | 'locked' | 'unlocked';
  readonly time: number;
  readonly by: string;
  readonly pinVersion: number | null;
  readonly cause: LockCause | null;
}

function eventOf({ what, time, by, pinVersion, cause }: EventRow): CardEvent {
  switch (what) {
    case 'new PIN':
      return { what, time, by, pinVersion: pinVersion ?? 0 };
    case 'locked':
      return { what, time, by, cause: cause ?? 'hub' };
    case 'unlocked':
      return { what, time, by };
  }
}
