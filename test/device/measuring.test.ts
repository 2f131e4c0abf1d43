import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { MEASUREMENTS, valueText } from '../../device/terminal/measurements.ts';
import { beginMeasuring, type MeasuringStep, measure } from '../../device/terminal/measuring.ts';
import type { Measured, SensorReading } from '../../hardware/sensor/sensor.ts';

const EVERY_MS = 250;

const value = (it: number): SensorReading => ({ state: 'value', value: it });

/** Looks at what a sensor says, four times a second, until there is an outcome. */
function take(measured: Measured, says: (second: number) => SensorReading) {
  let step: MeasuringStep = { state: beginMeasuring(1_000) };
  let now = 1_000;
  for (; 'state' in step; now += EVERY_MS) {
    step = measure(step.state, says((now - 1_000) / 1_000), now, MEASUREMENTS[measured]);
  }
  return { ...step, seconds: (now - EVERY_MS - 1_000) / 1_000 };
}

describe('a temperature', () => {
  it('is taken when it has stayed the same for five seconds, and not before', () => {
    expect(take('body-temperature', () => value(36.84))).toEqual({ value: 36.8, seconds: 5 });
  });

  it('is that of the patient, not of the room that the thermometer lay in, nor of the way between them', () => {
    const warming = (second: number) => 36.9 - (second < 5 ? 14.9 : 14.9 * Math.exp((5 - second) / 3));
    const { seconds, ...outcome } = take('body-temperature', (second) => value(warming(second)));
    expect(outcome).toEqual({ value: 36.9 });
    expect(seconds).toBeGreaterThan(10);
  });

  it('is the middle of the last looks, and has to be steady anew after one that is far off', () => {
    expect(take('body-temperature', (second) => value(second === 5 ? 36.87 : 36.8))).toEqual({
      value: 36.8,
      seconds: 5,
    });
    expect(take('body-temperature', (second) => value(second === 1 ? 38 : 36.8))).toEqual({
      value: 36.8,
      seconds: 6.25,
    });
  });

  it.each([22.4, -3, 29.9, 45.1, 125])('of %s degrees is nobody’s', (it) => {
    expect(take('body-temperature', () => value(it))).toEqual({ failed: 'implausible', seconds: 45 });
  });

  it.each([30, 45])('of %s degrees may be somebody’s', (it) => {
    expect(take('body-temperature', () => value(it))).toMatchObject({ value: it });
  });

  it('that never settles is given up after 45 seconds', () => {
    const restless = take('body-temperature', (second) => value(36 + (second % 1)));
    expect(restless).toEqual({ failed: 'unsteady', seconds: 45 });
  });

  it.each([
    ['is silent', { state: 'silent' }, 3],
    ['says what is no number', value(Number.NaN), 3],
    ['is only just being connected', { state: 'waiting' }, 8],
  ] as const)('is given up where the sensor %s for too long', (_what, reading, seconds) => {
    expect(take('body-temperature', () => reading)).toEqual({ failed: 'no-value', seconds });
    const later = take('body-temperature', (second) => (second < 2 ? value(36.8) : reading));
    expect(later).toEqual({ failed: 'no-value', seconds: seconds + 1.75 });
  });

  it('forgives a moment of silence, and has to be steady from there on', () => {
    const once = take('body-temperature', (second) => (second === 2 ? { state: 'silent' } : value(36.8)));
    expect(once).toEqual({ value: 36.8, seconds: 7.25 });
  });

  it('is given up at once where the board is gone', () => {
    const pulled = take('body-temperature', (second) => (second < 2 ? value(36.8) : { state: 'lost' }));
    expect(pulled).toEqual({ failed: 'no-sensor', seconds: 2 });
  });

  it('always comes to an end, and to a value only if a person can have it', () => {
    const anything = fc.oneof(
      fc.double().map(value),
      fc.double({ min: 20, max: 50 }).map(value),
      fc.constantFrom<SensorReading>({ state: 'silent' }, { state: 'waiting' }),
    );
    fc.assert(
      fc.property(fc.array(anything, { minLength: 1, maxLength: 40 }), (readings) => {
        const at = (second: number) => readings[(second * 4) % readings.length] ?? value(0);
        const outcome = take('body-temperature', at);
        expect(outcome.seconds).toBeLessThanOrEqual(45 + 8);
        if ('value' in outcome) {
          expect(outcome.value).toBeGreaterThanOrEqual(30);
          expect(outcome.value).toBeLessThanOrEqual(45);
        }
      }),
      { numRuns: 200 },
    );
  });
});

describe('a weight', () => {
  it('is taken when the patient stands still', () => {
    const swaying = (second: number) => (second < 3 ? second * 25 : 71.4 + (Math.round(second * 4) % 2) / 10);
    expect(take('body-weight', (second) => value(swaying(second)))).toEqual({ value: 71.5, seconds: 5 });
  });

  it('is nobody’s on an empty scale', () => {
    expect(take('body-weight', () => value(0.3))).toEqual({ failed: 'implausible', seconds: 30 });
  });
});

it('a value is said with its unit', () => {
  expect(valueText('body-temperature', 37)).toBe('37.0 °C');
  expect(valueText('body-weight', 104.25)).toBe('104.3 kg');
});
