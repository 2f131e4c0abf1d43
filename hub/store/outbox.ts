import { toHex } from '../../protocol/bytes.ts';
import { HELD_MAX, type HeldByHub, type PinReport, type TryReport } from '../../protocol/rc-api/feed.ts';
import type { GroupCommit } from '../../runtime/group-commit.ts';
import type { Database } from '../../runtime/sqlite.ts';
import { ATTEMPTS_MAX } from '../card.ts';

/** What the RC takes in one request. */
const BATCH = 500;

interface TriesRow {
  readonly uid: Buffer;
  readonly epoch: number;
  readonly running: number;
  readonly attempts_left: number;
  readonly failures: number;
  readonly locked: number;
}

interface PinRow {
  readonly uid: Buffer;
  readonly pin_version: number;
  readonly base: number;
  readonly cs: Buffer;
  readonly proof: Buffer;
  readonly changed: number;
}

const DUE_TRIES = `
  SELECT tries.uid, card.epoch, running, attempts_left, failures, tries.locked
  FROM tries JOIN card USING (uid) WHERE report_due = 1 LIMIT ${BATCH}`;

const DUE_PINS = `
  SELECT uid, pin_version, base, cs, proof, changed
  FROM pin_report WHERE delivered = 0 ORDER BY number LIMIT ${BATCH}`;

interface HeldRow {
  readonly uid: Buffer;
  readonly pin_version: number;
  readonly revoked: number;
}

/** Once the feed has been read from its beginning: what the RC has told of by then, it knows. */
const DUE_HELD = `
  SELECT uid, pin_version, revoked FROM card, holdings_due
  WHERE uid > after AND NOT EXISTS (SELECT 1 FROM feed WHERE from_zero = 1)
  ORDER BY uid LIMIT ${HELD_MAX}`;

/** One request's worth of what the RC is to be told. */
export interface Batch {
  readonly tries: readonly TryReport[];
  readonly pins: readonly PinReport[];
  /** Cards that this hub holds, for an RC that was restored. */
  readonly held: readonly HeldByHub[];
}

/**
 * What the RC has not been told yet: new PINs in their order, tries as they are now. It is told again until
 * it has answered, so it may hear things twice.
 */
export class Outbox {
  readonly #group: GroupCommit;
  readonly #dueTries;
  readonly #duePins;
  readonly #dueHeld;
  readonly #heldUpTo;
  readonly #heldDelivered;
  readonly #triesDelivered;
  readonly #pinDelivered;
  readonly #dropOutdated;
  readonly #hideOrder;

  constructor(db: Database, group: GroupCommit) {
    this.#group = group;
    this.#dueTries = db.prepare<[], TriesRow>(DUE_TRIES);
    this.#duePins = db.prepare<[], PinRow>(DUE_PINS);
    this.#dueHeld = db.prepare<[], HeldRow>(DUE_HELD);
    this.#heldUpTo = db.prepare('UPDATE holdings_due SET after = ?');
    this.#heldDelivered = db.prepare(
      'DELETE FROM holdings_due WHERE NOT EXISTS (SELECT 1 FROM card WHERE uid > after)',
    );
    this.#triesDelivered = db.prepare('UPDATE tries SET report_due = 0 WHERE uid = ? AND running = ?');
    this.#pinDelivered = db.prepare(`
      UPDATE pin_report SET delivered = 1 WHERE uid = @uid AND pin_version = @pinVersion AND changed = @changed`);
    // The last one that changed a card is kept: an RC that was restored must hear of it again.
    this.#dropOutdated = db.prepare(`
      DELETE FROM pin_report WHERE uid = @uid AND delivered = 1 AND (changed = 0 OR number < (
        SELECT max(number) FROM pin_report WHERE uid = @uid AND changed = 1))`);
    // Below all that are due, where its number says nothing: the order would tell when each card got its PIN.
    this.#hideOrder = db.prepare(`
      UPDATE pin_report SET number = -1 - (random() & 0xfffffffffffff)
      WHERE uid = @uid AND delivered = 1 AND number > 0`);
  }

  /** The next batch, empty when everything has been delivered. */
  async next(): Promise<Batch> {
    return {
      tries: this.#dueTries.all().map(tryReport),
      pins: this.#duePins.all().map(pinReport),
      held: this.#dueHeld.all().map(heldReport),
    };
  }

  /** The RC has answered for `batch`. What was counted since then stays due. */
  delivered(batch: Batch): Promise<void> {
    return this.#group.write(() => {
      for (const { uid, running } of batch.tries) this.#triesDelivered.run(Buffer.from(uid, 'hex'), running);
      this.#tellHeldUpTo(batch.held);
      for (const pin of batch.pins) this.#tellPin(pin);
    });
  }

  #tellPin({ uid: hex, pinVersion, changed }: PinReport): void {
    const uid = Buffer.from(hex, 'hex');
    this.#pinDelivered.run({ uid, pinVersion, changed: Number(changed) });
    this.#dropOutdated.run({ uid });
    this.#hideOrder.run({ uid });
  }

  #tellHeldUpTo(held: readonly HeldByHub[]): void {
    const last = held.at(-1);
    if (last === undefined) return;
    this.#heldUpTo.run(Buffer.from(last.uid, 'hex'));
    this.#heldDelivered.run();
  }
}

function heldReport({ uid, pin_version: pinVersion, revoked }: HeldRow): HeldByHub {
  return { uid: toHex(uid), pinVersion, revoked: revoked === 1 };
}

function tryReport(row: TriesRow): TryReport {
  return {
    uid: toHex(row.uid),
    epoch: row.epoch,
    running: row.running,
    open: ATTEMPTS_MAX - row.attempts_left,
    total: row.failures,
    locked: row.locked === 1,
  };
}

function pinReport(row: PinRow): PinReport {
  return {
    uid: toHex(row.uid),
    pinVersion: row.pin_version,
    base: row.base,
    cs: toHex(row.cs),
    proof: toHex(row.proof),
    changed: row.changed === 1,
  };
}
