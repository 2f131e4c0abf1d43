import { equalConstantTime, toHex } from '../../protocol/bytes.ts';
import type { AuditTrail } from '../../runtime/audit/trail.ts';
import type { GroupCommit } from '../../runtime/group-commit.ts';
import type { Database } from '../../runtime/sqlite.ts';
import type { MemberOrigin, RcAuditEvent } from './audit.ts';
import { checkMember } from './check-member.ts';
import { type CardState, type CardStateRow, cardState, cardStateRow } from './feed.ts';
import { takeHeld } from './held-cards.ts';
import { type HeldByHub, restoredAt } from './missing-cards.ts';
import { nextSequence } from './sequence.ts';

/** A card is locked everywhere at so many wrong tries since the hubs' last right logins, summed (PROTOCOL 2.5). */
export const OPEN_TRIES_MAX = 10;
/** And at so many since its epoch began. */
export const TOTAL_TRIES_MAX = 50;

/** What a hub counted for a card; only its latest, by `running`, is kept, and only of the present epoch. */
export interface TryCount {
  readonly uid: Uint8Array;
  readonly epoch: number;
  readonly running: number;
  readonly open: number;
  readonly total: number;
  readonly locked: boolean;
}

/** A new PIN as a hub tells of it; `changed` once the card is known to carry it. */
export interface NewPin {
  readonly uid: Uint8Array;
  readonly pinVersion: number;
  /** The version it was made from. */
  readonly base: number;
  readonly cs: Uint8Array;
  readonly proof: Uint8Array;
  readonly changed: boolean;
}

export interface Reports {
  /** The hub, and when. */
  readonly origin: MemberOrigin;
  readonly tries: readonly TryCount[];
  readonly pins: readonly NewPin[];
  /** What a hub holds that has met another generation; believed where the registry was restored. */
  readonly held?: readonly HeldByHub[] | undefined;
  /** Whether the proof of a new PIN is right for that card (PROTOCOL 2.6): what makes a report believed. */
  readonly isProved: (card: CardState, pin: NewPin) => boolean;
}

/** Something the operator is to be told of a card. */
export interface Notice {
  readonly uid: Uint8Array;
  readonly what:
    | 'locked by hub'
    | 'locked by tries'
    | 'locked as copied'
    | 'new pin'
    | 'pin not proved'
    | 'missing'
    | 'revoked by hub'
    | 'revocation doubted';
}

export interface ReportsTaken {
  /** The known cards that were spoken of, each once, as they are afterwards. */
  readonly cards: readonly CardState[];
  readonly notices: readonly Notice[];
  /** Whether the feed has something new. */
  readonly changed: boolean;
}

type LockCause = 'hub' | 'tries' | 'copy';

/** What hubs report of tries, locks and new PINs: it may come twice, late and out of order. */
export class ReportBook {
  readonly #db: Database;
  readonly #group: GroupCommit;
  readonly #trail: AuditTrail;

  constructor(db: Database, group: GroupCommit, trail: AuditTrail) {
    this.#db = db;
    this.#group = group;
    this.#trail = trail;
  }

  /**
   * Takes all of it in one transaction. Unknown and revoked cards are passed over.
   *
   * @throws RefusedError where the hub was let in and then revoked: what it made must not come back (PROTOCOL 2.6),
   *   and it is told nothing more
   */
  takeReports(reports: Reports): Promise<ReportsTaken> {
    return this.#group.write(() => {
      checkMember(this.#db, reports.origin);
      return new Taking(this.#db, this.#trail, reports).run();
    });
  }
}

/** One hub's batch being taken. */
class Taking {
  readonly #db: Database;
  readonly #trail: AuditTrail;
  readonly #reports: Reports;
  readonly #notices: Notice[] = [];
  readonly #changed = new Set<number>();

  constructor(db: Database, trail: AuditTrail, reports: Reports) {
    this.#db = db;
    this.#trail = trail;
    this.#reports = reports;
  }

  run(): ReportsTaken {
    const { tries, pins, held = [], origin } = this.#reports;
    for (const count of tries) {
      const card = this.#activeCard(count.uid);
      if (card !== undefined && card.epoch === count.epoch) this.#takeTries(card, count);
    }
    for (const pin of pins) {
      const card = this.#activeCard(pin.uid);
      if (card !== undefined) this.#takePin(card, pin);
    }
    const told =
      restoredAt(this.#db) === null ? [] : takeHeld({ db: this.#db, trail: this.#trail }, held, origin);
    this.#notices.push(...told);
    for (const card of this.#changed) {
      this.#db.prepare('UPDATE cards SET sequence = ? WHERE number = ?').run(nextSequence(this.#db), card);
    }
    return {
      cards: this.#cardsSpokenOf(),
      notices: this.#notices,
      changed: this.#changed.size > 0 || told.some(({ what }) => what === 'revoked by hub'),
    };
  }

  #takeTries(card: CardStateRow, count: TryCount): void {
    this.#db
      .prepare(
        `INSERT INTO tries (card, hub, running, open, total) VALUES (@card, @hub, @running, @open, @total)
         ON CONFLICT DO UPDATE SET running = @running, open = @open, total = @total WHERE running < @running`,
      )
      .run({
        card: card.number,
        hub: this.#reports.origin.by,
        running: count.running,
        open: count.open,
        total: count.total,
      });
    if (count.locked) this.#lock(card, 'hub');

    const sums = this.#db
      .prepare<[number], { open: number; total: number }>(
        'SELECT sum(open) AS open, sum(total) AS total FROM tries WHERE card = ?',
      )
      .get(card.number);
    if (sums !== undefined && (sums.open >= OPEN_TRIES_MAX || sums.total >= TOTAL_TRIES_MAX)) {
      this.#lock(card, 'tries');
    }
  }

  #takePin(card: CardStateRow, pin: NewPin): void {
    if (pin.base >= pin.pinVersion || !this.#reports.isProved(cardState(card), pin)) {
      this.#notice({ uid: pin.uid, what: 'pin not proved' });
      return;
    }
    if (!this.#keepPin(card, pin) || !pin.changed) return;

    // Pending keys may differ: a card taken away before it was written is tried again at another hub. Two that are
    // both in use and of which neither was made from the other cannot come from one card.
    if (this.#comesFromCopy(card, pin)) this.#lock(card, 'copy');
    else if (pin.pinVersion > card.pinVersion && !this.#isCopied(card)) this.#takeOver(card, pin);
  }

  /** Which of the two is the patient's nobody here can know: neither's next PIN counts, only an operator helps. */
  #isCopied(card: CardStateRow): boolean {
    const lock = this.#db.prepare("SELECT 1 FROM locks WHERE card = ? AND cause = 'copy'").get(card.number);
    return lock !== undefined;
  }

  /** @returns false when nothing in this report is new */
  #keepPin(card: CardStateRow, pin: NewPin): boolean {
    const kept = this.#db
      .prepare(
        `INSERT INTO pins (card, version, cs, hub, reported, changed, base)
         VALUES (@card, @version, @cs, @hub, @now, @changed, @base)
         ON CONFLICT DO UPDATE SET changed = excluded.changed, hub = excluded.hub, reported = excluded.reported
         WHERE excluded.changed > changed`,
      )
      .run({
        card: card.number,
        version: pin.pinVersion,
        cs: pin.cs,
        hub: this.#reports.origin.by,
        now: this.#reports.origin.time,
        changed: pin.changed ? 1 : 0,
        base: pin.base,
      });
    return kept.changes > 0;
  }

  /**
   * A card goes from each PIN version to the next that was made from it. Another key under the same version, or a
   * version that was in use and is passed over, is another card's way: whichever of the two is told of first.
   */
  #comesFromCopy(card: CardStateRow, pin: NewPin): boolean {
    if (pin.pinVersion === card.pinVersion && !equalConstantTime(pin.cs, card.cs)) return true;
    const other = this.#db
      .prepare(
        `SELECT 1 FROM pins WHERE card = @card AND changed = 1 AND (
           (version = @version AND cs <> @cs)
           OR (version > @version AND base < @version)
           OR (version < @version AND version > @base))`,
      )
      .get({ card: card.number, version: pin.pinVersion, base: pin.base, cs: pin.cs });
    return other !== undefined;
  }

  /** The new PIN's key takes the old one's place, every lock is lifted, and the counts start anew. */
  #takeOver(card: CardStateRow, pin: NewPin): void {
    this.#db
      .prepare('UPDATE cards SET pin_version = ?, cs = ?, epoch = epoch + 1 WHERE number = ?')
      .run(pin.pinVersion, pin.cs, card.number);
    this.#db.prepare('DELETE FROM locks WHERE card = ?').run(card.number);
    this.#db.prepare('DELETE FROM tries WHERE card = ?').run(card.number);
    this.#changed.add(card.number);
    this.#notice({ uid: pin.uid, what: 'new pin' });
  }

  #lock(card: CardStateRow, cause: LockCause): void {
    const wasLocked = this.#db.prepare('SELECT 1 FROM locks WHERE card = ?').get(card.number) !== undefined;
    const kept = this.#db
      .prepare('INSERT INTO locks (card, cause, hub, since) VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING')
      .run(card.number, cause, this.#reports.origin.by, this.#reports.origin.time);
    if (!wasLocked) this.#changed.add(card.number);
    if (kept.changes > 0) this.#notice({ uid: card.uid, what: NOTICE_OF_LOCK[cause] });
  }

  #notice({ uid, what }: Notice & { readonly what: keyof typeof AUDITED }): void {
    this.#notices.push({ uid, what });
    this.#trail.append({
      ...this.#reports.origin,
      ...AUDITED[what],
      card: toHex(uid),
    } satisfies RcAuditEvent);
  }

  /** Looked up anew for every report: an earlier one of the same batch may have changed it. */
  #activeCard(uid: Uint8Array): CardStateRow | undefined {
    const row = cardStateRow(this.#db, uid);
    return row === undefined || row.revoked === 1 ? undefined : row;
  }

  #cardsSpokenOf(): CardState[] {
    const spoken = new Map<number, CardState>();
    for (const { uid } of [...this.#reports.tries, ...this.#reports.pins]) {
      const row = cardStateRow(this.#db, uid);
      if (row !== undefined) spoken.set(row.number, cardState(row));
    }
    return [...spoken.values()];
  }
}

const NOTICE_OF_LOCK: Readonly<Record<LockCause, keyof typeof AUDITED>> = {
  hub: 'locked by hub',
  tries: 'locked by tries',
  copy: 'locked as copied',
};

/** Of those that are not in the trail already by whoever did it. */
const AUDITED: Readonly<
  Record<
    Exclude<Notice['what'], 'missing' | 'revoked by hub' | 'revocation doubted'>,
    Pick<RcAuditEvent, 'action' | 'outcome' | 'detail'>
  >
> = {
  'locked by hub': { action: 'card.locked', outcome: 'done', detail: 'cause=hub' },
  'locked by tries': { action: 'card.locked', outcome: 'done', detail: 'cause=tries' },
  'locked as copied': { action: 'card.locked', outcome: 'done', detail: 'cause=copy' },
  'new pin': { action: 'pin.changed', outcome: 'done' },
  'pin not proved': { action: 'pin.not-proved', outcome: 'refused' },
};
