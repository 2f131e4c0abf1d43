import { describe, expect, it, onTestFinished } from 'vitest';
import type { Finding } from '../../device/doctor/finding.ts';
import { gatherSensor } from '../../device/doctor/gather-sensor.ts';
import { sensorFindings } from '../../device/doctor/sensor-findings.ts';
import type { Sensor, SensorReading } from '../../hardware/sensor/sensor.ts';
import { SimulatedClock } from '../../runtime/simulated-clock.ts';

const { signal } = new AbortController();

/** What the doctor finds of a sensor that says `readings`, one each look, the last from then on. */
async function findingsOf(...readings: readonly SensorReading[]): Promise<readonly Finding[]> {
  const clock = new SimulatedClock();
  onTestFinished(() => expect(clock.pendingTimers).toBe(0));
  let looks = 0;
  const sensor: Sensor = {
    measures: 'body-temperature',
    read: () => readings[Math.min(looks++, readings.length - 1)] ?? { state: 'lost' },
  };
  return sensorFindings(await clock.advanceUntil(gatherSensor(sensor, clock, signal), 20_000));
}

describe('the doctor at a sensor', () => {
  it('waits for its board, and says what it says', async () => {
    const starting = [{ state: 'waiting' }, { state: 'lost' }, { state: 'silent' }] as const;
    expect(await findingsOf(...starting, { state: 'value', value: 36.6 })).toEqual([
      { part: 'sensor', verdict: 'fine', what: 'it says 36.6 °C' },
    ]);
  });

  it('leaves open whether it is right while nobody holds it', async () => {
    expect(await findingsOf({ state: 'value', value: 21.94 })).toMatchObject([
      {
        verdict: 'untested',
        what: 'it says 21.9 °C',
        remedy: expect.stringContaining('while somebody tries it'),
      },
    ]);
  });

  it.each([
    ['silent', 'it does not answer'],
    ['waiting', 'it does not answer'],
    ['lost', 'its board cannot be reached'],
  ] as const)('names what is wrong where it stays %s, and what to check', async (state, what) => {
    expect(await findingsOf({ state })).toMatchObject([
      { part: 'sensor', verdict: 'wrong', what, remedy: expect.stringContaining('check') },
    ]);
  });

  it('says nothing where none is set, and that one has no board', () => {
    expect(sensorFindings({ state: 'none' })).toEqual([]);
    const failure = { code: 'x', message: 'it has no board: give --sensor-board' };
    expect(sensorFindings({ state: 'fails', failure })).toEqual([
      { part: 'sensor', verdict: 'wrong', what: 'it has no board', remedy: 'give --sensor-board' },
    ]);
  });
});
