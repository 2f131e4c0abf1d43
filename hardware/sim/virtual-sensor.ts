import type { OpenPort } from '../byte-port.ts';
import type { HardwareClock } from '../clock.ts';
import type { SensorPart } from '../sensor/sensor-kinds.ts';
import { openSerialPort } from '../serial-port.ts';
import { MockPort } from './mock-port.ts';
import { VirtualBoard, type VirtualI2cDevice } from './virtual-board.ts';
import { VirtualThermometer } from './virtual-thermometer.ts';

const ANALOG_STEPS = 1023;
const FIRMATA_SPEED = 57_600;

/** What a virtual sensor says unless it is told otherwise. */
export const USUAL: Readonly<Record<SensorPart['measures'], number>> = {
  'body-temperature': 36.8,
  'body-weight': 71.5,
};

/** A sensor as its board sees it. */
export interface VirtualSensor {
  /** What it measures, in the unit of that. */
  value: number;
  /** What is on the board's I2C; taken out, it does not answer. */
  readonly i2c: Map<number, VirtualI2cDevice>;
  readonly analog: ReadonlyMap<number, () => number>;
}

export function virtualSensor(part: SensorPart, value: number = USUAL[part.measures]): VirtualSensor {
  const i2c = new Map<number, VirtualI2cDevice>();
  const analog = new Map<number, () => number>();
  const sensor: VirtualSensor = { value, i2c, analog };
  if (part.bus === 'i2c') {
    i2c.set(part.address, new VirtualThermometer(part.controller, () => sensor.value));
  } else {
    const { atZero, atFull, pin } = part;
    const steps = () => Math.round(((sensor.value - atZero) / (atFull - atZero)) * ANALOG_STEPS);
    analog.set(Number(pin.slice(1)), () => Math.min(Math.max(steps(), 0), ANALOG_STEPS));
  }
  return sensor;
}

/** A board with a sensor and nothing else, behind a virtual serial port. */
export function virtualSensorBoard(
  part: SensorPart,
  { clock, value }: { readonly clock: HardwareClock; readonly value?: number | undefined },
): { readonly sensor: VirtualSensor; readonly port: MockPort; readonly open: OpenPort } {
  const sensor = virtualSensor(part, value);
  const port = new MockPort({ chip: new VirtualBoard({ clock, i2c: sensor.i2c, analog: sensor.analog }) });
  const { path, binding } = port;
  return { sensor, port, open: () => openSerialPort({ path, binding, baudRate: FIRMATA_SPEED }) };
}
