import type { Measured } from '../../hardware/sensor/sensor.ts';

/** How something is measured, and what it is called: for the patient, for FHIR (LOINC) and for its unit (UCUM). */
export interface Measurement {
  /** As in "your temperature". */
  readonly name: string;
  readonly instrument: string;
  /** What the patient does. */
  readonly how: string;
  /** Over the value where it is shown later. */
  readonly title: string;
  readonly loinc: { readonly code: string; readonly display: string };
  /** For people, and in UCUM. */
  readonly unit: string;
  readonly ucum: string;
  readonly decimals: number;
  /** What a living person can have, with room to spare: all else is the sensor's doing. */
  readonly lowest: number;
  readonly highest: number;
  /** It is taken when it has stayed within so much for so long; a thermometer creeps up to what it measures. */
  readonly steadyWithin: number;
  readonly steadyMs: number;
  /** Longer nobody is to wait. */
  readonly limitMs: number;
}

export const MEASUREMENTS: Readonly<Record<Measured, Measurement>> = {
  'body-temperature': {
    name: 'temperature',
    instrument: 'thermometer',
    how: 'Please hold the thermometer.',
    title: 'Temperature',
    loinc: { code: '8310-5', display: 'Body temperature' },
    unit: '°C',
    ucum: 'Cel',
    decimals: 1,
    lowest: 30,
    highest: 45,
    steadyWithin: 0.1,
    steadyMs: 5_000,
    limitMs: 45_000,
  },
  'body-weight': {
    name: 'weight',
    instrument: 'scale',
    how: 'Please step on the scale.',
    title: 'Weight',
    loinc: { code: '29463-7', display: 'Body weight' },
    unit: 'kg',
    ucum: 'kg',
    decimals: 1,
    lowest: 2,
    highest: 400,
    steadyWithin: 0.5,
    steadyMs: 2_000,
    limitMs: 30_000,
  },
};

/** `36.8 °C`. */
export function valueText(measured: Measured, value: number): string {
  const { decimals, unit } = MEASUREMENTS[measured];
  return `${value.toFixed(decimals)} ${unit}`;
}
