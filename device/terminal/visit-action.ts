import type { Sensor } from '../../hardware/sensor/sensor.ts';
import { toHex } from '../../protocol/bytes.ts';
import {
  type Bundle,
  type NewObservation,
  type Observation,
  placeOf,
} from '../../protocol/fhir/resources.ts';
import { sleep } from '../../runtime/clock.ts';
import { counted } from '../../runtime/counted.ts';
import { RequestRefusedError } from '../errors.ts';
import type { HubSession } from '../hub-session.ts';
import { MEASUREMENTS, valueText } from './measurements.ts';
import { beginMeasuring, measure } from './measuring.ts';
import { observationOf } from './observation.ts';
import { CANCELLED, type Done, need } from './suite-tap.ts';
import type { TapTools } from './tap-tools.ts';

/** What a visit needs of a session. */
export type VisitSession = Pick<HubSession, 'call' | 'close'>;

const IDENTIFIER_LENGTH = 16;
/** Between two looks at the sensor. */
const LOOK_EVERY_MS = 250;

/**
 * What is done over a session for a patient who is in. A measurement that was taken outlives the session, to be kept
 * over the next one. What is measured and what the records say goes to the panel and the hub alone.
 */
export class Visit {
  readonly #tools: TapTools;
  #session: VisitSession | undefined;
  /** The hub's clock minus the terminal's, which may never have been set. */
  #hubAheadMs = 0;
  /** What was measured last, and when by the terminal's clock. */
  #taken: { readonly value: number; readonly at: number } | undefined;
  #unsent: NewObservation | undefined;

  constructor(tools: TapTools) {
    this.#tools = tools;
  }

  /** The patient is in: from now on, over this session. */
  begin(session: VisitSession): void {
    this.#session = session;
  }

  /** The first request over the session. The note is for a journal: it names nobody. */
  async inform(): Promise<Done> {
    const info = await need(this.#session).call('session.info', {});
    const hubTime = info.validUntil - info.expiresInSeconds * 1_000;
    this.#hubAheadMs = hubTime - this.#tools.surroundings.clock.now();
    return {
      event: { type: 'informed' },
      note: `${info.hubId} serves the patient, for ${info.expiresInSeconds} s more`,
    };
  }

  /** Checks the patient in. A hub that has no such service lets the visit go on without a number. */
  async checkIn(): Promise<Done> {
    const measures = this.#measurable();
    try {
      const visit = await need(this.#session).call('encounter.checkIn', {});
      const place = placeOf(visit);
      const seen = visit.status === 'finished';
      const number = place === null ? '' : `, number ${place} of today`;
      return {
        event: { type: 'checked-in', place, seen, measures },
        note: seen ? `seen already${number}` : `checked in${number}`,
      };
    } catch (error) {
      if (!(error instanceof RequestRefusedError && error.dataCode === 'method-unknown')) throw error;
      return {
        event: { type: 'checked-in', place: null, seen: false, measures },
        note: 'this hub checks nobody in',
      };
    }
  }

  /** Lets the patient choose. Whoever chooses nothing chooses null. */
  async choose(prompt: string, options: readonly string[], signal: AbortSignal): Promise<Done> {
    const index = await this.#tools.panel.choose?.(prompt, options, signal);
    const option = index === undefined ? undefined : options[index];
    return {
      event: { type: 'chosen', index: index ?? null },
      note: option === undefined ? 'nothing was chosen' : `"${option}"`,
    };
  }

  /** Measures, until that has come to something or the patient breaks it off. */
  async measure(signal: AbortSignal): Promise<Done> {
    const over = new AbortController();
    const ends = AbortSignal.any([signal, over.signal]);
    const ways = [this.#look(ends)];
    const cancelled = this.#tools.panel.untilCancelled?.(ends);
    if (cancelled !== undefined) ways.push(cancelled.then(() => CANCELLED));
    try {
      return await Promise.race(ways);
    } finally {
      over.abort();
      // Whatever asks next finds nobody asking still.
      await Promise.allSettled(ways);
    }
  }

  /** Looks at the sensor until it has a value, or it is clear that it will have none. */
  async #look(signal: AbortSignal): Promise<Done> {
    const sensor = need(this.#tools.sensor);
    const { clock } = this.#tools.surroundings;
    const how = MEASUREMENTS[sensor.measures];
    let state = beginMeasuring(clock.monotonic());
    for (;;) {
      const step = measure(state, sensor.read(), clock.monotonic(), how);
      if ('failed' in step) {
        return {
          event: { type: 'not-measured', reason: step.failed },
          note: `no ${how.name}: ${step.failed}`,
        };
      }
      if ('value' in step) {
        this.#taken = { value: step.value, at: clock.now() };
        const text = valueText(sensor.measures, step.value);
        return { event: { type: 'measured', text }, note: `the ${how.name} is steady` };
      }
      state = step.state;
      await sleep(clock, LOOK_EVERY_MS, signal);
    }
  }

  /** Leaves the measurement with the hub: again and again the same one, until it is answered. */
  async keep(): Promise<Done> {
    const { surroundings, sensor } = this.#tools;
    if (this.#unsent === undefined) {
      const identifier = toHex(surroundings.random(IDENTIFIER_LENGTH));
      const { value, at } = need(this.#taken);
      const time = at + this.#hubAheadMs;
      this.#unsent = observationOf(need(sensor).measures, value, identifier, time);
    }
    await need(this.#session).call('observation.create', this.#unsent);
    this.#unsent = undefined;
    return { event: { type: 'kept' }, note: 'the hub keeps the measurement' };
  }

  /** Reads the patient's records here. */
  async summarise(): Promise<Done> {
    const summary = await need(this.#session).call('patient.summary', {});
    const count = observationsOf(summary).length;
    return {
      event: { type: 'summarised', lines: summaryLines(summary) },
      note: count === 0 ? 'no measurements of the patient here yet' : `${counted(count, 'measurement')} read`,
    };
  }

  async end(): Promise<void> {
    await this.#session?.close();
    this.#taken = undefined;
    this.#unsent = undefined;
  }

  /** What can be measured now, where the patient can say whether it is to be. */
  #measurable(): Sensor['measures'] | null {
    const { sensor, panel } = this.#tools;
    if (sensor === undefined || panel.choose === undefined) return null;
    const { state } = sensor.read();
    return state === 'value' || state === 'waiting' ? sensor.measures : null;
  }
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
