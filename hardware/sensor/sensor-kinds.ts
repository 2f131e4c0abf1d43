import { HardwareError } from '../errors.ts';
import type { Measured } from './sensor.ts';

/** A `--sensor` that names no sensor. */
export class SensorKindError extends HardwareError {
  readonly code = 'sensor-kind';
}

/** A sensor, and where it is wired. */
export type SensorPart =
  /** A chip on I2C that johnny-five knows as a Thermometer. */
  | {
      readonly bus: 'i2c';
      readonly measures: Measured;
      readonly controller: 'MCP9808' | 'TMP102';
      readonly address: number;
      /** The chip's register that holds the temperature. */
      readonly register: number;
    }
  /** A voltage at an analog pin, which stands for a value: in a straight line from 0 V to the board's own voltage. */
  | {
      readonly bus: 'analog';
      readonly measures: Measured;
      readonly pin: string;
      readonly atZero: number;
      readonly atFull: number;
    };

const DEFAULT_PIN = 'A0';
const DEFAULT_SCALE = { atZero: 0, atFull: 200 };

/**
 * Each kind of sensor by its name, at an address or a pin, or at its usual one. (A thermometer at an analog pin, such
 * as LM35, is none: ten bits of 5 V are steps of half a degree.)
 */
const KINDS = {
  mcp9808: (place) => thermometerChip('MCP9808', 0x05, addressIn(place, 0x18, 0x1f)),
  tmp102: (place) => thermometerChip('TMP102', 0x00, addressIn(place, 0x48, 0x4b)),
  scale: (place, range) => ({
    bus: 'analog',
    measures: 'body-weight',
    pin: pinIn(place),
    ...(range === undefined ? DEFAULT_SCALE : rangeIn(range)),
  }),
} as const satisfies Record<string, (place: string | undefined, range: string | undefined) => SensorPart>;

export const SENSOR_KINDS = Object.keys(KINDS);

const HOW = `give ${SENSOR_KINDS.join(', ')}, with its place where it is not the usual one, as mcp9808@0x19 or scale@A1; for a scale what it means in kg, as scale@A0,0..200`;
const GRAMMAR = /^(?<kind>[a-z0-9]+)(?:@(?<place>[A-Za-z0-9]+))?(?:,(?<range>[0-9.-]+))?$/;

/**
 * `KIND`, `KIND@PLACE`, and for a scale `KIND@PLACE,LOW..HIGH`: what it means, in kg, when the pin has 0 V and when
 * it has the board's own voltage.
 *
 * @throws SensorKindError
 */
export function parseSensor(text: string): SensorPart {
  const { kind = '', place, range } = GRAMMAR.exec(text)?.groups ?? {};
  if (!isKind(kind)) throw new SensorKindError(`"${text}" is no sensor: ${HOW}`);
  if (range !== undefined && kind !== 'scale') {
    throw new SensorKindError(`only a scale has a range, "${text}" is none: ${HOW}`);
  }
  return KINDS[kind](place, range);
}

function isKind(name: string): name is keyof typeof KINDS {
  return Object.hasOwn(KINDS, name);
}

function thermometerChip(controller: 'MCP9808' | 'TMP102', register: number, address: number): SensorPart {
  return { bus: 'i2c', measures: 'body-temperature', controller, register, address };
}

function addressIn(place: string | undefined, first: number, last: number): number {
  if (place === undefined) return first;
  const address = /^0x[0-9a-f]{2}$/i.test(place) ? Number(place) : Number.NaN;
  if (address >= first && address <= last) return address;
  throw new SensorKindError(
    `"${place}" is no I2C address of this sensor: it answers between ${hex(first)} and ${hex(last)}`,
  );
}

function pinIn(place: string | undefined): string {
  if (place === undefined) return DEFAULT_PIN;
  // A4 and A5 are the two lines of I2C.
  if (/^A[0-3]$/.test(place)) return place;
  throw new SensorKindError(`"${place}" is no analog pin that is free: give A0 to A3`);
}

function rangeIn(range: string): { readonly atZero: number; readonly atFull: number } {
  const [low = '', high = '', ...more] = range.split('..');
  const [atZero, atFull] = [Number(low), Number(high)];
  const isRange = low !== '' && high !== '' && more.length === 0;
  if (isRange && Number.isFinite(atZero) && Number.isFinite(atFull) && atZero !== atFull) {
    return { atZero, atFull };
  }
  throw new SensorKindError(`"${range}" is no range: give two numbers as 0..200`);
}

function hex(address: number): string {
  return `0x${address.toString(16)}`;
}
