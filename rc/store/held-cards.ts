import type { AuditTrail } from '../../runtime/audit/trail.ts';
import type { Database } from '../../runtime/sqlite.ts';
import type { MemberOrigin, RcAuditEvent } from './audit.ts';
import { revokeCard } from './cards.ts';
import { cardStateRow } from './feed.ts';
import { adoptMissing, type HeldByHub, MISSING_MAX, noteMissing } from './missing-cards.ts';
import type { Notice } from './reports.ts';

/**
 * Of so many cards a hub alone is believed that they were revoked after the backup. A revocation is for ever, so that a
 * hub which lies would end every card there is; beyond this a second hub has to say the same, or an operator.
 */
export const REVOCATIONS_ALONE_MAX = 100;

interface Writer {
  readonly db: Database;
  readonly trail: AuditTrail;
}

/**
 * Inside a transaction of the caller's: takes what a hub holds that has met a restored registry, and the registry lost
 * with the time after its backup. Hubs never undo a revocation (PROTOCOL 2.6), so that it is believed, within bounds;
 * a card that the registry does not know is noted until an operator has settled it.
 */
export function takeHeld(writer: Writer, held: readonly HeldByHub[], origin: MemberOrigin): Notice[] {
  const notices: Notice[] = [];
  const doubted: Notice[] = [];
  for (const card of held) {
    const { uid } = card;
    const row = cardStateRow(writer.db, uid);
    if (row?.revoked === 1 || (row !== undefined && !card.revoked)) continue;
    if (card.revoked && isBelieved(writer.db, uid, origin)) {
      const number = row?.number ?? adoptMissing(writer, uid, origin);
      revokeCard(writer, { number, uid }, 'other', origin);
      notices.push({ uid, what: 'revoked by hub' });
      continue;
    }
    if (row === undefined && noteMissing(writer, card, origin)) notices.push({ uid, what: 'missing' });
    if (card.revoked) doubted.push({ uid, what: 'revocation doubted' });
  }
  if (doubted.length > 0) noteDoubt(writer.trail, doubted.length, origin);
  return [...notices, ...doubted.slice(0, 1)];
}

/** One row and one notice for all that come at once: there may be as many as there are cards. */
function noteDoubt(trail: AuditTrail, cards: number, origin: MemberOrigin): void {
  trail.append({
    ...origin,
    action: 'revocations.doubted',
    outcome: 'done',
    detail: `cards=${cards}`,
  } satisfies RcAuditEvent);
}

function isBelieved(db: Database, uid: Uint8Array, { by: hub, time }: MemberOrigin): boolean {
  const count = db.prepare<[string], number>('SELECT count(*) FROM revocation_claims WHERE hub = ?').pluck();
  if ((count.get(hub) ?? 0) < MISSING_MAX) {
    db.prepare('INSERT INTO revocation_claims (uid, hub, since) VALUES (?, ?, ?) ON CONFLICT DO NOTHING').run(
      uid,
      hub,
      time,
    );
  }
  const another = db.prepare('SELECT 1 FROM revocation_claims WHERE uid = ? AND hub <> ?').get(uid, hub);
  return another !== undefined || (count.get(hub) ?? 0) <= REVOCATIONS_ALONE_MAX;
}
