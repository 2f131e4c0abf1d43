import { type AuditAnchor, type AuditRow, rowHash, TRAIL_START } from './chain.ts';

/** Somewhere else than in the trail, its place and hash were kept: in a file, in a backup, on paper. */
export interface KnownAnchor {
  readonly number: number;
  /** The first bytes of the hash, at least 16. */
  readonly hash: Uint8Array;
  /** Where it was kept, for the sentence that says so: `keys/audit-anchor.json`. */
  readonly keptIn: string;
}

/** The first row that is not as it was written. */
export interface AuditFault {
  readonly row: number;
  readonly what: 'changed' | 'removed' | 'added' | 'moved' | 'rewritten';
  /** What shows it: the rows themselves, whatever became of the machine, or what was noted of them elsewhere. */
  readonly seenBy: 'chain' | 'anchor';
  /** For people: what is wrong where. */
  readonly sentence: string;
}

export type AuditVerdict =
  | { readonly intact: true; readonly head: AuditAnchor }
  | { readonly intact: false; readonly fault: AuditFault };

/** When rows were taken out and the later ones renumbered, a gap of so many is recognised as that. */
const GAP_MAX = 1_000;

/**
 * Whether a trail is as it was written, by its own chain and by what was kept of it elsewhere: takes all rows in the
 * order of their numbers, one after the other.
 *
 * The chain shows what was changed, removed, added or moved unless everything after it was made anew, too.
 * Against that, and against rows cut off at the end, stand the anchors: up to the latest of them nothing can be
 * changed unseen; after it, whoever can write the database can cut off or make anew.
 */
export class TrailCheck {
  readonly #anchors: KnownAnchor[];
  #head = TRAIL_START;
  #waiting: AuditRow | undefined;
  #fault: AuditFault | undefined;

  constructor(anchors: readonly KnownAnchor[] = []) {
    this.#anchors = [...anchors].sort((one, other) => one.number - other.number);
  }

  take(row: AuditRow): void {
    this.#settle(row);
    this.#waiting = row;
  }

  /** After the last row. */
  end(): AuditVerdict {
    this.#settle(undefined);
    const fault = this.#fault ?? checkEnd(this.#anchors, this.#head);
    return fault === undefined ? { intact: true, head: this.#head } : { intact: false, fault };
  }

  /** A row is looked at with the next beside it, which tells what was done to it. */
  #settle(next: AuditRow | undefined): void {
    const row = this.#waiting;
    if (row === undefined || this.#fault !== undefined) return;
    this.#fault = checkRow(this.#head, row, next) ?? checkAnchors(this.#anchors, row);
    this.#head = { number: row.number, hash: row.hash };
  }
}

/** The same, of rows that are all at hand. */
export function verifyTrail(rows: Iterable<AuditRow>, anchors: readonly KnownAnchor[] = []): AuditVerdict {
  const check = new TrailCheck(anchors);
  for (const row of rows) check.take(row);
  return check.end();
}

function checkRow(before: AuditAnchor, row: AuditRow, next: AuditRow | undefined): AuditFault | undefined {
  const expected = before.number + 1;
  if (row.number !== expected) {
    return { row: expected, what: 'removed', seenBy: 'chain', sentence: `row ${expected} was removed` };
  }
  if (isEqual(rowHash(before.hash, row.number, row), row.hash)) return undefined;
  return diagnose(before, row, next);
}

/** What was done to a row that does not continue the chain, as far as the row after it tells. */
function diagnose(before: AuditAnchor, row: AuditRow, next: AuditRow | undefined): AuditFault {
  const { number } = row;
  const changed: AuditFault = {
    row: number,
    what: 'changed',
    seenBy: 'chain',
    sentence: `row ${number} was changed`,
  };
  if (next === undefined) return changed;
  if (isEqual(rowHash(before.hash, number, next), next.hash)) {
    const isSwapped = isEqual(rowHash(next.hash, number + 1, row), row.hash);
    return isSwapped
      ? {
          row: number,
          what: 'moved',
          seenBy: 'chain',
          sentence: `row ${number} was moved: it belongs elsewhere`,
        }
      : { row: number, what: 'added', seenBy: 'chain', sentence: `row ${number} was added` };
  }
  for (let gap = 1; gap <= GAP_MAX; gap++) {
    if (isEqual(rowHash(row.hash, next.number + gap, next), next.hash)) {
      const sentence = `${gap === 1 ? 'a row was' : `${gap} rows were`} removed before row ${number}, and those after it numbered anew`;
      return { row: number, what: 'removed', seenBy: 'chain', sentence };
    }
  }
  return changed;
}

/** Takes the anchors of this row out of those that are left. */
function checkAnchors(left: KnownAnchor[], row: AuditRow): AuditFault | undefined {
  while (left[0] !== undefined && left[0].number <= row.number) {
    const { number, hash, keptIn } = left[0];
    left.shift();
    if (number === row.number && !isEqual(row.hash.subarray(0, hash.length), hash)) {
      const sentence = `row ${number} is another than the one noted in ${keptIn}: it, or one before it, was written anew`;
      return { row: number, what: 'rewritten', seenBy: 'anchor', sentence };
    }
  }
  return undefined;
}

function checkEnd(left: readonly KnownAnchor[], head: AuditAnchor): AuditFault | undefined {
  const [missing] = left.filter(({ number }) => number > head.number);
  if (missing === undefined) return undefined;
  const row = head.number + 1;
  const sentence = `row ${row} was removed: the trail ends at row ${head.number}, and ${missing.keptIn} knows row ${missing.number}`;
  return { row, what: 'removed', seenBy: 'anchor', sentence };
}

function isEqual(one: Uint8Array, other: Uint8Array): boolean {
  return Buffer.compare(one, other) === 0;
}
