import type { OpenPort } from '../byte-port.ts';
import type { HardwareClock } from '../clock.ts';
import { FIRMATA_SPEED, firmataBoard } from '../panel/firmata-board.ts';
import { openSerialPort } from '../serial-port.ts';
import { BoardSensor, type BoardSensorOptions } from './board-sensor.ts';
import { parseSensorBoard } from './sensor-board.ts';
import type { SensorPart } from './sensor-kinds.ts';

/**
 * Opens a sensor on a board of its own: the board's serial port as `/dev/ttyACM1`, or `sim:`, a virtual one on which
 * it says something usual, or `sim:39.2`. It is connected in the background.
 *
 * @throws SensorKindError when `path` names no board
 */
export function openSensor(
  path: string,
  part: SensorPart,
  options: Pick<BoardSensorOptions, 'clock' | 'onState'>,
): BoardSensor {
  const { clock } = options;
  return new BoardSensor({
    ...options,
    part,
    open: firmataBoard({ name: path, clock, open: portAt(path, part, clock) }),
  });
}

function portAt(path: string, part: SensorPart, clock: HardwareClock): OpenPort {
  const place = parseSensorBoard(path);
  if ('port' in place) return () => openSerialPort({ path: place.port, baudRate: FIRMATA_SPEED });
  const { value } = place;
  let board: Promise<{ open: OpenPort }> | undefined;
  return async () => {
    // Loaded only where it is asked for: a terminal in a clinic has no use for it.
    board ??= import('../sim/virtual-sensor.ts').then(({ virtualSensorBoard }) =>
      virtualSensorBoard(part, { clock, value }),
    );
    return (await board).open();
  };
}
