import { type AuditAnchor, type AuditRow, TRAIL_START } from '../../runtime/audit/chain.ts';
import type { AuditTrail } from '../../runtime/audit/trail.ts';
import type { GroupCommit } from '../../runtime/group-commit.ts';
import type { Database } from '../../runtime/sqlite.ts';

/** Rows of the trail that the RC has not been told of, in their order, and the row that they continue. */
export interface UntoldRows {
  readonly after: AuditAnchor;
  readonly rows: readonly AuditRow[];
}

/** How far the RC has the audit trail: it is told of each row once, in order, however long it is away. */
export class AuditOutbox {
  readonly #group: GroupCommit;
  readonly #trail: AuditTrail;
  readonly #delivered;
  readonly #setDelivered;

  constructor(db: Database, group: GroupCommit, trail: AuditTrail) {
    this.#group = group;
    this.#trail = trail;
    this.#delivered = db.prepare<[], number>('SELECT number FROM audit_delivered').pluck();
    this.#setDelivered = db.prepare('UPDATE audit_delivered SET number = ?');
  }

  /** The last row that the RC is known to have. */
  async delivered(): Promise<AuditAnchor> {
    return this.#trail.anchorAt(this.#delivered.get() ?? 0) ?? TRAIL_START;
  }

  /** At most `limit` rows; none where the RC has them all. */
  async next(limit: number): Promise<UntoldRows> {
    const after = await this.delivered();
    return { after, rows: this.#trail.list({ after: after.number, limit }) };
  }

  /** The RC has the trail up to the row of that number. */
  deliveredUpTo(number: number): Promise<void> {
    return this.#group.write(() => void this.#setDelivered.run(number));
  }

  /** Whether that row is one of this trail. */
  async isOurs({ number, hash }: AuditAnchor): Promise<boolean> {
    const ours = this.#trail.anchorAt(number);
    return ours !== null && Buffer.compare(ours.hash, hash) === 0;
  }
}
