import { toHex } from '../../protocol/bytes.ts';
import type { SuiteName } from '../../protocol/constants.ts';
import type { Coding } from '../../protocol/fhir/fields.ts';
import type { Encounter, NewObservation, Observation, Patient } from '../../protocol/fhir/resources.ts';
import { ACT_CODE, QUEUE_PLACE, SUITE_TAG, subjectSystem, VISIT_DAY } from '../../protocol/fhir/systems.ts';

/** Whose records, at which hub, and under which suite they are made. */
export interface Owner {
  readonly hubId: string;
  /** The hub's name for the patient, 16 bytes. */
  readonly subject: Uint8Array;
  readonly suite: SuiteName;
}

const AMBULATORY: Coding = { system: ACT_CODE, code: 'AMB', display: 'ambulatory' };

export function patientOf({ hubId, subject }: Omit<Owner, 'suite'>): Patient {
  return {
    resourceType: 'Patient',
    id: toHex(subject),
    identifier: [identifierOf({ hubId, subject })],
  };
}

export function observationOf(owner: Owner, id: string, sent: NewObservation): Observation {
  const { subject: _, ...fields } = sent;
  return { ...fields, id, ...keptUnder(owner) };
}

/** A visit that begins. `now`: ms since the Unix epoch. */
export function arrivedEncounter(owner: Owner, id: string, day: string, now: number): Encounter {
  return {
    resourceType: 'Encounter',
    id,
    identifier: [{ system: VISIT_DAY, value: day }],
    status: 'arrived',
    class: AMBULATORY,
    period: { start: new Date(now).toISOString() },
    ...keptUnder(owner),
  };
}

export function finishedEncounter(encounter: Encounter, now: number): Encounter {
  const { start } = encounter.period;
  return { ...encounter, status: 'finished', period: { start, end: new Date(now).toISOString() } };
}

/** With its place in the queue. */
export function withPlace(encounter: Encounter, place: number | null): Encounter {
  if (place === null) return encounter;
  return { ...encounter, extension: [{ url: QUEUE_PLACE, valuePositiveInt: place }] };
}

/** The day of a visit, YYYY-MM-DD. */
export function dayOfVisit({ identifier }: Encounter): string {
  return identifier[0]?.value ?? '';
}

/** What is not tagged was made under the suite that is the default everywhere. */
export function suiteOf({ meta }: Pick<Observation | Encounter, 'meta'>): SuiteName {
  const tag = meta.tag.find(({ system }) => system === SUITE_TAG);
  return tag?.code === 'limbasiya-2021' ? 'limbasiya-2021' : 'cardea-1';
}

/** Tells which are this patient's, and do not lie in their slots since two hashes are alike. */
export function isOf(subject: Uint8Array): (record: Observation | Encounter) => boolean {
  const name = toHex(subject);
  return (record) => record.subject.identifier.value === name;
}

/** A login under limbasiya-2021 never reaches what was made under `cardea-1` (PROTOCOL 2.5). */
export function mayReach(suite: SuiteName, record: Observation | Encounter): boolean {
  return suite === 'cardea-1' || suiteOf(record) === suite;
}

/**
 * What tells a record from all others of the same patient. An Observation's identifier is its suite's own: who
 * logs in under another learns nothing from it. A day has one visit, whatever the card.
 */
export function nameOf(record: Observation | Encounter): string {
  if (record.resourceType === 'Encounter') return visitName(dayOfVisit(record));
  const [first] = record.identifier;
  return `Observation ${suiteOf(record)} ${first?.system} ${first?.value}`;
}

export function visitName(day: string): string {
  return `Encounter ${day}`;
}

/** Whether two say the same, whatever they are called here. */
export function isSameRecord(one: Observation | Encounter, other: Observation | Encounter): boolean {
  return JSON.stringify(contentOf(one)) === JSON.stringify(contentOf(other));
}

function contentOf(record: Observation | Encounter): readonly unknown[] {
  if (record.resourceType === 'Encounter') return [record.status, record.class, record.period];
  const { identifier, status, category, code, effectiveDateTime, valueQuantity, component } = record;
  return [identifier, status, category, code, effectiveDateTime, valueQuantity, component];
}

function keptUnder(owner: Owner): Pick<Observation, 'meta' | 'subject'> {
  return {
    meta: { tag: [{ system: SUITE_TAG, code: owner.suite }] },
    subject: { identifier: identifierOf(owner) },
  };
}

function identifierOf({ hubId, subject }: Omit<Owner, 'suite'>) {
  return { system: subjectSystem(hubId), value: toHex(subject) };
}
