import { toHex } from '../../../protocol/bytes.ts';
import type { Method } from './table.ts';

/** Who is served, where and for how long. */
export const sessionInfo: Method<'session.info'> = async ({ identity }, session) => ({
  hubId: identity.hubId,
  location: identity.location,
  subject: toHex(session.subject),
  sessionId: toHex(session.id),
  validUntil: session.validUntil,
  expiresInSeconds: session.expiresInSeconds,
  failed: session.failed,
  suite: session.suite,
});
