import { z } from 'zod';
import {
  codeableConcept,
  coding,
  dateTime,
  fhirId,
  identifier,
  meta,
  quantity,
  subjectReference,
} from './fields.ts';
import { QUEUE_PLACE } from './systems.ts';

/** A patient as a hub knows one: by its own name alone, the `subject`. */
export const patient = z.object({
  resourceType: z.literal('Patient'),
  id: fhirId,
  identifier: z.array(identifier).length(1),
});

const observationStatus = z.enum([
  'registered',
  'preliminary',
  'final',
  'amended',
  'corrected',
  'cancelled',
  'entered-in-error',
  'unknown',
]);

const component = z.object({ code: codeableConcept, valueQuantity: quantity });

const observationFields = z.object({
  resourceType: z.literal('Observation'),
  /** The first one names it: an Observation that is sent again is not kept twice. */
  identifier: z.array(identifier).min(1).max(4),
  status: observationStatus,
  category: z.array(codeableConcept).max(4).optional(),
  code: codeableConcept,
  effectiveDateTime: dateTime,
  /** One value; or else the parts of one that has several, such as a blood pressure. */
  valueQuantity: quantity.optional(),
  component: z.array(component).min(1).max(8).optional(),
});

interface WithValue {
  readonly valueQuantity?: unknown;
  readonly component?: unknown;
}

const hasOneValue = ({ valueQuantity, component }: WithValue) =>
  (valueQuantity === undefined) !== (component === undefined);
const ONE_VALUE = { error: 'valueQuantity, or component', path: ['valueQuantity'] };

/** A measurement as a terminal sends it. A `subject` that is not the session's patient is refused. */
export const newObservation = observationFields
  .extend({ subject: subjectReference.optional() })
  .refine(hasOneValue, ONE_VALUE);

/** A measurement as it is kept. */
export const observation = observationFields
  .extend({ id: fhirId, meta, subject: subjectReference })
  .refine(hasOneValue, ONE_VALUE);

/** Where an Encounter stands in the queue of its day, from 1. */
const queuePlace = z.object({ url: z.literal(QUEUE_PLACE), valuePositiveInt: z.int().min(1) });

/** A visit. `arrived`, then `finished`; its identifier is its day. */
export const encounter = z.object({
  resourceType: z.literal('Encounter'),
  id: fhirId,
  meta,
  extension: z.array(queuePlace).max(1).optional(),
  identifier: z.array(identifier).length(1),
  status: z.enum(['arrived', 'finished']),
  class: coding,
  subject: subjectReference,
  period: z.object({ start: dateTime, end: dateTime.optional() }),
});

const link = z.object({ relation: z.enum(['self', 'next']), url: z.string().max(256) });

/** A patient's records: the Patient, Encounters, Observations. `next` leads to the rest of them. */
export const bundle = z.object({
  resourceType: z.literal('Bundle'),
  type: z.literal('collection'),
  link: z.array(link).max(2).optional(),
  entry: z.array(
    z.object({ resource: z.discriminatedUnion('resourceType', [patient, encounter, observation]) }),
  ),
});

export type Patient = z.infer<typeof patient>;
export type NewObservation = z.infer<typeof newObservation>;
export type Observation = z.infer<typeof observation>;
export type Encounter = z.infer<typeof encounter>;
export type Bundle = z.infer<typeof bundle>;
export type BundleResource = Bundle['entry'][number]['resource'];

/** The place of an Encounter in its day's queue; null where it has none. */
export function placeOf({ extension }: Pick<Encounter, 'extension'>): number | null {
  return extension?.find(({ url }) => url === QUEUE_PLACE)?.valuePositiveInt ?? null;
}

const NEXT = '?after=';

/** How a Bundle of several pages names the one after it, which `patient.summary` is asked for by `after`. */
export function nextLink(after: string): { readonly relation: 'next'; readonly url: string } {
  return { relation: 'next', url: `${NEXT}${after}` };
}

/** What to ask for after this page; null when it was the last. */
export function nextAfter({ link }: Pick<Bundle, 'link'>): string | null {
  const url = link?.find(({ relation }) => relation === 'next')?.url;
  return url?.startsWith(NEXT) ? url.slice(NEXT.length) : null;
}
