import type { SensorReading } from '../../hardware/sensor/sensor.ts';
import type { Measurement } from './measurements.ts';

/** Of what was steady, the last of it is the value: so many looks. */
const VALUE_SAMPLES = 4;
/** A sensor that says nothing for so long has nothing to say. */
const SILENT_MS = 3_000;
/** A board takes some seconds to start. */
const WAITING_MS = 8_000;

/** Why nothing was measured. */
export type NotMeasured = 'no-sensor' | 'no-value' | 'implausible' | 'unsteady';

interface Sample {
  readonly at: number;
  readonly value: number;
}

/** A measurement under way. Times are monotonic milliseconds. */
export interface Measuring {
  readonly began: number;
  /** When the sensor last said something; at first, when it was first asked. */
  readonly heard: number;
  /** As many of the last ones as it takes to see whether they are steady, the oldest first. */
  readonly samples: readonly Sample[];
}

export type MeasuringStep =
  | { readonly state: Measuring }
  | { readonly value: number }
  | { readonly failed: NotMeasured };

export function beginMeasuring(now: number): Measuring {
  return { began: now, heard: now, samples: [] };
}

/**
 * One look at the sensor. What it says is taken once it has stayed the same for a while, and is something that a
 * person can have: what it says before somebody holds it is neither waited out nor taken for a value.
 */
export function measure(
  state: Measuring,
  reading: SensorReading,
  now: number,
  { lowest, highest, steadyWithin, steadyMs, limitMs, decimals }: Measurement,
): MeasuringStep {
  if (reading.state === 'lost') return { failed: 'no-sensor' };
  if (reading.state !== 'value' || !Number.isFinite(reading.value)) {
    const patience = reading.state === 'waiting' ? WAITING_MS : SILENT_MS;
    return now - state.heard >= patience ? { failed: 'no-value' } : { state: { ...state, samples: [] } };
  }
  const before = state.samples.findLastIndex(({ at }) => now - at >= steadyMs);
  const samples = [...state.samples.slice(Math.max(before, 0)), { at: now, value: reading.value }];
  const values = samples.map(({ value }) => value);
  const [least, most] = [Math.min(...values), Math.max(...values)];
  const arePlausible = least >= lowest && most <= highest;
  if (before >= 0 && arePlausible && most - least <= steadyWithin) {
    return { value: Number(median(values.slice(-VALUE_SAMPLES)).toFixed(decimals)) };
  }
  if (now - state.began >= limitMs) return { failed: arePlausible ? 'unsteady' : 'implausible' };
  return { state: { ...state, heard: now, samples } };
}

function median(values: readonly number[]): number {
  const sorted = values.toSorted((one, other) => one - other);
  const middle = sorted.length >> 1;
  const [low = 0, high = 0] = [sorted[Math.ceil(sorted.length / 2) - 1], sorted[middle]];
  return (low + high) / 2;
}
