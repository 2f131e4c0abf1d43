import { toHex } from '../../protocol/bytes.ts';
import type { AuditTrail } from '../../runtime/audit/trail.ts';
import type { GroupCommit } from '../../runtime/group-commit.ts';
import type { Database } from '../../runtime/sqlite.ts';
import type { RcAuditEvent } from './audit.ts';

export type OperatorRole = 'admin' | 'registrar' | 'auditor';

/** What a member is, as the operator who let it in wrote it (PROTOCOL 2.1). */
export type Membership =
  | { readonly kind: 'hub'; readonly id: string; readonly location: string; readonly address: string }
  | { readonly kind: 'device'; readonly id: string }
  | { readonly kind: 'operator'; readonly id: string; readonly role: OperatorRole };

/** What a member may stand for: machines by their kind, operators by their role. */
export type Standing = 'hub' | 'device' | OperatorRole;

/** Whoever holds a certificate that the registry knows. */
export interface KnownCaller {
  readonly member: Membership;
  /** When the certificate ends. */
  readonly expires: number;
  /** It has been called with before. */
  readonly used: boolean;
  /** A later certificate of the same member has been called with. */
  readonly superseded: boolean;
  readonly revoked: boolean;
}

/** A certificate as it is entered with its member. */
export interface FirstCertificate {
  /** SHA-256 of its DER, 32 bytes. */
  readonly fingerprint: Uint8Array;
  /** SHA-256 of its key's SubjectPublicKeyInfo, 32 bytes. */
  readonly key: Uint8Array;
  readonly expires: number;
}

/** A hub, and how far it has come with the feed. */
export interface HubStanding {
  readonly id: string;
  readonly location: string;
  readonly address: string;
  readonly revoked: boolean;
  readonly lastSeen: number | null;
  /** Cards whose newest state it has not taken yet. */
  readonly behind: number;
  /** Of Cardea, as it says itself; null before it was heard. */
  readonly version: string | null;
  /** The RC's time at the last page of the feed that it has on its disk. */
  readonly listOf: number | null;
  /** When the certificate ends by which it calls; null where it has not called yet. */
  readonly tlsCertificateEnds: number | null;
  /** When the certificate ends that it shows to terminals, as it says itself. */
  readonly hubCertificateEnds: number | null;
  /** How many cards it has locked within the last day, those that are locked still. */
  readonly locks: number;
  /** It locks more than its share. */
  readonly alarm: boolean;
  /** How many rows of its audit trail are here. */
  readonly trailRows: number;
  /** Where that goes on otherwise than before; null where it never did. */
  readonly trailBegunAnew: { readonly branch: number; readonly row: number; readonly time: number } | null;
}

/** What a hub says of itself when it asks for the feed. */
export interface HubNews {
  /** How far it has taken the feed. */
  readonly cursor?: number;
  readonly version?: string | undefined;
  readonly listOf?: number | undefined;
  readonly hubCertificateEnds?: number | undefined;
}

const DAY_MS = 86_400_000;
/** Fewer locks in a day than this are no reason for an alarm. */
const ALARMING_LOCKS = 10;
/** More than so many times what the other hubs lock on average is more than a hub's share. */
const ALARMING_SHARE = 4;

/** Whether a hub's locks of a day are more than its share (PROTOCOL 2.6). */
export function locksTooMany(own: number, others: readonly number[]): boolean {
  if (own < ALARMING_LOCKS) return false;
  const sum = others.reduce((total, locks) => total + locks, 0);
  return own > (ALARMING_SHARE * sum) / Math.max(1, others.length);
}

/** A member, whatever it is. */
export interface MemberListing {
  readonly id: string;
  readonly kind: Membership['kind'];
  readonly role: OperatorRole | null;
  readonly admitted: number;
  readonly revoked: number | null;
  readonly certificateEnds: number;
}

/** How membership stands in a row of `members` or `tokens`. */
export interface MembershipRow {
  readonly id: string;
  readonly kind: 'hub' | 'device' | 'operator';
  readonly role: OperatorRole | null;
  readonly location: string | null;
  readonly address: string | null;
}

interface CallerRow extends MembershipRow {
  readonly expires: number;
  readonly used: number | null;
  readonly superseded: 0 | 1;
  readonly revoked: number | null;
}

type HubRow = Omit<HubStanding, 'revoked' | 'behind' | 'alarm' | 'trailBegunAnew'> & {
  readonly revoked: number | null;
  readonly cursor: number;
  readonly branch: number | null;
  readonly first: number | null;
  readonly begun: number | null;
};

/** The registry of who belongs to the network. */
export class Members {
  readonly #db: Database;
  readonly #group: GroupCommit;
  readonly #trail: AuditTrail;

  constructor(db: Database, group: GroupCommit, trail: AuditTrail) {
    this.#db = db;
    this.#group = group;
    this.#trail = trail;
  }

  /** Lets a member in without a token: the first operator, at `init`. */
  admitFirst(member: Membership, certificate: FirstCertificate, now: number): Promise<void> {
    return this.#group.write(() => {
      insertMember(this.#db, member, certificate, now);
      this.#trail.append({
        time: now,
        by: null,
        role: 'machine',
        from: null,
        action: 'member.admitted',
        outcome: 'done',
        member: member.id,
        key: toHex(certificate.fingerprint),
      } satisfies RcAuditEvent);
    });
  }

  /** @param fingerprint SHA-256 of the certificate's DER, 32 bytes */
  async findByCertificate(fingerprint: Uint8Array): Promise<KnownCaller | undefined> {
    const row = this.#db
      .prepare<[Uint8Array], CallerRow>(
        `SELECT m.id, m.kind, m.role, m.location, m.address, m.revoked, c.expires, c.used,
           EXISTS (SELECT 1 FROM certificates later WHERE later.member = c.member
             AND later.used IS NOT NULL AND later.expires > c.expires) AS superseded
         FROM certificates c JOIN members m ON m.id = c.member WHERE c.fingerprint = ?`,
      )
      .get(fingerprint);
    if (row === undefined) return undefined;
    return {
      member: membershipOf(row),
      expires: row.expires,
      used: row.used !== null,
      superseded: row.superseded === 1,
      revoked: row.revoked !== null,
    };
  }

  /** All hubs there ever were, by id. */
  async hubs(now: number): Promise<readonly HubStanding[]> {
    return this.#db.transaction(() => {
      const rows = this.#db
        .prepare<{ since: number }, HubRow>(
          `SELECT id, location, address, revoked, last_seen AS lastSeen, cursor, version, list_of AS listOf,
             hub_certificate_ends AS hubCertificateEnds,
             (SELECT max(expires) FROM certificates WHERE member = id AND used IS NOT NULL) AS tlsCertificateEnds,
             (SELECT count(*) FROM locks WHERE hub = id AND cause = 'hub' AND since > @since) AS locks,
             coalesce(trail.head, 0) AS trailRows, trail.branch, trail.first, trail.begun
           FROM members
             LEFT JOIN hub_trails AS trail ON trail.hub = id AND trail.branch =
               (SELECT max(branch) FROM hub_trails WHERE hub_trails.hub = id)
           WHERE kind = 'hub' ORDER BY id`,
        )
        .all({ since: now - DAY_MS });
      const behind = this.#behind(rows.map(({ cursor }) => cursor));
      const standing = rows.filter(({ revoked }) => revoked === null);
      return rows.map(({ cursor, revoked, branch, first, begun, ...row }) => {
        const others = standing.filter(({ id }) => id !== row.id).map(({ locks }) => locks);
        return {
          ...row,
          revoked: revoked !== null,
          behind: behind.get(cursor) ?? 0,
          alarm: locksTooMany(row.locks, others),
          trailBegunAnew:
            branch !== null && branch > 1 ? { branch, row: first ?? 0, time: begun ?? 0 } : null,
        };
      });
    })();
  }

  /** Notes that a hub was heard, and what it says of itself. */
  async heardFrom(hub: string, now: number, news: HubNews = {}): Promise<void> {
    await this.#group.write(() =>
      this.#db
        .prepare(
          `UPDATE members SET last_seen = @now, cursor = coalesce(@cursor, cursor),
             version = coalesce(@version, version), list_of = coalesce(@listOf, list_of),
             hub_certificate_ends = coalesce(@hubCertificateEnds, hub_certificate_ends)
           WHERE id = @hub`,
        )
        .run({
          hub,
          now,
          cursor: news.cursor ?? null,
          version: news.version ?? null,
          listOf: news.listOf ?? null,
          hubCertificateEnds: news.hubCertificateEnds ?? null,
        }),
    );
  }

  /** For each cursor, how many cards have changed after it: no part of the feed is counted twice. */
  #behind(cursors: readonly number[]): ReadonlyMap<number, number> {
    const count = this.#db
      .prepare<[number, number], number>('SELECT count(*) FROM cards WHERE sequence > ? AND sequence <= ?')
      .pluck();
    const behind = new Map<number, number>();
    let above = Number.MAX_SAFE_INTEGER;
    let total = 0;
    for (const cursor of [...new Set(cursors)].sort((one, other) => other - one)) {
      total += count.get(cursor, above) ?? 0;
      behind.set(cursor, total);
      above = cursor;
    }
    return behind;
  }

  /** Everybody who ever joined, or all of one kind, by id. */
  async list(kind: Membership['kind'] | undefined): Promise<readonly MemberListing[]> {
    return this.#db
      .prepare<{ kind: string | null }, MemberListing>(
        `SELECT id, kind, role, admitted, revoked,
           (SELECT max(expires) FROM certificates WHERE member = id) AS certificateEnds
         FROM members WHERE @kind IS NULL OR kind = @kind ORDER BY id`,
      )
      .all({ kind: kind ?? null });
  }

  async count(): Promise<{ readonly hubs: number; readonly devices: number; readonly operators: number }> {
    const count = this.#db
      .prepare<[string], number>('SELECT count(*) FROM members WHERE kind = ? AND revoked IS NULL')
      .pluck();
    return {
      hubs: count.get('hub') ?? 0,
      devices: count.get('device') ?? 0,
      operators: count.get('operator') ?? 0,
    };
  }
}

/** Inside a transaction of the caller's. */
export function insertMember(
  db: Database,
  member: Membership,
  certificate: FirstCertificate,
  now: number,
): void {
  const row = membershipRow(member);
  db.prepare(
    `INSERT INTO members (id, kind, role, location, address, admitted)
     VALUES (@id, @kind, @role, @location, @address, @now)`,
  ).run({ ...row, now });
  db.prepare('INSERT INTO certificates (fingerprint, member, expires, key) VALUES (?, ?, ?, ?)').run(
    certificate.fingerprint,
    member.id,
    certificate.expires,
    certificate.key,
  );
}

export function standingOf(member: Membership): Standing {
  return member.kind === 'operator' ? member.role : member.kind;
}

export function isTaken(db: Database, id: string): boolean {
  return db.prepare('SELECT 1 FROM members WHERE id = ?').get(id) !== undefined;
}

export function membershipRow(member: Membership): MembershipRow {
  return {
    id: member.id,
    kind: member.kind,
    role: member.kind === 'operator' ? member.role : null,
    location: member.kind === 'hub' ? member.location : null,
    address: member.kind === 'hub' ? member.address : null,
  };
}

export function membershipOf(row: MembershipRow): Membership {
  const { kind, id } = row;
  switch (kind) {
    case 'hub':
      return { kind, id, location: row.location ?? '', address: row.address ?? '' };
    case 'device':
      return { kind, id };
    case 'operator':
      // The schema has a role for every operator; without one, the least.
      return { kind, id, role: row.role ?? 'auditor' };
  }
}
