import { z } from 'zod';
import { count, hexBytes, memberId, pinVersion, time, uid } from './fields.ts';
import { hubEntry } from './join.ts';

/** `GET /v1/status`, by an operator: how the registration centre stands. */
export const statusResponse = z.object({
  /** The RC's clock. */
  time,
  generation: hexBytes(16),
  /** The feed's latest sequence number. */
  sequence: z.int().min(0),
  /** SHA-256 of the authority's certificate. */
  authority: hexBytes(32),
  /** How many authorities before it are still believed. */
  earlierAuthorities: z.int().min(0).max(3),
  /** The number of the master key for new cards. */
  masterKey: z.int().min(0).max(255),
  /** When the RC's own TLS certificate ends; it is renewed at two thirds of its life. */
  certificateEnds: time,
  cards: z.object({ active: count, revoked: count, locked: count }),
  members: z.object({ hubs: count, devices: count, operators: count }),
  hubs: z.array(hubEntry),
  /** When it was restored from a backup last; null where it never was. */
  restored: time.nullable(),
  /** Cards that hubs hold and a restored registry does not know, until somebody revokes them: the first 100. */
  missing: z.object({
    count,
    cards: z.array(z.object({ uid, pinVersion, hub: memberId, since: time })).max(100),
  }),
  /**
   * Cards that one hub alone says were revoked before the restore, beyond what one is believed for, until another
   * says the same or somebody revokes them: the first 100.
   */
  doubted: z.object({ count, cards: z.array(z.object({ uid, hub: memberId, since: time })).max(100) }),
  /** The audit trail: how many rows it has, and its anchor, to be written down. */
  audit: z.object({ rows: z.int().min(0), anchor: z.string() }),
});
export type StatusResponse = z.infer<typeof statusResponse>;
