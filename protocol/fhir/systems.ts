/** The systems that Cardea's FHIR resources name: FHIR R4's own, and Cardea's. */

export const UCUM = 'http://unitsofmeasure.org';
export const LOINC = 'http://loinc.org';
export const ACT_CODE = 'http://terminology.hl7.org/CodeSystem/v3-ActCode';
export const OBSERVATION_CATEGORY = 'http://terminology.hl7.org/CodeSystem/observation-category';

const CARDEA = 'https://cardea.health/fhir';

/** A tag of the suite under which a record was made. */
export const SUITE_TAG = `${CARDEA}/suite`;
/** An Encounter's day, in the clinic's own time zone, as YYYY-MM-DD. */
export const VISIT_DAY = `${CARDEA}/visit-day`;
/** An Encounter's place in the queue of its day, from 1. */
export const QUEUE_PLACE = `${CARDEA}/StructureDefinition/queue-place`;
/** What a terminal has measured. */
export const MEASUREMENT = `${CARDEA}/measurement`;

const HUBS = `${CARDEA}/hub/`;
const SUBJECT = '/subject';

/** Of a patient's identifier: the `subject` is this hub's name for the patient, and nobody else's (PROTOCOL 2.1). */
export function subjectSystem(hubId: string): string {
  return `${HUBS}${hubId}${SUBJECT}`;
}

/** The hub of a subject's system; null for any other system. */
export function hubOfSubjectSystem(system: string): string | null {
  if (!system.startsWith(HUBS) || !system.endsWith(SUBJECT)) return null;
  return system.slice(HUBS.length, -SUBJECT.length);
}
