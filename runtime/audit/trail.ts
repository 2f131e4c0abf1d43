import type { Database } from '../sqlite.ts';
import { type AuditAnchor, type AuditRow, rowHash, TRAIL_START } from './chain.ts';
import { type AuditEvent, type AuditRole, completeEvent, type NewAuditEvent } from './event.ts';

/** What a row's table has besides its number: never change it, it is in migrations. */
export const AUDIT_COLUMNS = `
    time INTEGER NOT NULL,
    action TEXT NOT NULL,
    outcome TEXT NOT NULL,
    actor TEXT,
    role TEXT,
    source TEXT,
    card TEXT,
    subject TEXT,
    member TEXT,
    key TEXT,
    detail TEXT,
    hash BLOB NOT NULL CHECK (length(hash) = 32)`;

/**
 * The trail's table, to be one of a process's migrations. It has no index but the order of its rows: it is
 * written at every step and read once a year.
 */
export const AUDIT_TABLE = `
  CREATE TABLE audit (
    number INTEGER PRIMARY KEY,${AUDIT_COLUMNS}
  ) STRICT;
`;

/** Which rows to list. Those that fit all of it. */
export interface AuditQuery {
  /** Milliseconds since the Unix epoch, both included. */
  readonly since?: number | undefined;
  readonly until?: number | undefined;
  /** Done by that member, or to it. */
  readonly who?: string | undefined;
  /** UID in hex. */
  readonly card?: string | undefined;
  /** Only rows after this one. */
  readonly after?: number | undefined;
  /** At most so many. */
  readonly limit: number;
}

/** A row as its table has it. */
export interface StoredAuditRow {
  readonly number: number;
  readonly time: number;
  readonly action: string;
  readonly outcome: string;
  readonly actor: string | null;
  readonly role: AuditRole | null;
  readonly source: string | null;
  readonly card: string | null;
  readonly subject: string | null;
  readonly member: string | null;
  readonly key: string | null;
  readonly detail: string | null;
  readonly hash: Uint8Array;
}

const INSERT = `
  INSERT INTO audit (number, time, action, outcome, actor, role, source, card, subject, member, key, detail, hash)
  VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`;

/** The rows that fit a query, `queryParameters`, in their order. */
export const FITS_QUERY = `
    number > @after
    AND (@since IS NULL OR time >= @since) AND (@until IS NULL OR time <= @until)
    AND (@who IS NULL OR actor = @who OR member = @who)
    AND (@card IS NULL OR card = @card)
  ORDER BY number LIMIT @limit`;

const SELECT = `SELECT * FROM audit WHERE ${FITS_QUERY}`;

/**
 * Who did what to which card, hub or key, and when: rows in the process's own database, each hashed with the
 * hash of the one before. A row is appended in the transaction that does what it tells of, so that neither is
 * there without the other.
 */
export class AuditTrail {
  readonly #db: Database;
  readonly #head;
  readonly #insert;
  readonly #hashAt;
  readonly #select;

  constructor(db: Database) {
    this.#db = db;
    this.#head = db.prepare<[], { readonly number: number; readonly hash: Uint8Array }>(
      'SELECT number, hash FROM audit ORDER BY number DESC LIMIT 1',
    );
    this.#insert = db.prepare(INSERT);
    this.#hashAt = db.prepare<[number], Uint8Array>('SELECT hash FROM audit WHERE number = ?').pluck();
    this.#select = db.prepare<[object], StoredAuditRow>(SELECT);
  }

  /**
   * Appends a row, within a transaction of the caller's: the one that does it.
   *
   * @throws AuditEventError, and what SQLite throws
   */
  append(event: NewAuditEvent): void {
    // The head is read anew each time: what a transaction that was undone appended is no head.
    const complete = completeEvent(event);
    if (!this.#db.inTransaction) throw new Error('an audit row is appended with what it tells of, not alone');
    const { number: last, hash: previous } = this.head();
    const number = last + 1;
    const { time, action, outcome, by, role, from, card, subject, member, key, detail } = complete;
    const hash = rowHash(previous, number, complete);
    // By place: names cost five times as much.
    this.#insert.run(number, time, action, outcome, by, role, from, card, subject, member, key, detail, hash);
  }

  /** The last row's place and hash. */
  head(): AuditAnchor {
    const row = this.#head.get();
    return row === undefined ? TRAIL_START : { number: row.number, hash: new Uint8Array(row.hash) };
  }

  /** The row of that number, as an anchor; null where there is none. */
  anchorAt(number: number): AuditAnchor | null {
    if (number === 0) return TRAIL_START;
    const hash = this.#hashAt.get(number);
    return hash === undefined ? null : { number, hash: new Uint8Array(hash) };
  }

  /** The rows that fit, in their order. */
  list(query: AuditQuery): AuditRow[] {
    return this.#select.all(queryParameters(query)).map(auditRowOf);
  }
}

export function queryParameters({ since, until, who, card, after, limit }: AuditQuery) {
  return {
    since: since ?? null,
    until: until ?? null,
    who: who ?? null,
    card: card ?? null,
    after: after ?? 0,
    limit,
  };
}

export function auditRowOf(stored: StoredAuditRow): AuditRow {
  const { actor: by, source: from, hash, ...rest } = stored;
  return { ...rest, by, from, hash: new Uint8Array(hash) } satisfies AuditEvent & AuditAnchor;
}
