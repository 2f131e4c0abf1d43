import { RequestRefusedError } from '../../errors.ts';
import type { Method } from './table.ts';

/** The session's time begins anew, up to the longest that the hub's policy allows. */
export const sessionRenew: Method<'session.renew'> = async (_hub, session) => {
  if (!session.renew()) {
    throw new RequestRefusedError('not-allowed', 'the session is as long as it may be: log in again');
  }
  return { validUntil: session.validUntil, expiresInSeconds: session.expiresInSeconds };
};
