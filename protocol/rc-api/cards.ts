import { z } from 'zod';
import {
  epoch,
  hexBytes,
  line,
  memberId,
  pinVersion,
  REVOCATION_REASONS,
  revocationReason,
  time,
  uid,
  uidOfEitherSuite,
} from './fields.ts';

/** `POST /v1/registrations`: step 1 of PROTOCOL 2.4. */
export const registrationRequest = z.object({ blinded: hexBytes(32) });
export type RegistrationRequest = z.infer<typeof registrationRequest>;

export const registrationResponse = z.object({
  registrationId: hexBytes(16),
  uid,
  keyId: z.int().min(0).max(255),
  evaluated: hexBytes(32),
  usk: hexBytes(32),
  caPin: hexBytes(16),
});
export type RegistrationResponse = z.infer<typeof registrationResponse>;

/** Whatever the registrar notes of a patient (PROTOCOL 2.1). */
export const patientNotes = z.object({ name: line(200), record: line(64).optional() });
export type PatientNotes = z.infer<typeof patientNotes>;

/** Whose a card is to be: one who exists, and whose earlier card ends with this; or a new patient. */
export const cardsPatient = z.union([
  /** `replaces`: refused where that is not the patient's latest card any more. */
  z.object({ id: hexBytes(16), replaces: uidOfEitherSuite.optional() }).strict(),
  /** `sameRecord`: another patient than the one who has this record number. */
  patientNotes.extend({ sameRecord: z.boolean().optional() }).strict(),
]);
export type CardsPatientField = z.infer<typeof cardsPatient>;

/** `PUT /v1/registrations/:id`: step 3. */
export const registrationCompletion = z.object({
  cs: hexBytes(32),
  rs: hexBytes(32).nullable(),
  patient: cardsPatient,
});
export type RegistrationCompletion = z.infer<typeof registrationCompletion>;

/** A card as operators see it. */
export const cardSummary = z.object({
  uid: uidOfEitherSuite,
  suite: z.enum(['limbasiya-2021', 'cardea-1']),
  status: z.enum(['active', 'revoked']),
  locked: z.boolean(),
  /** Null under a suite whose cards have no PIN that anybody counts. */
  pinVersion: pinVersion.nullable(),
  patientId: hexBytes(16),
  name: z.string(),
  record: z.string().nullable(),
  registered: time,
  registeredBy: memberId,
  revoked: time.nullable(),
  reason: revocationReason.nullable(),
});
export type CardSummary = z.infer<typeof cardSummary>;

/** `GET /v1/cards?status=&after=&limit=`: in order of registration. */
export const cardsQuery = z.object({
  status: z.enum(['active', 'revoked']).optional(),
  after: uidOfEitherSuite.optional(),
  limit: z.coerce.number().int().min(1).max(500).default(100),
});
export type CardsQuery = z.input<typeof cardsQuery>;
export const cardsResponse = z.object({ cards: z.array(cardSummary), next: uidOfEitherSuite.nullable() });
export type CardsResponse = z.infer<typeof cardsResponse>;

/** `POST /v1/cards/:uid/revoke`. A card that is revoked already stays as it was. */
export const revokeRequest = z.object({ reason: z.enum(REVOCATION_REASONS) });
export type RevokeRequest = z.infer<typeof revokeRequest>;

/** So many new PINs of one card are handed on, the latest: each took a login, and one of them is on the card. */
export const PENDING_PINS_MAX = 8;

/** A new PIN that some hub has prepared; `proof` is the one that the RC has checked (PROTOCOL 2.6). */
export const pendingPin = z.object({ pinVersion, cs: hexBytes(32), proof: hexBytes(32) });
export type PendingPin = z.infer<typeof pendingPin>;

/** A card as one hub holds it (PROTOCOL 2.1): `subject` and `psk` are that hub's own. */
export const hubCard = z.object({
  uid,
  status: z.enum(['active', 'revoked']),
  locked: z.boolean(),
  subject: hexBytes(16),
  cs: hexBytes(32),
  rs: hexBytes(32).nullable(),
  psk: hexBytes(32),
  oprfSeed: hexBytes(32),
  pinVersion,
  epoch,
  /**
   * New PINs whose last step the RC has not heard of, the latest first: the card may carry any of them.
   * Different keys of one version are no sign of a copy here: what was not written is tried again elsewhere.
   */
  pending: z.array(pendingPin).max(PENDING_PINS_MAX),
});
export type HubCard = z.infer<typeof hubCard>;
