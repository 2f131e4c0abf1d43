import { toHex } from '../../protocol/bytes.ts';
import type { AuditTrail } from '../../runtime/audit/trail.ts';
import type { Database } from '../../runtime/sqlite.ts';
import type { RcAuditEvent } from './audit.ts';
import type { FirstCertificate } from './members.ts';
import { restoredAt } from './missing-cards.ts';
import { inTransaction } from './transaction.ts';

/** A card that hubs let in and this registry has never heard of: registered after the backup that was restored. */
export interface MissingCard {
  readonly uid: Uint8Array;
  readonly pinVersion: number;
  /** Which hub spoke of it first, and when. */
  readonly hub: string;
  readonly since: number;
}

/** A card that a hub, alone, says was revoked after the backup, beyond what one is believed for. */
export interface DoubtedRevocation {
  readonly uid: Uint8Array;
  readonly hub: string;
  readonly since: number;
}

/** What follows from a restore: another life of the feed, and what was lost with the time after the backup. */
export class Restores {
  readonly #db: Database;
  readonly #trail: AuditTrail;

  constructor(db: Database, trail: AuditTrail) {
    this.#db = db;
    this.#trail = trail;
  }

  /**
   * Begins a new life of the registry: hubs read the feed from 0 and tell what they know (PROTOCOL 2.6). Join
   * strings and registrations of before the backup are void, since they may have been used after it.
   *
   * @param restore.generation 16 random bytes
   * @param restore.operator gives an admin, the one who was first, a certificate
   * @returns that admin's id
   */
  async begin(restore: {
    readonly generation: Uint8Array;
    readonly now: number;
    readonly certificateFor: (admin: string) => Promise<FirstCertificate>;
  }): Promise<string> {
    const admin = this.#db
      .prepare<[], string>(
        `SELECT id FROM members WHERE role = 'admin' AND revoked IS NULL ORDER BY admitted, id LIMIT 1`,
      )
      .pluck()
      .get();
    if (admin === undefined) throw new Error('a registry without an admin cannot be');
    const certificate = await restore.certificateFor(admin);
    const { generation, now } = restore;
    inTransaction(this.#db, () => {
      this.#db.prepare('UPDATE network SET generation = ?, restored = ?').run(generation, now);
      this.#db.prepare('UPDATE tokens SET replaced = ? WHERE used IS NULL AND replaced IS NULL').run(now);
      this.#db.exec('DELETE FROM registrations; DELETE FROM missing_cards; DELETE FROM revocation_claims');
      this.#db
        .prepare('INSERT INTO certificates (fingerprint, member, expires, key) VALUES (?, ?, ?, ?)')
        .run(certificate.fingerprint, admin, certificate.expires, certificate.key);
      this.#trail.append({
        time: now,
        by: null,
        role: 'machine',
        from: null,
        action: 'backup.restored',
        outcome: 'done',
        member: admin,
        key: toHex(certificate.fingerprint),
      } satisfies RcAuditEvent);
    });
    return admin;
  }

  /** When it was restored last; null where it never was. */
  async restored(): Promise<number | null> {
    return restoredAt(this.#db);
  }

  /** The missing cards that nobody has settled, the first that was heard of first. */
  async missing(limit: number): Promise<{ readonly count: number; readonly cards: readonly MissingCard[] }> {
    const cards = this.#db
      .prepare<[number], MissingCard>(
        'SELECT uid, pin_version AS pinVersion, hub, since FROM missing_cards ORDER BY since, uid LIMIT ?',
      )
      .all(limit);
    const count = this.#db.prepare<[], number>('SELECT count(*) FROM missing_cards').pluck().get() ?? 0;
    return { count, cards };
  }

  /** What hubs say was revoked and is not yet, the first that was told of first. */
  async doubted(
    limit: number,
  ): Promise<{ readonly count: number; readonly cards: readonly DoubtedRevocation[] }> {
    const from = `FROM revocation_claims r
      WHERE NOT EXISTS (SELECT 1 FROM cards c WHERE c.uid = r.uid AND c.revoked IS NOT NULL)`;
    const cards = this.#db
      .prepare<[number], DoubtedRevocation>(
        `SELECT r.uid, r.hub, r.since ${from} ORDER BY r.since, r.uid LIMIT ?`,
      )
      .all(limit);
    return { count: this.#db.prepare<[], number>(`SELECT count(*) ${from}`).pluck().get() ?? 0, cards };
  }
}
