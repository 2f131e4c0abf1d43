import { z } from 'zod';
import { count, memberId, memberKind, operatorRole, time } from './fields.ts';

/** `GET /v1/members?kind=`, by an operator: everybody who ever joined, by id. */
export const membersQuery = z.object({ kind: memberKind.optional() });
export type MembersQuery = z.input<typeof membersQuery>;

export const memberEntry = z.object({
  id: memberId,
  kind: memberKind,
  /** An operator's. */
  role: operatorRole.nullable(),
  admitted: time,
  revoked: time.nullable(),
  /** When the latest of its TLS certificates ends. */
  certificateEnds: time,
});
export type MemberEntry = z.infer<typeof memberEntry>;

export const membersResponse = z.object({ members: z.array(memberEntry) });
export type MembersResponse = z.infer<typeof membersResponse>;

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
