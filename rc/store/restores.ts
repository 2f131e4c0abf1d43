import { toHex } from '../../protocol/bytes.ts';
import type { AuditTrail } from '../../runtime/audit/trail.ts';
import { CardeaError } from '../../runtime/errors.ts';
import type { GroupCommit } from '../../runtime/group-commit.ts';
import type { Database } from '../../runtime/sqlite.ts';
import type { TrailAfter } from '../trail-after.ts';
import type { MemberOrigin, RcAuditEvent } from './audit.ts';
import { revokeCard } from './cards.ts';
import type { FirstCertificate } from './members.ts';
import { adoptMissing, restoredAt } from './missing-cards.ts';
import { liftLocksOf } from './revoke-member.ts';

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

/** Every admin that the backup knows was revoked after it. */
export class NoAdminLeftError extends CardeaError {
  readonly code = 'no-admin-left';
}

/** How a restored registry begins: whose it is, and who and what was revoked again. */
export interface BegunAnew {
  /** The first admin, who has a new certificate. */
  readonly admin: string;
  /** Ids. */
  readonly members: readonly string[];
  readonly cards: number;
}

/** What follows from a restore: another life of the feed, and what was lost with the time after the backup. */
export class Restores {
  readonly #db: Database;
  readonly #group: GroupCommit;
  readonly #trail: AuditTrail;

  constructor(db: Database, group: GroupCommit, trail: AuditTrail) {
    this.#db = db;
    this.#group = group;
    this.#trail = trail;
  }

  /**
   * Begins a new life of the registry: hubs read the feed from 0 and tell what they know (PROTOCOL 2.6). Join
   * strings and registrations of before the backup are void, since they may have been used after it.
   *
   * @param restore.generation 16 random bytes
   * @param restore.since what was revoked after the backup, where that is known: it is revoked again
   * @param restore.certificateFor gives an admin, the one who was first, a certificate
   * @throws NoAdminLeftError
   */
  async begin(restore: {
    readonly generation: Uint8Array;
    readonly now: number;
    readonly since: Pick<TrailAfter, 'members' | 'cards'>;
    readonly certificateFor: (admin: string) => Promise<FirstCertificate>;
  }): Promise<BegunAnew> {
    const { generation, now, since } = restore;
    const gone = new Set(since.members.map(({ id }) => id));
    const admin = this.#db
      .prepare<[], string>(
        `SELECT id FROM members WHERE role = 'admin' AND revoked IS NULL ORDER BY admitted, id`,
      )
      .pluck()
      .all()
      .find((id) => !gone.has(id));
    if (admin === undefined) {
      throw new NoAdminLeftError(
        'every admin that the backup knows was revoked after it: restore without --audit, and revoke by hand',
      );
    }
    const certificate = await restore.certificateFor(admin);
    return this.#group.write(() => {
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
      const revoked = this.#revokeAgain(since, { by: admin, time: now, role: 'machine', from: null });
      return { admin, ...revoked };
    });
  }

  /** What was revoked after the backup is so again; members with the time of the first time. */
  #revokeAgain(
    { members, cards }: Pick<TrailAfter, 'members' | 'cards'>,
    origin: MemberOrigin,
  ): Omit<BegunAnew, 'admin'> {
    const revoked = members.filter(({ id, time }) => this.#revokeMember(id, time, origin));
    const writer = { db: this.#db, trail: this.#trail };
    const find = this.#db
      .prepare<[Uint8Array], number>('SELECT number FROM every_card WHERE uid = ?')
      .pluck();
    let count = 0;
    for (const { uid, reason } of cards) {
      // Of the published scheme's cards, which are on no feed, nothing is left behind anywhere.
      const number = find.get(uid) ?? (uid.length === 16 ? adoptMissing(writer, uid, origin) : undefined);
      if (number === undefined) continue;
      revokeCard(writer, { number, uid }, reason, origin);
      count += 1;
    }
    return { members: revoked.map(({ id }) => id), cards: count };
  }

  #revokeMember(id: string, time: number, origin: MemberOrigin): boolean {
    const kind = this.#db
      .prepare<[number, string], string>(
        'UPDATE members SET revoked = ? WHERE id = ? AND revoked IS NULL RETURNING kind',
      )
      .pluck()
      .get(time, id);
    if (kind === undefined) return false;
    const unlocked = kind === 'hub' ? liftLocksOf(this.#db, id) : 0;
    this.#trail.append({
      ...origin,
      action: 'member.revoked',
      outcome: 'done',
      member: id,
      detail: `kind=${kind} unlocked=${unlocked} again`,
    } satisfies RcAuditEvent);
    return true;
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
