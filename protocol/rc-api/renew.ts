import { z } from 'zod';
import { der, hexBytes } from './fields.ts';
import { authorities } from './join.ts';

/**
 * `POST /v1/renew`, by a hub, a terminal or an operator, with a certificate that is in date or expired at most
 * 30 days ago (PROTOCOL 2.6): certifies new keys. Who the caller is, and all else that the certificates say,
 * the registry knows. The same keys may ask again after a lost reply.
 */
export const renewRequest = z
  .object({
    /** SubjectPublicKeyInfo of the caller's new P-256 TLS key. */
    tlsKey: der.optional(),
    /** A hub's new X25519 public key. */
    hubKey: hexBytes(32).optional(),
  })
  .refine(({ tlsKey, hubKey }) => tlsKey !== undefined || hubKey !== undefined, 'tlsKey or hubKey, or both');
export type RenewRequest = z.infer<typeof renewRequest>;

export const renewResponse = z.object({
  /** For `tlsKey`. The certificate before it stays good until it expires. */
  tlsCertificate: der.optional(),
  /** For `hubKey`. */
  hubCertificate: der.optional(),
  authorities,
});
export type RenewResponse = z.infer<typeof renewResponse>;
