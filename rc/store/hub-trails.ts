import { type AuditAnchor, type AuditRow, rowHash, TRAIL_START } from '../../runtime/audit/chain.ts';
import { AuditEventError, completeEvent } from '../../runtime/audit/event.ts';
import {
  type AuditQuery,
  type AuditTrail,
  auditRowOf,
  FITS_QUERY,
  queryParameters,
  type StoredAuditRow,
} from '../../runtime/audit/trail.ts';
import type { GroupCommit } from '../../runtime/group-commit.ts';
import type { Database } from '../../runtime/sqlite.ts';
import type { MemberOrigin, RcAuditEvent } from './audit.ts';
import { checkMember } from './check-member.ts';

/** Rows of a hub's trail as the hub tells of them. */
export interface TrailDelivery {
  readonly origin: MemberOrigin;
  /** The row that they continue. */
  readonly after: AuditAnchor;
  readonly rows: readonly AuditRow[];
}

export type TrailTaken =
  /** All of them are here. `begunAnew`: from there on they are others than those that were here. */
  | { readonly outcome: 'kept'; readonly head: AuditAnchor; readonly begunAnew: NewBranch | null }
  /** The row that they continue is not here: nothing was taken. */
  | { readonly outcome: 'unknown'; readonly head: AuditAnchor }
  /** This row is not as it was written: nothing was taken. */
  | { readonly outcome: 'broken'; readonly number: number };

/** Where a hub's trail goes on otherwise than before. */
export interface NewBranch {
  readonly branch: number;
  /** The number of its first row. */
  readonly first: number;
}

interface Branch {
  readonly branch: number;
  /** Its last row. */
  readonly head: number;
}

const INSERT = `
  INSERT INTO hub_audit
    (hub, number, branch, time, action, outcome, actor, role, source, card, subject, member, key, detail, hash)
  VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`;

/** A row as it stands: of the latest branch that has come so far back. */
const STANDS = `
  hub = @hub AND number <= @head AND branch = (
    SELECT max(begun.branch) FROM hub_trails AS begun
    WHERE begun.hub = @hub AND begun.branch <= @branch AND begun.first <= number)`;

/**
 * The audit trails of the hubs, as far as they have told of them: a copy that nobody at a hub can change.
 *
 * A hub that was restored from a backup goes on from an earlier row, and so does one whose trail somebody wrote anew:
 * from there on there is a new branch, and what stood there before stays beside it.
 */
export class HubTrails {
  readonly #db: Database;
  readonly #group: GroupCommit;
  readonly #trail: AuditTrail;
  readonly #latest;
  readonly #hashAt;
  readonly #insert;
  readonly #begin;
  readonly #extend;
  readonly #select;

  constructor(db: Database, group: GroupCommit, trail: AuditTrail) {
    this.#db = db;
    this.#group = group;
    this.#trail = trail;
    this.#latest = db.prepare<[string], Branch>(
      'SELECT branch, head FROM hub_trails WHERE hub = ? ORDER BY branch DESC LIMIT 1',
    );
    this.#hashAt = db
      .prepare<[object], Uint8Array>(`SELECT hash FROM hub_audit WHERE ${STANDS} AND number = @number`)
      .pluck();
    this.#insert = db.prepare(INSERT);
    this.#begin = db.prepare(
      'INSERT INTO hub_trails (hub, branch, first, head, begun) VALUES (?, ?, ?, ?, ?)',
    );
    this.#extend = db.prepare('UPDATE hub_trails SET head = max(head, ?) WHERE hub = ? AND branch = ?');
    this.#select = db.prepare<[object], StoredAuditRow & { hub: string; branch: number }>(
      `SELECT * FROM hub_audit WHERE ${STANDS} AND ${FITS_QUERY}`,
    );
  }

  /** Takes all of it, or nothing; the same may come twice. @throws StoreError, RefusedError where the hub was revoked */
  take(delivery: TrailDelivery): Promise<TrailTaken> {
    return this.#group.write(() => {
      checkMember(this.#db, delivery.origin);
      return this.#take(delivery);
    });
  }

  /** Whether there is such a branch; a hub that has told of nothing yet has the first. */
  async hasBranch(hub: string, branch: number): Promise<boolean> {
    return branch === 1 || this.#branch(hub, branch) !== null;
  }

  /** The rows of a hub's trail that fit, as it stands, in their order; `branch`: as it stood before it was begun anew. */
  async list(hub: string, query: AuditQuery, branch?: number): Promise<readonly AuditRow[]> {
    const stands = this.#branch(hub, branch);
    if (stands === null) return [];
    return this.#select
      .all({ hub, ...stands, ...queryParameters(query) })
      .map(({ hub: _hub, branch: _branch, ...row }) => auditRowOf(row));
  }

  #take({ origin, after, rows }: TrailDelivery): TrailTaken {
    const hub = origin.by;
    if (!this.#has(hub, after)) return { outcome: 'unknown', head: this.#head(hub) };
    const broken = firstBroken(after, rows);
    if (broken !== null) return { outcome: 'broken', number: broken };
    const news = rows.filter((row) => !this.#has(hub, row));
    const begunAnew = this.#keep(origin, news);
    if (begunAnew !== null) this.#note(origin, begunAnew);
    return { outcome: 'kept', head: this.#head(hub), begunAnew };
  }

  /** @returns the branch, where one is begun besides another */
  #keep({ by: hub, time: now }: MemberOrigin, news: readonly AuditRow[]): NewBranch | null {
    const [first] = news;
    if (first === undefined) return null;
    const latest = this.#latest.get(hub);
    const continues = latest !== undefined && first.number === latest.head + 1;
    const branch = continues ? latest.branch : (latest?.branch ?? 0) + 1;
    const head = news.at(-1)?.number ?? first.number;
    if (continues) this.#extend.run(head, hub, branch);
    else this.#begin.run(hub, branch, first.number, head, now);
    for (const row of news) this.#insert.run(hub, row.number, branch, ...columnsOf(row));
    return continues || latest === undefined ? null : { branch, first: first.number };
  }

  #has(hub: string, { number, hash }: AuditAnchor): boolean {
    const here = number === 0 ? TRAIL_START.hash : this.#hashOf(hub, number);
    return here !== undefined && Buffer.compare(here, hash) === 0;
  }

  #hashOf(hub: string, number: number): Uint8Array | undefined {
    const stands = this.#branch(hub);
    return stands === null ? undefined : this.#hashAt.get({ hub, ...stands, number });
  }

  #head(hub: string): AuditAnchor {
    const number = this.#latest.get(hub)?.head ?? 0;
    const hash = this.#hashOf(hub, number);
    return hash === undefined ? TRAIL_START : { number, hash: new Uint8Array(hash) };
  }

  #branch(hub: string, wanted?: number): Branch | null {
    if (wanted === undefined) return this.#latest.get(hub) ?? null;
    const branch = this.#db
      .prepare<[string, number], Branch>('SELECT branch, head FROM hub_trails WHERE hub = ? AND branch = ?')
      .get(hub, wanted);
    return branch ?? null;
  }

  #note(origin: MemberOrigin, { branch, first }: NewBranch): void {
    const event: RcAuditEvent = {
      ...origin,
      action: 'hub-trail.begun-anew',
      outcome: 'done',
      member: origin.by,
      detail: `row=${first} branch=${branch}`,
    };
    this.#trail.append(event);
  }
}

/** The number of the first row that does not continue the one before it, or is none; null where there is none such. */
function firstBroken(after: AuditAnchor, rows: readonly AuditRow[]): number | null {
  let before = after;
  for (const row of rows) {
    const number = before.number + 1;
    if (row.number !== number || !isRow(before.hash, row)) return number;
    before = row;
  }
  return null;
}

function isRow(previous: Uint8Array, row: AuditRow): boolean {
  try {
    return Buffer.compare(rowHash(previous, row.number, completeEvent(row)), row.hash) === 0;
  } catch (cause) {
    if (cause instanceof AuditEventError) return false;
    throw cause;
  }
}

function columnsOf({
  time,
  action,
  outcome,
  by,
  role,
  from,
  card,
  subject,
  member,
  key,
  detail,
  hash,
}: AuditRow) {
  return [time, action, outcome, by, role, from, card, subject, member, key, detail, hash];
}
