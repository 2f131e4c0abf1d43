import type { Database } from '../../runtime/sqlite.ts';
import {
  type CardGlance,
  type Counts,
  type HeldCard,
  newCounts,
  type PendingPin,
  type PreparedPin,
} from '../card.ts';

/** The columns of FIND in their order: a login finds its card twice, and rows as objects cost twice as much. */
type CardRow = readonly [
  uid: Buffer,
  subject: Buffer,
  psk: Buffer,
  oprfSeed: Buffer,
  cs: Buffer,
  rs: Buffer | null,
  pinVersion: number,
  epoch: number,
  revoked: number,
  locked: number,
  attemptsLeft: number | null,
  failures: number | null,
  lockedHere: number | null,
  countsEpoch: number | null,
  reportDue: number | null,
  evaluatedUpTo: number | null,
  pendingVersion: number | null,
  pendingCs: Buffer | null,
  pendingProof: Buffer | null,
  pendingBase: number | null,
  /** Whether there are rows of new PINs that were prepared at other hubs. */
  elsewhere: number,
];

type GlanceRow = readonly [revoked: number, pinVersion: number, reportDue: number | null];

interface PendingRow {
  readonly pin_version: number;
  readonly cs: Buffer;
  readonly proof: Buffer;
}

const FIND = `
  SELECT card.uid, subject, psk, oprf_seed, cs, rs, pin_version, card.epoch, revoked, card.locked,
    attempts_left, failures, tries.locked, tries.epoch, report_due,
    evaluated_up_to, pending_version, pending_cs, pending_proof, pending_base,
    EXISTS (SELECT 1 FROM pending_elsewhere WHERE pending_elsewhere.uid = card.uid)
  FROM card LEFT JOIN tries USING (uid) LEFT JOIN pin_change USING (uid)
  WHERE card.uid = ?`;

const GLANCE = `
  SELECT revoked, pin_version, report_due FROM card LEFT JOIN tries USING (uid) WHERE card.uid = ?`;

const FIND_PENDING_ELSEWHERE = `
  SELECT pin_version, cs, proof FROM pending_elsewhere WHERE uid = ? ORDER BY place`;

const PUT = `
  INSERT INTO card (uid, subject, psk, oprf_seed, cs, rs, pin_version, epoch, revoked, locked)
  VALUES (@uid, @subject, @psk, @oprfSeed, @cs, @rs, @pinVersion, @epoch, @revoked, @locked)
  ON CONFLICT (uid) DO UPDATE SET subject = @subject, psk = @psk, oprf_seed = @oprfSeed, cs = @cs, rs = @rs,
    pin_version = @pinVersion, epoch = @epoch, revoked = @revoked, locked = @locked`;

const PUT_NEW = `
  INSERT INTO card (uid, subject, psk, oprf_seed, cs, rs, pin_version, epoch, revoked, locked)
  VALUES (@uid, @subject, @psk, @oprfSeed, @cs, @rs, @pinVersion, @epoch, @revoked, @locked)
  ON CONFLICT (uid) DO NOTHING`;

const PUT_COUNTS = `
  INSERT INTO tries (uid, attempts_left, failures, locked, epoch, running, report_due)
  VALUES (@uid, @attemptsLeft, @failures, @locked, @epoch, (SELECT running_base FROM life) + @reportDue, @reportDue)
  ON CONFLICT (uid) DO UPDATE SET attempts_left = @attemptsLeft, failures = @failures, locked = @locked,
    epoch = @epoch, running = running + @reportDue, report_due = max(report_due, @reportDue)`;

const PUT_PIN_CHANGE = `
  INSERT INTO pin_change (uid, evaluated_up_to, pending_version, pending_cs, pending_proof, pending_base)
  VALUES (@uid, @evaluatedUpTo, @version, @cs, @proof, @base)
  ON CONFLICT (uid) DO UPDATE SET evaluated_up_to = @evaluatedUpTo, pending_version = @version,
    pending_cs = @cs, pending_proof = @proof, pending_base = @base`;

const PUT_PENDING_ELSEWHERE = `
  INSERT INTO pending_elsewhere (uid, place, pin_version, cs, proof) VALUES (?, ?, ?, ?, ?)`;

/** The rows of one card. Synchronous: for use within a transaction of the store that owns it. */
export class CardRows {
  readonly #find;
  readonly #glance;
  readonly #findPendingElsewhere;
  readonly #put;
  readonly #putNew;
  readonly #putCounts;
  readonly #putPinChange;
  readonly #dropPendingElsewhere;
  readonly #putPendingElsewhere;

  constructor(db: Database) {
    this.#find = db.prepare<[Uint8Array], CardRow>(FIND).raw();
    this.#glance = db.prepare<[Uint8Array], GlanceRow>(GLANCE).raw();
    this.#findPendingElsewhere = db.prepare<[Uint8Array], PendingRow>(FIND_PENDING_ELSEWHERE);
    this.#put = db.prepare(PUT);
    this.#putNew = db.prepare(PUT_NEW);
    this.#putCounts = db.prepare(PUT_COUNTS);
    this.#putPinChange = db.prepare(PUT_PIN_CHANGE);
    this.#dropPendingElsewhere = db.prepare('DELETE FROM pending_elsewhere WHERE uid = ?');
    this.#putPendingElsewhere = db.prepare(PUT_PENDING_ELSEWHERE);
  }

  find(uid: Uint8Array): HeldCard | null {
    const row = this.#find.get(uid);
    return row === undefined ? null : heldCard(row, () => this.#findPendingElsewhere.all(uid));
  }

  /** What is asked of a card before anything is decided: less than to find it. */
  glance(uid: Uint8Array): CardGlance | null {
    const row = this.#glance.get(uid);
    if (row === undefined) return null;
    const [revoked, pinVersion, reportDue] = row;
    return { revoked: revoked === 1, pinVersion, reportDue: reportDue === 1 };
  }

  /** What the RC said, and what of it the hub has taken over itself. */
  put(card: HeldCard): void {
    this.#put.run(heardColumns(card));
  }

  /** Only where the hub holds no such card: most of a first sync needs no more. @returns whether it was new */
  putNew(card: HeldCard): boolean {
    return this.#putNew.run(heardColumns(card)).changes > 0;
  }

  /** `tell`: the RC is to be told of these; they get the report's next running number. */
  putCounts(uid: Uint8Array, counts: Counts, { tell }: { readonly tell: boolean }): void {
    this.#putCounts.run({
      uid,
      attemptsLeft: counts.attemptsLeft,
      failures: counts.failures,
      locked: Number(counts.locked),
      epoch: counts.epoch,
      reportDue: Number(tell),
    });
  }

  putPinChange(uid: Uint8Array, evaluatedUpTo: number, pending: PreparedPin | null): void {
    this.#putPinChange.run({
      uid,
      evaluatedUpTo,
      version: pending?.pinVersion ?? null,
      cs: pending?.cs ?? null,
      proof: pending?.proof ?? null,
      base: pending?.base ?? null,
    });
  }

  /** Replaces all of them; the latest first. */
  putPendingElsewhere(uid: Uint8Array, pins: readonly PendingPin[]): void {
    this.#dropPendingElsewhere.run(uid);
    for (const [place, { pinVersion, cs, proof }] of pins.entries()) {
      this.#putPendingElsewhere.run(uid, place, pinVersion, cs, proof);
    }
  }
}

function heardColumns(card: HeldCard) {
  return {
    uid: card.uid,
    subject: card.subject,
    psk: card.psk,
    oprfSeed: card.oprfSeed,
    cs: card.cs,
    rs: card.rs,
    pinVersion: card.pinVersion,
    epoch: card.epoch,
    revoked: Number(card.revoked),
    locked: Number(card.locked),
  };
}

function heldCard(row: CardRow, findPendingElsewhere: () => readonly PendingRow[]): HeldCard {
  const [uid, subject, psk, oprfSeed, cs, rs, pinVersion, epoch, revoked, locked, ...here] = row;
  const [attemptsLeft, failures, lockedHere, countsEpoch, reportDue, ...change] = here;
  const [evaluatedUpTo, pendingVersion, pendingCs, pendingProof, pendingBase, elsewhere] = change;
  const isCounted = attemptsLeft !== null && failures !== null && countsEpoch !== null;
  const isPending = pendingVersion !== null && pendingCs !== null && pendingProof !== null;
  return {
    uid: plain(uid),
    subject: plain(subject),
    psk: plain(psk),
    oprfSeed: plain(oprfSeed),
    cs: plain(cs),
    rs: rs && plain(rs),
    pinVersion,
    epoch,
    revoked: revoked === 1,
    locked: locked === 1,
    counts: isCounted
      ? { attemptsLeft, failures, locked: lockedHere === 1, epoch: countsEpoch }
      : newCounts(epoch),
    reportDue: reportDue === 1,
    pending: isPending
      ? {
          pinVersion: pendingVersion,
          base: pendingBase ?? pinVersion,
          cs: plain(pendingCs),
          proof: plain(pendingProof),
        }
      : null,
    pendingElsewhere: elsewhere === 1 ? findPendingElsewhere().map(pendingPin) : [],
    evaluatedUpTo: evaluatedUpTo ?? 0,
  };
}

function pendingPin({ pin_version: pinVersion, cs, proof }: PendingRow): PendingPin {
  return { pinVersion, cs: plain(cs), proof: plain(proof) };
}

/** The same memory as a plain Uint8Array: a Buffer's `slice` would alias where others copy. */
function plain(buffer: Buffer): Uint8Array {
  return new Uint8Array(buffer.buffer, buffer.byteOffset, buffer.length);
}
