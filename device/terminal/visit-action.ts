import { type Bundle, type Observation, placeOf } from '../../protocol/fhir/resources.ts';
import { RequestRefusedError } from '../errors.ts';
import type { HubSession } from '../hub-session.ts';
import type { Done } from './suite-tap.ts';

/** Checks the patient in. A hub that has no such service lets the visit go on without a number. */
export async function checkIn(session: HubSession): Promise<Done> {
  try {
    const place = placeOf(await session.call('encounter.checkIn', {}));
    return {
      event: { type: 'checked-in', place },
      note: place === null ? 'checked in' : `checked in, number ${place} of today`,
    };
  } catch (error) {
    if (!(error instanceof RequestRefusedError && error.dataCode === 'method-unknown')) throw error;
    return { event: { type: 'checked-in', place: null }, note: 'this hub checks nobody in' };
  }
}

/** Reads the patient's records here. What they say goes to the panel alone. */
export async function summarise(session: HubSession): Promise<Done> {
  const summary = await session.call('patient.summary', {});
  const count = observationsOf(summary).length;
  return {
    event: { type: 'summarised', lines: summaryLines(summary) },
    note: count === 0 ? 'no measurements of the patient here yet' : `the latest ${count} measurements read`,
  };
}

/** What a patient reads of a summary: the latest measurement of each kind, two at most. */
export function summaryLines(summary: Bundle): readonly string[] {
  const latest = new Map<string, Observation>();
  for (const observation of observationsOf(summary)) {
    const name = nameOf(observation);
    if (!latest.has(name)) latest.set(name, observation);
  }
  return [...latest].slice(0, 2).map(([name, observation]) => `${name}: ${measured(observation)}`);
}

function observationsOf({ entry }: Bundle): readonly Observation[] {
  return entry.flatMap(({ resource }) => (resource.resourceType === 'Observation' ? [resource] : []));
}

function nameOf({ code: { text, coding } }: Observation): string {
  return text ?? coding[0]?.display ?? 'Last measurement';
}

/** `36.8 °C`; parts as in `120/80 mmHg`. */
function measured({ valueQuantity, component = [] }: Observation): string {
  const quantities =
    valueQuantity === undefined ? component.map((part) => part.valueQuantity) : [valueQuantity];
  const unit = quantities[0]?.unit ?? quantities[0]?.code ?? '';
  return `${quantities.map(({ value }) => value).join('/')} ${unit}`.trim();
}
