import { z } from 'zod';
import {
  count,
  der,
  hexBytes,
  hostPort,
  line,
  memberId,
  memberKind,
  newMemberId,
  operatorRole,
  reachableHostPort,
  time,
} from './fields.ts';

/** How a hub stands, for operators. */
export const hubStanding = z.object({
  /** Of Cardea, as the hub says itself; null before it was heard. */
  version: z.string().nullable(),
  /** How old its lists are: since the RC gave the last page of the feed that the hub has on its disk. */
  listAgeSeconds: z.int().min(0).nullable(),
  /** When the certificate ends by which it calls; null where it has not called yet. */
  tlsCertificateEnds: time.nullable(),
  /** When the certificate ends that it shows to terminals, as the hub says itself. */
  hubCertificateEnds: time.nullable(),
  /** How many cards it has locked within the last day. */
  locks: count,
  /** It locks more than its share: it may lie, or somebody tries cards there. */
  alarm: z.boolean(),
  /** How many rows of its audit trail it has told of, and where that goes on otherwise than before. */
  trail: z
    .object({
      rows: z.int().min(0),
      /** The branch that began, the number of its first row, and when that came; null where it is the first. */
      begunAnew: z.object({ branch: z.int().min(2), row: z.int().min(1), time }).nullable(),
    })
    .optional(),
});
export type HubStanding = z.infer<typeof hubStanding>;

/** One hub as terminals and operators see it. */
export const hubEntry = z.object({
  id: memberId,
  location: line(64),
  address: hostPort,
  revoked: z.boolean(),
  /** When the RC last heard from it; null before the first time. */
  lastSeen: time.nullable(),
  /** How many changes of the feed it has not taken yet. */
  behind: z.int().min(0),
  /** Told to operators alone. */
  standing: hubStanding.optional(),
});
export type HubEntry = z.infer<typeof hubEntry>;

/** The network's authority certificates, the newest first, each certified by the next where it has rotated. */
export const authorities = z.array(der).min(1).max(4);

/** `POST /v1/join`, without a client certificate: redeems a join token (DESIGN, setting up). */
export const joinRequest = z.object({
  kind: memberKind,
  secret: hexBytes(16),
  /** SubjectPublicKeyInfo of the joiner's P-256 TLS key. */
  tlsKey: der,
  /** A hub's X25519 public key. */
  hubKey: hexBytes(32).optional(),
});
export type JoinRequest = z.infer<typeof joinRequest>;

export const joinResponse = z.object({
  kind: memberKind,
  id: memberId,
  role: operatorRole.optional(),
  tlsCertificate: der,
  authorities,
  hub: z.object({ certificate: der, location: line(64), address: hostPort }).optional(),
  hubs: z.array(hubEntry),
});
export type JoinResponse = z.infer<typeof joinResponse>;

/** `POST /v1/tokens`, by an admin: mints a join token. What its certificate will say is bound here. */
export const tokenRequest = z.discriminatedUnion('kind', [
  z.object({
    kind: z.literal('hub'),
    id: newMemberId,
    location: line(64),
    address: reachableHostPort,
  }),
  z.object({ kind: z.literal('device'), id: newMemberId }),
  z.object({ kind: z.literal('operator'), id: newMemberId, role: operatorRole }),
]);
export type TokenRequest = z.infer<typeof tokenRequest>;

export const tokenResponse = z.object({ token: z.string(), expires: time });
export type TokenResponse = z.infer<typeof tokenResponse>;

/** `GET /v1/hubs`: for terminals, hubs and operators. */
export const hubsResponse = z.object({ hubs: z.array(hubEntry), authorities });
export type HubsResponse = z.infer<typeof hubsResponse>;
