import { toHex } from '../../protocol/bytes.ts';
import type { AuditTrail } from '../../runtime/audit/trail.ts';
import type { GroupCommit } from '../../runtime/group-commit.ts';
import type { Database } from '../../runtime/sqlite.ts';
import type { MemberOrigin, RcAuditEvent } from './audit.ts';
import { type CardRecord, findCard } from './cards.ts';
import { checkMember } from './check-member.ts';
import { nextSequence } from './sequence.ts';

/** What is unlocked, by whom, and when. */
export interface Unlock {
  readonly uid: Uint8Array;
  readonly origin: MemberOrigin;
}

export type UnlockResult =
  | { readonly outcome: 'unlocked'; readonly card: CardRecord }
  /** Locked since a copy is at work: only a new card ends that (ADR 6). */
  | { readonly outcome: 'unknown' | 'revoked' | 'copied' | 'of a suite without locks' };

interface UnlockRow {
  readonly number: number;
  readonly revoked: number | null;
}

interface LockRow {
  readonly cause: string;
  readonly hub: string;
  readonly since: number;
}

/**
 * Lifts the locks of a card everywhere and has its tries counted anew: the epoch rises, so that locks and reports of
 * the one before count for nothing (PROTOCOL 2.5). A card of which no lock is known may be locked at a hub that
 * could not say so yet; it is unlocked, too.
 */
export function unlockCard(
  { db, group, trail }: { readonly db: Database; readonly group: GroupCommit; readonly trail: AuditTrail },
  { uid, origin }: Unlock,
): Promise<UnlockResult> {
  return group.write(() => {
    checkMember(db, origin);
    const card = db
      .prepare<[Uint8Array], UnlockRow>('SELECT number, revoked FROM cards WHERE uid = ?')
      .get(uid);
    if (card === undefined) {
      return { outcome: findCard(db, uid) === undefined ? 'unknown' : 'of a suite without locks' };
    }
    if (card.revoked !== null) return { outcome: 'revoked' };
    const locks = db
      .prepare<[number], LockRow>('SELECT cause, hub, since FROM locks WHERE card = ? ORDER BY since')
      .all(card.number);
    if (locks.some(({ cause }) => cause === 'copy')) return { outcome: 'copied' };
    noteUnlock(db, card.number, locks[0], origin);
    db.prepare('DELETE FROM locks WHERE card = ?').run(card.number);
    db.prepare('DELETE FROM tries WHERE card = ?').run(card.number);
    db.prepare('UPDATE cards SET epoch = epoch + 1, sequence = ? WHERE number = ?').run(
      nextSequence(db),
      card.number,
    );
    trail.append({
      ...origin,
      action: 'card.unlocked',
      outcome: 'done',
      card: toHex(uid),
    } satisfies RcAuditEvent);
    const unlocked = findCard(db, uid);
    return unlocked === undefined ? { outcome: 'unknown' } : { outcome: 'unlocked', card: unlocked };
  });
}

function noteUnlock(
  db: Database,
  card: number,
  lifted: LockRow | undefined,
  { by: operator, time }: MemberOrigin,
): void {
  db.prepare('INSERT INTO unlocks (card, time, operator, since, cause, hub) VALUES (?, ?, ?, ?, ?, ?)').run(
    card,
    time,
    operator,
    lifted?.since ?? null,
    lifted?.cause ?? null,
    lifted?.hub ?? null,
  );
}
