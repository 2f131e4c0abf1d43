/** What can be measured of a patient: a temperature in °C, a weight in kg. */
export type Measured = 'body-temperature' | 'body-weight';

/** What a sensor says when it is asked. */
export type SensorReading =
  /** In the unit of what it measures. */
  | { readonly state: 'value'; readonly value: number }
  /** It is not known yet whether its board is there, or that was only just connected. */
  | { readonly state: 'waiting' }
  /** Its board is there, and it does not answer. */
  | { readonly state: 'silent' }
  /** Its board is not there. */
  | { readonly state: 'lost' };

/** A sensor, which measures all the time; whoever wants a value looks. */
export interface Sensor {
  readonly measures: Measured;
  /** What it says now. */
  read(): SensorReading;
}
