import type { AuditTrail } from '../../runtime/audit/trail.ts';
import type { GroupCommit } from '../../runtime/group-commit.ts';
import type { Database } from '../../runtime/sqlite.ts';
import type { MemberOrigin, RcAuditEvent } from './audit.ts';
import { checkMember } from './check-member.ts';
import { OPEN_TRIES_MAX, TOTAL_TRIES_MAX } from './reports.ts';
import { nextSequence } from './sequence.ts';

/** Who is to be cut off, and by whom. */
export interface MemberRevocation {
  readonly id: string;
  readonly kind: 'hub' | 'device' | 'operator';
  readonly origin: MemberOrigin;
}

export type MemberRevocationResult =
  | {
      readonly outcome: 'revoked' | 'was revoked';
      readonly revoked: number;
      /** SHA-256 of the certificates that it may show on a connection now. */
      readonly certificates: readonly Uint8Array[];
      /** How many cards were locked by nobody but this hub, and are not any more. */
      readonly unlocked: number;
    }
  | { readonly outcome: 'unknown' | 'self' };

/**
 * Revokes a member for ever, in one transaction with what comes of it. Locks that a hub made go with it, and what
 * it counted counts no more: it may have lied. Those of other hubs stay, and so do locks of copied cards and new
 * PINs, which were proved (PROTOCOL 2.6).
 */
export function revokeMember(
  { db, group, trail }: { readonly db: Database; readonly group: GroupCommit; readonly trail: AuditTrail },
  { id, kind, origin }: MemberRevocation,
): Promise<MemberRevocationResult> {
  return group.write((): MemberRevocationResult => {
    // Of two admins who revoke each other in the same moment one remains.
    checkMember(db, origin);
    const member = db
      .prepare<[string, string], { readonly revoked: number | null }>(
        'SELECT revoked FROM members WHERE id = ? AND kind = ?',
      )
      .get(id, kind);
    if (member === undefined) return { outcome: 'unknown' };
    if (id === origin.by) return { outcome: 'self' };
    const certificates = db
      .prepare<[string], Uint8Array>('SELECT fingerprint FROM certificates WHERE member = ?')
      .pluck()
      .all(id);
    if (member.revoked !== null) {
      return { outcome: 'was revoked', revoked: member.revoked, certificates, unlocked: 0 };
    }
    db.prepare('UPDATE members SET revoked = ? WHERE id = ?').run(origin.time, id);
    const unlocked = kind === 'hub' ? liftLocksOf(db, id) : 0;
    trail.append({
      ...origin,
      action: 'member.revoked',
      outcome: 'done',
      member: id,
      detail: `kind=${kind} unlocked=${unlocked}`,
    } satisfies RcAuditEvent);
    return { outcome: 'revoked', revoked: origin.time, certificates, unlocked };
  });
}

/** @returns how many cards are not locked any more */
export function liftLocksOf(db: Database, hub: string): number {
  const locked = db
    .prepare<{ hub: string }, number>(
      `SELECT number FROM cards WHERE revoked IS NULL AND number IN (SELECT card FROM locks)
       AND number IN (SELECT card FROM locks WHERE hub = @hub UNION SELECT card FROM tries WHERE hub = @hub)`,
    )
    .pluck()
    .all({ hub });
  db.prepare("DELETE FROM locks WHERE hub = ? AND cause = 'hub'").run(hub);
  db.prepare('DELETE FROM tries WHERE hub = ?').run(hub);
  // Nor does it bear another hub out any more.
  db.prepare('DELETE FROM revocation_claims WHERE hub = ?').run(hub);
  // Summed tries lock on where the other hubs' alone are enough.
  const liftSum = db.prepare(`
    DELETE FROM locks WHERE card = @card AND cause = 'tries' AND NOT EXISTS (
      SELECT 1 FROM (SELECT sum(open) AS open, sum(total) AS total FROM tries WHERE card = @card)
      WHERE open >= ${OPEN_TRIES_MAX} OR total >= ${TOTAL_TRIES_MAX})`);
  const isLocked = db.prepare('SELECT 1 FROM locks WHERE card = ?');
  const tell = db.prepare('UPDATE cards SET sequence = ? WHERE number = ?');
  let unlocked = 0;
  for (const card of locked) {
    liftSum.run({ card });
    if (isLocked.get(card) !== undefined) continue;
    tell.run(nextSequence(db), card);
    unlocked += 1;
  }
  return unlocked;
}
