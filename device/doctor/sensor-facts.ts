import type { Measured } from '../../hardware/sensor/sensor.ts';
import type { Failure } from './finding.ts';

/** What came of asking the sensor. */
export type SensorFacts =
  /** None is set. */
  | { readonly state: 'none' }
  | { readonly state: 'answers'; readonly measures: Measured; readonly value: number }
  /** Its board is there, and it does not answer. */
  | { readonly state: 'silent' }
  /** Its board is not there. */
  | { readonly state: 'lost' }
  /** The settings make no sense. */
  | { readonly state: 'fails'; readonly failure: Failure };
