import type { OpenPort } from '../byte-port.ts';
import type { HardwareClock } from '../clock.ts';
import type { SensorPart } from '../sensor/sensor-kinds.ts';
import { openSerialPort } from '../serial-port.ts';
import { MockPort } from './mock-port.ts';
import { VirtualBoard, type VirtualBoardOptions, type VirtualI2cDevice } from './virtual-board.ts';
import { VirtualDisplay } from './virtual-display.ts';
import { VirtualKeypad } from './virtual-keypad.ts';
import { type VirtualSensor, virtualSensor } from './virtual-sensor.ts';

export interface VirtualPanelOptions extends Omit<VirtualBoardOptions, 'i2c' | 'analog'> {
  readonly clock: HardwareClock;
  /** Default: 16×2. */
  readonly display?: { readonly columns: number; readonly rows: number };
  /** On the same board. */
  readonly sensor?: SensorPart | undefined;
}

/** A board with a display at 0x27 and a keypad at 0x5A, and perhaps a sensor, behind a virtual serial port. */
export interface VirtualPanel {
  readonly board: VirtualBoard;
  readonly display: VirtualDisplay;
  readonly keypad: VirtualKeypad;
  readonly sensor: VirtualSensor | undefined;
  /** What is on the board's I2C; a part that is taken out does not answer. */
  readonly i2c: Map<number, VirtualI2cDevice>;
  /** To pull the board out and plug it in. */
  readonly port: MockPort;
  /** The host's end of the line, at the board's speed. */
  readonly open: OpenPort;
}

const FIRMATA_SPEED = 57_600;

export function virtualPanel(options: VirtualPanelOptions): VirtualPanel {
  const display = new VirtualDisplay(options.display ?? { columns: 16, rows: 2 });
  const keypad = new VirtualKeypad();
  const sensor = options.sensor && virtualSensor(options.sensor);
  const i2c = new Map<number, VirtualI2cDevice>([...(sensor?.i2c ?? []), [0x27, display], [0x5a, keypad]]);
  const board = new VirtualBoard({ ...options, i2c, ...(sensor && { analog: sensor.analog }) });
  const port = new MockPort({ chip: board });
  const { path, binding } = port;
  const open = () => openSerialPort({ path, binding, baudRate: FIRMATA_SPEED });
  return { board, display, keypad, sensor, i2c, port, open };
}
