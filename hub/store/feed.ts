import { fromHex, toHex } from '../../protocol/bytes.ts';
import type { HubCard } from '../../protocol/rc-api/cards.ts';
import { type CardInBytes, cardInBytes, FLAG } from '../../protocol/rc-api/compact-feed.ts';
import { CompactPage } from '../../protocol/rc-api/compact-page.ts';
import type { FeedPage } from '../../protocol/rc-api/feed.ts';
import type { GroupCommit } from '../../runtime/group-commit.ts';
import type { Database } from '../../runtime/sqlite.ts';
import { mergeCard } from '../feed/merge.ts';
import type { CardRows } from './cards.ts';
import { NewCards } from './new-cards.ts';

/** How far the hub has read the feed (PROTOCOL 2.6). */
export interface FeedPosition {
  /** 16 bytes as hex. */
  readonly generation: string;
  readonly cursor: number;
  /** The RC's clock when it gave the last page, ms. */
  readonly heard: number;
}

/** What came of a page. */
export interface AppliedPage {
  /** The UIDs of the cards that are revoked by it, or may have been. */
  readonly revoked: Uint8Array[];
  /** Its generation is another than the last page's. */
  readonly restored: boolean;
  /** Something new is due to be told. */
  readonly due: boolean;
  /** It came in bytes, and no card in it was held before. */
  readonly areNew: boolean;
}

interface FeedRow {
  readonly generation: Buffer;
  readonly cursor: number;
  readonly heard: number;
  /** Still in the first reading of this generation. */
  readonly from_zero: number;
}

const REPORT_ALL_TRIES = `
  UPDATE tries SET report_due = 1, running = running + 1 WHERE failures > 0 OR locked = 1`;

const REPORT_ALL_PINS = `
  UPDATE pin_report SET delivered = 0 WHERE changed = 1
    AND pin_version = (SELECT pin_version FROM card WHERE card.uid = pin_report.uid)`;

/** After all that changed a card: what is pending beside a PIN is heard under that PIN. */
const REPORT_ALL_PENDING = `
  INSERT INTO pin_report (uid, pin_version, base, cs, proof, changed)
  SELECT uid, pending_version, max(card.pin_version, coalesce(pending_base, 0)), pending_cs, pending_proof, 0
  FROM pin_change JOIN card USING (uid) WHERE pending_version IS NOT NULL
  ON CONFLICT (uid, pin_version, changed) DO UPDATE SET delivered = 0`;

/** The last restore of the RC that this hub has met (PROTOCOL 2.6). */
export interface RcRestore {
  /** The RC's clock at the first page after it, ms. */
  readonly met: number;
  /** The feed has been read anew, and the RC knows all that is held here. */
  readonly settled: boolean;
}

const RC_RESTORE = `
  SELECT met, NOT EXISTS (SELECT 1 FROM holdings_due, card WHERE uid > after) AND NOT EXISTS (SELECT 1 FROM feed WHERE from_zero = 1) AS settled
  FROM rc_restore`;

/** The lists as the RC gives them, and how far they are read. */
export class Lists {
  readonly #group: GroupCommit;
  readonly #cards: CardRows;
  readonly #newCards: NewCards;
  /** As it is in the database, for every login asks; undefined when that has to be looked up. */
  #position: FeedPosition | null | undefined;
  readonly #find;
  readonly #put;
  readonly #reportHoldings;
  readonly #reportAllTries;
  readonly #reportAllPins;
  readonly #reportAllPending;
  readonly #askOfTrail;
  readonly #metRestore;
  readonly #rcRestore;

  constructor(db: Database, group: GroupCommit, cards: CardRows) {
    this.#group = group;
    this.#cards = cards;
    this.#newCards = new NewCards(db);
    this.#find = db.prepare<[], FeedRow>('SELECT generation, cursor, heard, from_zero FROM feed');
    this.#put = db.prepare(`
      INSERT OR REPLACE INTO feed (only, generation, cursor, heard, from_zero)
      VALUES (1, @generation, @cursor, @heard, @fromZero)`);
    this.#reportHoldings = db.prepare(`INSERT OR REPLACE INTO holdings_due (only, after) VALUES (1, x'')`);
    this.#reportAllTries = db.prepare(REPORT_ALL_TRIES);
    this.#reportAllPins = db.prepare(REPORT_ALL_PINS);
    this.#reportAllPending = db.prepare(REPORT_ALL_PENDING);
    // One row again: by its answer the RC says whether it has the trail up to there, also while nothing happens here.
    this.#askOfTrail = db.prepare('UPDATE audit_delivered SET number = max(number - 1, 0)');
    this.#metRestore = db.prepare('INSERT OR REPLACE INTO rc_restore (only, met) VALUES (1, ?)');
    this.#rcRestore = db.prepare<[], { readonly met: number; readonly settled: number }>(RC_RESTORE);
  }

  /** Null before the first page. */
  async position(): Promise<FeedPosition | null> {
    if (this.#position === undefined) {
      const row = this.#find.get();
      this.#position = row === undefined ? null : feedPosition(row);
    }
    return this.#position;
  }

  /**
   * Applies a page and its cursor in one transaction. Another generation than the last page's means that
   * the RC was restored: everything this hub knows becomes due to be told.
   */
  async applyPage(page: FeedPage | CompactPage): Promise<AppliedPage> {
    const applied = await this.#group.write(() => {
      const row = this.#find.get();
      const isOther = row !== undefined && toHex(row.generation) !== page.generation;
      const isRereading = isOther || row?.from_zero === 1;
      if (isOther) {
        this.#reportAllTries.run();
        this.#reportAllPins.run();
        this.#reportAllPending.run();
        this.#reportHoldings.run();
        this.#askOfTrail.run();
        this.#metRestore.run(page.time);
      }
      const taken =
        page instanceof CompactPage
          ? this.#takeCompact(page, isRereading)
          : {
              revoked: page.changes.flatMap(({ card }) => this.#merge(cardInBytes(card), isRereading)),
              areNew: false,
            };
      this.#put.run({
        generation: fromHex(page.generation),
        cursor: page.cursor,
        heard: page.time,
        fromZero: Number(isRereading && page.more),
      });
      return { ...taken, restored: isOther, due: isOther || (isRereading && !page.more) };
    });
    this.#position = undefined;
    return applied;
  }

  /** Null where none was ever met. */
  async rcRestore(): Promise<RcRestore | null> {
    const row = this.#rcRestore.get();
    return row === undefined ? null : { met: row.met, settled: row.settled === 1 };
  }

  /** Cards heard of besides the feed. @returns the UIDs of those that are revoked by it */
  apply(cards: readonly HubCard[]): Promise<Uint8Array[]> {
    return this.#group.write(() => cards.flatMap((card) => this.#merge(cardInBytes(card), false)));
  }

  /** Gives the UIDs of all that are revoked: to end a session that was ended before, or none, does nothing. */
  #takeCompact(page: CompactPage, restored: boolean): Pick<AppliedPage, 'revoked' | 'areNew'> {
    // Whoever reads again holds them already.
    const areNew = !restored && this.#newCards.put(page);
    if (areNew) {
      for (const index of page.withPending) {
        const { uid, pending } = page.card(index);
        this.#cards.putPendingElsewhere(uid, pending);
      }
    } else {
      for (let index = 0; index < page.count; index++) this.#merge(page.card(index), restored);
    }
    const revoked: Uint8Array[] = [];
    for (let index = 0; index < page.count; index++) {
      if ((page.flagsOf(index) & FLAG.revoked) !== 0) revoked.push(page.uidOf(index));
    }
    return { revoked, areNew };
  }

  #merge(heard: CardInBytes, restored: boolean): Uint8Array[] {
    const fresh = mergeCard(null, heard);
    if (this.#cards.putNew(fresh)) {
      if (fresh.pendingElsewhere.length > 0) {
        this.#cards.putPendingElsewhere(fresh.uid, fresh.pendingElsewhere);
      }
      return fresh.revoked ? [fresh.uid] : [];
    }
    const held = this.#cards.find(fresh.uid);
    const card = mergeCard(held, heard, { restored });
    this.#cards.put(card);
    if (held !== null) {
      const tell = card.reportDue && !held.reportDue;
      if (tell || card.counts !== held.counts) this.#cards.putCounts(card.uid, card.counts, { tell });
      if (card.pending !== held.pending) this.#cards.putPinChange(card.uid, card.evaluatedUpTo, card.pending);
    }
    if (card.pendingElsewhere !== held?.pendingElsewhere) {
      this.#cards.putPendingElsewhere(card.uid, card.pendingElsewhere);
    }
    return card.revoked && held?.revoked !== true ? [card.uid] : [];
  }
}

function feedPosition({ generation, cursor, heard }: FeedRow): FeedPosition {
  return { generation: toHex(generation), cursor, heard };
}
