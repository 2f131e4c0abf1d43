import { z } from 'zod';
import { count, memberKind, time } from './fields.ts';

/** `POST /v1/members/:id/revoke`, by an admin: cuts a member off for ever. `kind` guards against a mistyped id. */
export const memberRevocation = z.object({ kind: memberKind });
export type MemberRevocation = z.infer<typeof memberRevocation>;

export const memberRevoked = z.object({
  /** When; earlier than now where it was revoked already. */
  revoked: time,
  /** How many of its connections were cut. */
  connectionsCut: count,
  /** How many cards were locked by nobody but this hub, and are not any more. */
  unlocked: count,
});
export type MemberRevoked = z.infer<typeof memberRevoked>;
