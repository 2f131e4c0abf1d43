import { describe, expect, it } from 'vitest';
import { HubLostError, RequestRefusedError } from '../../device/errors.ts';
import type { Event } from '../../device/terminal/state.ts';
import type { TapTools } from '../../device/terminal/tap-tools.ts';
import { Visit, type VisitSession } from '../../device/terminal/visit-action.ts';
import type { Panel } from '../../hardware/panel/panel.ts';
import type { Measured, Sensor, SensorReading } from '../../hardware/sensor/sensor.ts';
import { newObservation } from '../../protocol/fhir/resources.ts';
import { QUEUE_PLACE } from '../../protocol/fhir/systems.ts';
import { SimulatedClock } from '../../runtime/simulated-clock.ts';

const NOW = Date.parse('2026-06-01T08:00:00Z');
const SUBJECT = 'ab'.repeat(16);
const { signal } = new AbortController();

type Answers = Readonly<Record<string, unknown>>;

/** A hub that answers as it is told: with a result, or by throwing. It remembers what it was asked. */
function hub(answers: Answers) {
  const asked: { method: string; params: unknown }[] = [];
  const session = {
    async call(method: string, params: unknown) {
      asked.push({ method, params });
      const answer = answers[method];
      if (answer instanceof Error) throw answer;
      return answer;
    },
    close: async () => {},
  };
  // What it answers is the test's; the types of all methods cannot be.
  return { session: session as VisitSession, asked };
}

const info = { hubId: 'goa-01', validUntil: NOW + 600_000, expiresInSeconds: 600, subject: SUBJECT };
const arrived = { status: 'arrived', extension: [{ url: QUEUE_PLACE, valuePositiveInt: 12 }] };
const refusedWith = (code: string) => new RequestRefusedError('no', code);

interface VisitOptions {
  readonly reading?: SensorReading;
  readonly measures?: Measured;
  readonly withoutSensor?: boolean;
  readonly choose?: Panel['choose'] | null;
  readonly untilCancelled?: Panel['untilCancelled'];
  /** The terminal's. */
  readonly clock?: SimulatedClock;
}

function open(options: VisitOptions = {}) {
  const { reading = { state: 'value', value: 36.84 }, measures = 'body-temperature' } = options;
  const clock = options.clock ?? new SimulatedClock(NOW);
  const sensor: Sensor = { measures, read: () => reading };
  const { choose = async () => 0, untilCancelled } = options;
  let drawn = 0;
  const tools = {
    surroundings: { clock, random: (length: number) => new Uint8Array(length).fill(++drawn) },
    sensor: options.withoutSensor ? undefined : sensor,
    panel: { ...(choose && { choose }), ...(untilCancelled && { untilCancelled }) },
  };
  // All that a visit takes of them.
  return { visit: new Visit(tools as unknown as TapTools), clock };
}

/** Measures, in as much time as it takes. */
async function measured({ visit, clock }: ReturnType<typeof open>) {
  return await clock.advanceUntil(visit.measure(signal), 120_000);
}

describe('the first request of a visit', () => {
  it('tells a journal of the hub and of nobody', async () => {
    const { visit } = open();
    visit.begin(hub({ 'session.info': info }).session);
    const { event, note } = await visit.inform();
    expect(event).toEqual({ type: 'informed' });
    expect(note).toBe('goa-01 serves the patient, for 600 s more');
  });

  it('is lost where no session has begun', async () => {
    await expect(open().visit.inform()).rejects.toBeInstanceOf(HubLostError);
  });
});

describe('checking in', () => {
  const checkIn = async (options: VisitOptions, answer: unknown): Promise<Event | undefined> => {
    const { visit } = open(options);
    visit.begin(hub({ 'encounter.checkIn': answer }).session);
    return (await visit.checkIn()).event;
  };

  it('gives the place in the queue, or none where the hub has no queue, or no such service', async () => {
    const none = { withoutSensor: true };
    const event = { type: 'checked-in', place: 12, seen: false, measures: null };
    expect(await checkIn(none, arrived)).toEqual(event);
    expect(await checkIn(none, { ...arrived, status: 'finished' })).toEqual({ ...event, seen: true });
    expect(await checkIn(none, { status: 'arrived' })).toEqual({ ...event, place: null });
    expect(await checkIn(none, refusedWith('method-unknown'))).toMatchObject({ place: null });
  });

  it.each(['conflict', 'internal', 'busy', 'not-allowed'])(
    'is refused where the hub says %s',
    async (code) => {
      await expect(checkIn({}, refusedWith(code))).rejects.toMatchObject({ dataCode: code });
    },
  );

  it('offers what can be measured now, to whoever can choose', async () => {
    const measures = async (options: VisitOptions) => {
      const event = await checkIn(options, arrived);
      return event?.type === 'checked-in' ? event.measures : 'no check-in';
    };
    expect(await measures({})).toBe('body-temperature');
    expect(await measures({ measures: 'body-weight' })).toBe('body-weight');
    expect(await measures({ reading: { state: 'waiting' } })).toBe('body-temperature');
    expect(await measures({ reading: { state: 'silent' } })).toBeNull();
    expect(await measures({ reading: { state: 'lost' } })).toBeNull();
    expect(await measures({ withoutSensor: true })).toBeNull();
    expect(await measures({ choose: null })).toBeNull();
  });
});

describe('a choice', () => {
  it('is the option’s number, or none, and its words are no secret', async () => {
    const { visit } = open({ choose: async () => 1 });
    expect(await visit.choose('?', ['Yes', 'No'], signal)).toEqual({
      event: { type: 'chosen', index: 1 },
      note: '"No"',
    });
    const left = open({ choose: async () => undefined }).visit;
    expect((await left.choose('?', ['Yes', 'No'], signal)).event).toEqual({ type: 'chosen', index: null });
  });
});

describe('a measurement', () => {
  it('is said to the patient and to no journal', async () => {
    const done = await measured(open());
    expect(done.event).toEqual({ type: 'measured', text: '36.8 °C' });
    expect(done.note).toBe('the temperature is steady');
    const failed = await measured(open({ reading: { state: 'value', value: 21.5 } }));
    expect(failed.event).toEqual({ type: 'not-measured', reason: 'implausible' });
    expect(failed.note).not.toContain('21.5');
  });

  it('is sent as an Observation that the hub’s own schema takes', async () => {
    for (const [measures, value, loinc, ucum] of [
      ['body-temperature', 36.8, '8310-5', 'Cel'],
      ['body-weight', 71.5, '29463-7', 'kg'],
    ] as const) {
      const opened = open({ measures, reading: { state: 'value', value } });
      const { session, asked } = hub({ 'session.info': info, 'observation.create': {} });
      opened.visit.begin(session);
      await opened.visit.inform();
      await measured(opened);
      expect(await opened.visit.keep()).toEqual({
        event: { type: 'kept' },
        note: 'the hub keeps the measurement',
      });
      const sent = newObservation.parse(asked.at(-1)?.params);
      expect(sent).toEqual(asked.at(-1)?.params);
      expect(sent.code.coding[0]).toMatchObject({ system: 'http://loinc.org', code: loinc });
      expect(sent.valueQuantity).toMatchObject({ value, code: ucum });
      expect(JSON.stringify(sent)).not.toContain(SUBJECT);
    }
  });

  it('has the time of the hub’s clock at which it was taken, whatever the terminal’s says', async () => {
    const opened = open({ clock: new SimulatedClock(0) });
    const { session, asked } = hub({ 'session.info': info, 'observation.create': {} });
    opened.visit.begin(session);
    await opened.visit.inform();
    await measured(opened);
    const taken = opened.clock.now();
    // The patient thinks about it.
    await opened.clock.advance(30_000);
    await opened.visit.keep();
    const sent = newObservation.parse(asked.at(-1)?.params);
    expect(Date.parse(sent.effectiveDateTime)).toBe(NOW + taken);
  });

  it('has one name as often as it is sent, over whichever session, and the next one another', async () => {
    const opened = open();
    const broken = hub({ 'session.info': info, 'observation.create': new HubLostError('gone') });
    opened.visit.begin(broken.session);
    await opened.visit.inform();
    await measured(opened);
    await expect(opened.visit.keep()).rejects.toBeInstanceOf(HubLostError);
    const whole = hub({ 'session.info': info, 'observation.create': {} });
    opened.visit.begin(whole.session);
    await opened.visit.keep();
    expect(whole.asked[0]).toEqual(broken.asked.at(-1));
    await measured(opened);
    await opened.visit.keep();
    expect(whole.asked[1]?.params).not.toMatchObject({
      identifier: newObservation.parse(whole.asked[0]?.params).identifier,
    });
  });

  it('cannot be kept where none was taken, nor after the visit is over', async () => {
    const opened = open();
    opened.visit.begin(hub({ 'observation.create': {} }).session);
    await expect(opened.visit.keep()).rejects.toBeInstanceOf(HubLostError);
    await measured(opened);
    await opened.visit.end();
    await expect(opened.visit.keep()).rejects.toBeInstanceOf(HubLostError);
  });

  it('ends at once when the patient stops it, with nothing taken', async () => {
    let stop = () => {};
    const opened = open({
      reading: { state: 'waiting' },
      untilCancelled: () =>
        new Promise((resolve) => {
          stop = resolve;
        }),
    });
    const measuring = opened.visit.measure(signal);
    await opened.clock.advance(1_000);
    stop();
    expect(await measuring).toEqual({ event: { type: 'cancelled' }, note: 'the patient cancelled' });
    expect(opened.clock.monotonic()).toBe(1_000);
    expect(opened.clock.pendingTimers).toBe(0);
    opened.visit.begin(hub({ 'observation.create': {} }).session);
    await expect(opened.visit.keep()).rejects.toBeInstanceOf(HubLostError);
  });

  it('has nobody wait for the patient to stop it once it is there', async () => {
    const ended: unknown[] = [];
    const opened = open({
      untilCancelled: (over) =>
        new Promise((_resolve, reject) => {
          over.addEventListener('abort', () => {
            ended.push(over.reason);
            reject(over.reason);
          });
        }),
    });
    expect((await measured(opened)).event).toMatchObject({ type: 'measured' });
    expect(ended).toHaveLength(1);
  });

  it('is over where it cannot be known whether the patient stops it', async () => {
    const opened = open({
      untilCancelled: async () => {
        throw new Error('there is no terminal to ask on');
      },
    });
    await expect(opened.visit.measure(signal)).rejects.toThrow('there is no terminal');
    expect(opened.clock.pendingTimers).toBe(0);
  });

  it('ends with the terminal', async () => {
    const stop = new AbortController();
    const { visit, clock } = open({ reading: { state: 'waiting' } });
    const measuring = visit.measure(stop.signal);
    stop.abort(new Error('the terminal stops'));
    await expect(measuring).rejects.toThrow('the terminal stops');
    expect(clock.pendingTimers).toBe(0);
  });
});

describe('the summary', () => {
  it('says in a journal how many measurements there are, and to the patient what they are', async () => {
    const { visit } = open();
    visit.begin(hub({ 'patient.summary': { entry: [] } }).session);
    expect(await visit.summarise()).toEqual({
      event: { type: 'summarised', lines: [] },
      note: 'no measurements of the patient here yet',
    });
  });
});
