import {
  type Bundle,
  type BundleResource,
  nextLink,
  type Observation,
} from '../../protocol/fhir/resources.ts';
import { MAX_PLAINTEXT } from '../../protocol/transport.ts';

/** An Observation, in which order it came, and when it was measured (ms since the Unix epoch). */
export interface NumberedObservation {
  readonly number: number;
  readonly time: number;
  readonly observation: Observation;
}

/** What the answer has around the Bundle, in bytes: plenty. */
const ENVELOPE = 512;
const PAGE_BYTES = MAX_PLAINTEXT - ENVELOPE;
const PAGE_ENTRIES = 100;

/** Those that count: what was entered in error, or called off, is no measurement. The latest first. */
export function latestFirst(observations: readonly NumberedObservation[]): NumberedObservation[] {
  return observations
    .filter(({ observation: { status } }) => status !== 'entered-in-error' && status !== 'cancelled')
    .sort((one, other) => other.time - one.time || other.number - one.number);
}

/**
 * One page of a summary: as many Observations as fit a frame, with what they are sent along with on the first.
 *
 * @param observations the latest first
 * @param after where the page before this one ended
 */
export function summaryPage(
  first: readonly BundleResource[],
  observations: readonly NumberedObservation[],
  after: string | undefined,
): Bundle {
  const rest = after === undefined ? observations : observations.filter((one) => isAfter(one, after));
  const entry = after === undefined ? first.map((resource) => ({ resource })) : [];
  let bytes = sizeOf(entry);
  let last: NumberedObservation | undefined;
  for (const one of rest) {
    const next = { resource: one.observation };
    bytes += sizeOf(next) + 1;
    if (entry.length > 0 && (bytes > PAGE_BYTES || entry.length >= PAGE_ENTRIES)) {
      const link = last === undefined ? [] : [nextLink(positionOf(last))];
      return { resourceType: 'Bundle', type: 'collection', link, entry };
    }
    entry.push(next);
    last = one;
  }
  return { resourceType: 'Bundle', type: 'collection', entry };
}

function positionOf(one: NumberedObservation): string {
  return `${one.time}.${one.number}`;
}

function isAfter(one: NumberedObservation, position: string): boolean {
  const [time = 0, number = 0] = position.split('.').map(Number);
  return one.time < time || (one.time === time && one.number < number);
}

function sizeOf(value: unknown): number {
  return Buffer.byteLength(JSON.stringify(value));
}
