import type { Database } from '../../runtime/sqlite.ts';
import { type Counts, type HeldCard, newCounts, type PendingPin } from '../card.ts';

interface CardRow {
  readonly uid: Buffer;
  readonly subject: Buffer;
  readonly psk: Buffer;
  readonly oprf_seed: Buffer;
  readonly cs: Buffer;
  readonly rs: Buffer | null;
  readonly pin_version: number;
  readonly epoch: number;
  readonly revoked: number;
  readonly locked: number;
  readonly attempts_left: number | null;
  readonly failures: number | null;
  readonly locked_here: number | null;
  readonly counts_epoch: number | null;
  readonly report_due: number | null;
  readonly evaluated_up_to: number | null;
  readonly pending_version: number | null;
  readonly pending_cs: Buffer | null;
  readonly pending_proof: Buffer | null;
  /** Whether there are rows of new PINs that were prepared at other hubs. */
  readonly elsewhere: number;
}

interface PendingRow {
  readonly pin_version: number;
  readonly cs: Buffer;
  readonly proof: Buffer;
}

const FIND = `
  SELECT card.*, attempts_left, failures, tries.locked AS locked_here, tries.epoch AS counts_epoch,
    report_due, evaluated_up_to, pending_version, pending_cs, pending_proof,
    EXISTS (SELECT 1 FROM pending_elsewhere WHERE pending_elsewhere.uid = card.uid) AS elsewhere
  FROM card LEFT JOIN tries USING (uid) LEFT JOIN pin_change USING (uid)
  WHERE card.uid = ?`;

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
  INSERT INTO pin_change (uid, evaluated_up_to, pending_version, pending_cs, pending_proof)
  VALUES (@uid, @evaluatedUpTo, @version, @cs, @proof)
  ON CONFLICT (uid) DO UPDATE SET evaluated_up_to = @evaluatedUpTo, pending_version = @version,
    pending_cs = @cs, pending_proof = @proof`;

const PUT_PENDING_ELSEWHERE = `
  INSERT INTO pending_elsewhere (uid, place, pin_version, cs, proof) VALUES (?, ?, ?, ?, ?)`;

/** The rows of one card. Synchronous: for use within a transaction of the store that owns it. */
export class CardRows {
  readonly #find;
  readonly #findPendingElsewhere;
  readonly #put;
  readonly #putNew;
  readonly #putCounts;
  readonly #putPinChange;
  readonly #dropPendingElsewhere;
  readonly #putPendingElsewhere;

  constructor(db: Database) {
    this.#find = db.prepare<[Uint8Array], CardRow>(FIND);
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
    if (row === undefined) return null;
    return heldCard(row, row.elsewhere === 1 ? this.#findPendingElsewhere.all(uid) : []);
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

  putPinChange(uid: Uint8Array, evaluatedUpTo: number, pending: PendingPin | null): void {
    this.#putPinChange.run({
      uid,
      evaluatedUpTo,
      version: pending?.pinVersion ?? null,
      cs: pending?.cs ?? null,
      proof: pending?.proof ?? null,
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

function heldCard(row: CardRow, pendingElsewhere: readonly PendingRow[]): HeldCard {
  return {
    uid: plain(row.uid),
    subject: plain(row.subject),
    psk: plain(row.psk),
    oprfSeed: plain(row.oprf_seed),
    cs: plain(row.cs),
    rs: row.rs && plain(row.rs),
    pinVersion: row.pin_version,
    epoch: row.epoch,
    revoked: row.revoked === 1,
    locked: row.locked === 1,
    counts: counts(row),
    reportDue: row.report_due === 1,
    pending: pending(row),
    pendingElsewhere: pendingElsewhere.map(({ pin_version: pinVersion, cs, proof }) => ({
      pinVersion,
      cs: plain(cs),
      proof: plain(proof),
    })),
    evaluatedUpTo: row.evaluated_up_to ?? 0,
  };
}

function counts(row: CardRow): Counts {
  const { attempts_left: attemptsLeft, failures, counts_epoch: epoch } = row;
  if (attemptsLeft === null || failures === null || epoch === null) return newCounts(row.epoch);
  return { attemptsLeft, failures, locked: row.locked_here === 1, epoch };
}

function pending(row: CardRow): PendingPin | null {
  const { pending_version: pinVersion, pending_cs: cs, pending_proof: proof } = row;
  if (pinVersion === null || cs === null || proof === null) return null;
  return { pinVersion, cs: plain(cs), proof: plain(proof) };
}

/** The same memory as a plain Uint8Array: a Buffer's `slice` would alias where others copy. */
function plain(buffer: Buffer): Uint8Array {
  return new Uint8Array(buffer.buffer, buffer.byteOffset, buffer.length);
}
