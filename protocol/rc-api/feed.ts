import { z } from 'zod';
import { hubCard } from './cards.ts';
import { COMPACT_PAGE_MAX } from './compact-feed.ts';
import { count, epoch, hexBytes, pinVersion, time, uid } from './fields.ts';

/** So many changes at most are in a page of JSON. */
export const JSON_PAGE_MAX = 5_000;

/** `GET /v1/feed`, by a hub (PROTOCOL 2.6). Waits up to `wait` seconds for a change where there is none. */
export const feedQuery = z.object({
  /** The generation the cursor belongs to; with another one, or none, the answer starts from 0. */
  generation: hexBytes(16).optional(),
  after: z.coerce.number().int().min(0).default(0),
  wait: z.coerce.number().int().min(0).max(60).default(0),
  /** In JSON a page has at most JSON_PAGE_MAX changes, whatever is asked for. */
  limit: z.coerce.number().int().min(1).max(COMPACT_PAGE_MAX).default(1_000),
  /** What the hub says of itself, for operators: its version of Cardea, `time` of its last page, its certificate's end. */
  version: z
    .string()
    .regex(/^[0-9A-Za-z.+-]{1,32}$/)
    .optional(),
  listOf: z.coerce.number().int().min(0).max(Number.MAX_SAFE_INTEGER).optional(),
  certificateEnds: z.coerce.number().int().min(0).max(Number.MAX_SAFE_INTEGER).optional(),
});
export type FeedQuery = z.input<typeof feedQuery>;

export const feedPage = z.object({
  generation: hexBytes(16),
  /** The RC's clock when it answered: the age of the hub's lists counts from it. */
  time,
  changes: z.array(z.object({ sequence: z.int().min(1), card: hubCard })),
  /** What to give as `after` next time. */
  cursor: z.int().min(0),
  /** More is there already. */
  more: z.boolean(),
  /** SHA-256 of the network's newest authority: a hub whose certificates are by another renews them at once. */
  authority: hexBytes(32).optional(),
});
export type FeedPage = z.infer<typeof feedPage>;

/** `GET /v1/feed/cards/:uid`, by a hub that met a UID or a PIN version it does not know. */
export const feedCard = z.object({ card: hubCard.nullable() });
export type FeedCard = z.infer<typeof feedCard>;

/** What a hub counted for a card (PROTOCOL 2.5, tries): only the latest `running` counts, and only of the card's epoch. */
export const tryReport = z.object({
  uid,
  epoch,
  running: z.int().min(1),
  /** Wrong tries since this hub's own last right login. */
  open: count,
  /** Wrong tries in the epoch. */
  total: count,
  locked: z.boolean(),
});
export type TryReport = z.infer<typeof tryReport>;

/** A new PIN (PROTOCOL 2.6): `changed` false from `pin.prepare`, true from `pin.changed` or the login that stands for it. */
export const pinReport = z.object({
  uid,
  pinVersion,
  /** The card's PIN version at the hub when the new one was prepared or taken over: what it was made from. */
  base: pinVersion,
  cs: hexBytes(32),
  proof: hexBytes(32),
  changed: z.boolean(),
});
export type PinReport = z.infer<typeof pinReport>;

/** So many cards that a hub holds are told of at once. */
export const HELD_MAX = 1_000;

/** A card that a hub holds: what a restored RC may have lost (PROTOCOL 2.6). */
export const heldCard = z.object({ uid, pinVersion, revoked: z.boolean() });
export type HeldByHub = z.infer<typeof heldCard>;

/** `POST /v1/reports`, by a hub. May come twice, late and out of order. Unknown cards are passed over. */
export const reportsRequest = z.object({
  tries: z.array(tryReport).max(500),
  pins: z.array(pinReport).max(500),
  /** By a hub that has met another generation: all that it holds, in pages. */
  held: z.array(heldCard).max(HELD_MAX).optional(),
});
export type ReportsRequest = z.infer<typeof reportsRequest>;

/** The cards spoken of, as they are afterwards. */
export const reportsResponse = z.object({ cards: z.array(hubCard) });
export type ReportsResponse = z.infer<typeof reportsResponse>;
