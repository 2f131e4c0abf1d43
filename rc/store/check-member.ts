import type { Database } from '../../runtime/sqlite.ts';
import { RefusedError } from '../errors.ts';
import type { MemberOrigin } from './audit.ts';

/**
 * Inside a transaction of the caller's, before anything else: whoever asks was let in, and may have been revoked
 * since, even by a write that shares this commit.
 *
 * @throws RefusedError member-revoked
 */
export function checkMember(db: Database, { by }: MemberOrigin): void {
  if (db.prepare('SELECT 1 FROM members WHERE id = ? AND revoked IS NULL').get(by) !== undefined) return;
  throw new RefusedError('member-revoked', `${by} was revoked: ask the network's operator`);
}
