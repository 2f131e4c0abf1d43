import { z } from 'zod';
import { hexBytes } from './fields.ts';
import { authorities } from './join.ts';

/**
 * `POST /v1/authority/rotate`, by an admin: a new authority, certified by the present one. `replaces` names that,
 * so that the same request, sent again after a lost answer, is answered alike and rotates once.
 */
export const authorityRotation = z.object({
  /** SHA-256 of the present authority's certificate, as the status has it. */
  replaces: hexBytes(32),
  /** Goes on though cards in use pin an authority for which a hub's chain has no room any more. */
  dropOldest: z.boolean().default(false),
});
export type AuthorityRotation = z.input<typeof authorityRotation>;

export const authorityRotated = z.object({
  /** SHA-256 of the new one's certificate. */
  authority: hexBytes(32),
  /** What cards carry of it from now on. */
  caPin: hexBytes(16),
  authorities,
});
export type AuthorityRotated = z.infer<typeof authorityRotated>;

const keyId = z.int().min(0).max(255);

/** `POST /v1/master-key/rotate`, by an admin: a new `K_RC[keyId]` for new cards. */
export const masterKeyRotation = z.object({ replaces: keyId });
export type MasterKeyRotation = z.infer<typeof masterKeyRotation>;

export const masterKeyRotated = z.object({ keyId });
export type MasterKeyRotated = z.infer<typeof masterKeyRotated>;
