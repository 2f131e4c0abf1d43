import { z } from 'zod';
import { cardsPatient } from './cards.ts';
import { hexBytes, time } from './fields.ts';

// The registration centre's part of limbasiya-2021, under the paper's names in lower case (PROTOCOL 1.1, 1.3).

const hash = hexBytes(32);

/** `List` as it lies in a card under its mask (PROTOCOL 1.1). A card has room for 65,535 bytes of it. */
const list = z
  .string()
  .max(2 * 65_535)
  .regex(/^(?:[0-9a-f]{2})*$/, 'a list of hubs as lower-case hex');

/** `(UID_i, C_i)`, and the patient's name at the hub that asks (PROTOCOL 2.1). */
export const limbasiyaPatient = z.object({ uid: hash, c: hash, subject: hexBytes(16) });
export type LimbasiyaPatient = z.infer<typeof limbasiyaPatient>;

/** The list of `(UID_i, C_i)`, a page of it. */
const patientsPage = z.object({
  patients: z.array(limbasiyaPatient),
  /** What to give as `after` for the next page; null where this was the last. */
  next: z.int().min(1).nullable(),
});

/** `POST /v1/limbasiya/hub`, by a hub: its registration. `ID_j`, `Loc_j` and its address stand in its certificate. */
export const hubSecretsRequest = z.object({ p: hash, q: hash });
export type HubSecretsRequest = z.infer<typeof hubSecretsRequest>;

/** `SSK_j`, and the list's first page. The same `P` and `Q` again are answered alike. */
export const hubSecretsResponse = patientsPage.extend({ ssk: hash });
export type HubSecretsResponse = z.infer<typeof hubSecretsResponse>;

/** `POST /v1/limbasiya/hub/patients`, by a hub: `ω` at the time `T`, for each page anew. */
export const hubPatientsRequest = z.object({
  omega: hash,
  time,
  after: z.int().min(0).default(0),
});
export type HubPatientsRequest = z.input<typeof hubPatientsRequest>;

export const hubPatientsResponse = patientsPage;
export type HubPatientsResponse = z.infer<typeof hubPatientsResponse>;

/** `POST /v1/limbasiya/cards`: for a new patient, or for one who exists and whose earlier card ends with this. */
export const limbasiyaCardRequest = z.object({
  uid: hash,
  a: hash,
  patient: cardsPatient,
});
export type LimbasiyaCardRequest = z.infer<typeof limbasiyaCardRequest>;

/** What the card is made of. It cannot be asked for again: the RC keeps neither `USK` nor `r3`. */
export const limbasiyaCardResponse = z.object({ patientId: hexBytes(16), c: hash, d: hash, list });
export type LimbasiyaCardResponse = z.infer<typeof limbasiyaCardResponse>;

/** `POST /v1/limbasiya/cards/list`, by a terminal or an operator: `τ` at the time `T`. */
export const cardListRequest = z.object({ uid: hash, tau: hash, time });
export type CardListRequest = z.infer<typeof cardListRequest>;

export const cardListResponse = z.object({ list });
export type CardListResponse = z.infer<typeof cardListResponse>;
