import { z } from 'zod';
import { cardSummary } from './cards.ts';
import { count, hexBytes, memberId, pinVersion, revocationReason, time } from './fields.ts';

/**
 * `GET /v1/patients?find=&limit=`: those who have, for each word, one in their name or record number that begins
 * with it, whatever its case and accents; or `?record=`: those with that record number.
 */
export const patientsQuery = z
  .object({
    find: z.string().max(200).optional(),
    record: z.string().max(64).optional(),
    limit: z.coerce.number().int().min(1).max(200).default(50),
  })
  .refine(
    ({ find, record }) => (find === undefined) !== (record === undefined),
    'find or record, one of them',
  );
export type PatientsQuery = z.input<typeof patientsQuery>;

/** A patient as operators see them. */
export const patientSummary = z.object({
  id: hexBytes(16),
  name: z.string(),
  record: z.string().nullable(),
  registered: time,
  /** All they ever had, the latest first. */
  cards: z.array(cardSummary),
});
export type PatientSummary = z.infer<typeof patientSummary>;

export const patientsResponse = z.object({
  patients: z.array(patientSummary),
  /** There are others: ask with more of the name. */
  more: z.boolean(),
});
export type PatientsResponse = z.infer<typeof patientsResponse>;

export const lockCause = z.enum(['hub', 'tries', 'copy']);

/** Something that happened to a card; `by` is an operator or a hub. */
export const cardEvent = z.discriminatedUnion('what', [
  z.object({ what: z.literal('registered'), time, by: memberId }),
  z.object({ what: z.literal('new PIN'), time, by: memberId, pinVersion }),
  z.object({ what: z.literal('locked'), time, by: memberId, cause: lockCause }),
  z.object({ what: z.literal('unlocked'), time, by: memberId }),
  z.object({ what: z.literal('revoked'), time, reason: revocationReason }),
]);
export type CardEvent = z.infer<typeof cardEvent>;

/** Whether a hub has the card as it stands. */
export const hubWithCard = z.object({
  id: memberId,
  location: z.string(),
  current: z.boolean(),
  /** When the RC last heard from it; null before the first time. */
  lastSeen: time.nullable(),
});
export type HubWithCard = z.infer<typeof hubWithCard>;

/** `GET /v1/cards/:uid/details`: a card, and all that an operator asks next. */
export const cardDetails = z.object({
  card: cardSummary,
  /** The oldest first. */
  history: z.array(cardEvent),
  /** Wrong tries that hubs told of: since the last right login there, and since the last unlock or new PIN. */
  tries: z.array(z.object({ hub: memberId, open: count, total: count })),
  /** Of hubs that are not revoked; null under a suite whose cards are on no feed. */
  hubs: z.array(hubWithCard).nullable(),
  /** The patient's other cards, the latest first. */
  others: z.array(cardSummary),
  /** The RC's clock. */
  time,
});
export type CardDetails = z.infer<typeof cardDetails>;
