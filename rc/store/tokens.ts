import { equalConstantTime, toHex } from '../../protocol/bytes.ts';
import type { AuditTrail } from '../../runtime/audit/trail.ts';
import type { GroupCommit } from '../../runtime/group-commit.ts';
import type { Database } from '../../runtime/sqlite.ts';
import type { MemberOrigin, RcAuditEvent } from './audit.ts';
import { checkMember } from './check-member.ts';
import {
  type FirstCertificate,
  insertMember,
  isTaken,
  type Membership,
  type MembershipRow,
  membershipOf,
  membershipRow,
  standingOf,
} from './members.ts';

/** What a joiner is given: certificates, as DER. */
export interface IssuedCertificates {
  readonly tls: Uint8Array;
  /** A hub's X25519 certificate. */
  readonly hub: Uint8Array | null;
}

/** Why a token is worth nothing. To be told to the operator, never to the joiner. */
export type TokenFault =
  | 'unknown'
  | 'of another kind'
  | 'expired'
  | 'replaced'
  | 'used'
  | 'id taken'
  | 'member revoked';

/** What a token is worth to whoever shows it now. */
export type TokenVerdict =
  | { readonly outcome: 'good'; readonly member: Membership }
  | { readonly outcome: 'redeemed'; readonly member: Membership; readonly certificates: IssuedCertificates }
  | { readonly outcome: 'refused'; readonly fault: TokenFault; readonly id: string | null };

/** Who redeems a token, and when. */
export interface Redemption {
  /** SHA-256 of the token's secret: the secret itself is not kept. */
  readonly secretHash: Uint8Array;
  readonly kind: Membership['kind'];
  /** SHA-256 over the joiner's public keys: the same joiner may ask again after a lost reply. */
  readonly joiner: Uint8Array;
  readonly now: number;
  /** The joiner's network address. */
  readonly from: string | null;
}

interface TokenRow extends MembershipRow {
  readonly expires: number;
  readonly replaced: number | null;
  readonly revoked: number | null;
  readonly joiner: Uint8Array | null;
  readonly tls_certificate: Uint8Array | null;
  readonly hub_certificate: Uint8Array | null;
}

/** One-time join tokens (DESIGN, setting up). */
export class Tokens {
  readonly #db: Database;
  readonly #group: GroupCommit;
  readonly #trail: AuditTrail;

  constructor(db: Database, group: GroupCommit, trail: AuditTrail) {
    this.#db = db;
    this.#group = group;
    this.#trail = trail;
  }

  /**
   * Keeps a new token; an unused earlier one for the same id is worth nothing from now on.
   *
   * @returns false when a member has that id already
   */
  mint(token: {
    readonly secretHash: Uint8Array;
    readonly member: Membership;
    readonly expires: number;
    readonly origin: MemberOrigin;
  }): Promise<boolean> {
    const { member, origin } = token;
    return this.#group.write(() => {
      checkMember(this.#db, origin);
      if (isTaken(this.#db, member.id)) return false;
      this.#db
        .prepare('UPDATE tokens SET replaced = ? WHERE id = ? AND used IS NULL AND replaced IS NULL')
        .run(origin.time, member.id);
      this.#db
        .prepare(
          `INSERT INTO tokens (secret_hash, kind, id, role, location, address, minted, minted_by, expires)
           VALUES (@secretHash, @kind, @id, @role, @location, @address, @now, @mintedBy, @expires)`,
        )
        .run({
          ...membershipRow(member),
          secretHash: token.secretHash,
          now: origin.time,
          mintedBy: origin.by,
          expires: token.expires,
        });
      const role = member.kind === 'operator' ? ` role=${member.role}` : '';
      this.#trail.append({
        ...origin,
        action: 'token.minted',
        outcome: 'done',
        member: member.id,
        detail: `kind=${member.kind}${role}`,
      } satisfies RcAuditEvent);
      return true;
    });
  }

  /** What the token is worth. Changes nothing. */
  async examine(redemption: Redemption): Promise<TokenVerdict> {
    return this.#examine(redemption);
  }

  /**
   * Marks the token used, lets the member in and keeps its certificates, in one transaction that looks at the
   * token once more: whoever came second in a race gets what the first was given, or is refused.
   */
  redeem(redemption: Redemption, issued: IssuedCertificates & FirstCertificate): Promise<TokenVerdict> {
    return this.#group.write(() => {
      const verdict = this.#examine(redemption);
      if (verdict.outcome !== 'good') return verdict;
      insertMember(this.#db, verdict.member, issued, redemption.now);
      this.#db
        .prepare(
          `UPDATE tokens SET used = @now, joiner = @joiner, tls_certificate = @tls, hub_certificate = @hub
           WHERE secret_hash = @secretHash`,
        )
        .run({
          now: redemption.now,
          joiner: redemption.joiner,
          tls: issued.tls,
          hub: issued.hub,
          secretHash: redemption.secretHash,
        });
      this.#trail.append({
        time: redemption.now,
        by: verdict.member.id,
        role: standingOf(verdict.member),
        from: redemption.from,
        action: 'member.joined',
        outcome: 'done',
        member: verdict.member.id,
        key: toHex(issued.fingerprint),
      } satisfies RcAuditEvent);
      return {
        outcome: 'redeemed',
        member: verdict.member,
        certificates: { tls: issued.tls, hub: issued.hub },
      };
    });
  }

  #examine({ secretHash, kind, joiner, now }: Redemption): TokenVerdict {
    const row = this.#db
      .prepare<[Uint8Array], TokenRow>(
        `SELECT t.id, t.kind, t.role, t.location, t.address, t.expires, t.replaced,
           t.joiner, t.tls_certificate, t.hub_certificate, m.revoked
         FROM tokens t LEFT JOIN members m ON m.id = t.id WHERE t.secret_hash = ?`,
      )
      .get(secretHash);
    if (row === undefined) return { outcome: 'refused', fault: 'unknown', id: null };
    const refused = (fault: TokenFault): TokenVerdict => ({ outcome: 'refused', fault, id: row.id });

    if (row.kind !== kind) return refused('of another kind');
    if (row.joiner !== null && row.tls_certificate !== null) {
      if (!equalConstantTime(row.joiner, joiner)) return refused('used');
      if (row.revoked !== null) return refused('member revoked');
      const certificates = { tls: row.tls_certificate, hub: row.hub_certificate };
      return { outcome: 'redeemed', member: membershipOf(row), certificates };
    }
    if (row.replaced !== null) return refused('replaced');
    if (now >= row.expires) return refused('expired');
    if (isTaken(this.#db, row.id)) return refused('id taken');
    return { outcome: 'good', member: membershipOf(row) };
  }
}
