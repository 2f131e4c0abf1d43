import { toHex } from '../../protocol/bytes.ts';
import type { AuditTrail } from '../../runtime/audit/trail.ts';
import type { GroupCommit } from '../../runtime/group-commit.ts';
import type { Database } from '../../runtime/sqlite.ts';
import type { MemberOrigin, RcAuditEvent } from './audit.ts';
import { checkMember } from './check-member.ts';
import type { FirstCertificate } from './members.ts';

/** A member has one certificate, or two around a renewal; more only where keys get lost, or somebody plays. */
const IN_DATE_MAX = 8;

/** A certificate that a renewal gave. */
export interface RenewedCertificate extends FirstCertificate {
  readonly der: Uint8Array;
}

/** What a key was certified as. */
export interface CertifiedKey {
  readonly member: string;
  /** The latest certificate that a renewal gave to it; null where it came with joining. */
  readonly der: Uint8Array | null;
}

/** The TLS certificates of members, from one renewal to the next (PROTOCOL 2.6). */
export class Certificates {
  readonly #db: Database;
  readonly #group: GroupCommit;
  readonly #trail: AuditTrail;

  constructor(db: Database, group: GroupCommit, trail: AuditTrail) {
    this.#db = db;
    this.#group = group;
    this.#trail = trail;
  }

  /** @param key SHA-256 of its SubjectPublicKeyInfo, 32 bytes */
  async certified(key: Uint8Array): Promise<CertifiedKey | undefined> {
    return this.#certified(key);
  }

  /**
   * Enters a renewed certificate beside those that its member, who asks for it, has, in one transaction that
   * looks once more whether it may.
   */
  renew(renewed: RenewedCertificate, origin: MemberOrigin): Promise<'renewed' | 'key-taken' | 'too-many'> {
    const { by: member, time: now } = origin;
    return this.#group.write(() => {
      checkMember(this.#db, origin);
      if ((this.#certified(renewed.key)?.member ?? member) !== member) return 'key-taken';
      const inDate = this.#db
        .prepare<[string, number], number>(
          'SELECT count(*) FROM certificates WHERE member = ? AND expires >= ?',
        )
        .pluck()
        .get(member, now);
      if ((inDate ?? 0) >= IN_DATE_MAX) return 'too-many';
      this.#db
        .prepare(
          `INSERT INTO certificates (fingerprint, member, expires, key, der)
           VALUES (@fingerprint, @member, @expires, @key, @der)`,
        )
        .run({ ...renewed, member });
      this.#trail.append({
        ...origin,
        action: 'certificate.renewed',
        outcome: 'done',
        member,
        key: toHex(renewed.fingerprint),
      } satisfies RcAuditEvent);
      return 'renewed';
    });
  }

  /** Notes that a certificate was called with for the first time. */
  async noteFirstUse(fingerprint: Uint8Array, now: number): Promise<void> {
    await this.#group.write(() =>
      this.#db
        .prepare('UPDATE certificates SET used = ? WHERE fingerprint = ? AND used IS NULL')
        .run(now, fingerprint),
    );
  }

  #certified(key: Uint8Array): CertifiedKey | undefined {
    return this.#db
      .prepare<[Uint8Array], CertifiedKey>(
        'SELECT member, der FROM certificates WHERE key = ? ORDER BY expires DESC LIMIT 1',
      )
      .get(key);
  }
}
