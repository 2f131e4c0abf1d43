import type { OpenPort } from '../byte-port.ts';
import type { HardwareClock } from '../clock.ts';
import type { SensorPart } from '../sensor/sensor-kinds.ts';
import { openSerialPort } from '../serial-port.ts';
import type { OpenBoard } from './board.ts';
import { BoardPanel, type BoardPanelOptions } from './board-panel.ts';
import { FIRMATA_SPEED, firmataBoard } from './firmata-board.ts';
import { parsePanelPath } from './panel-path.ts';
import { raspiBoard } from './raspi-board.ts';

/**
 * Opens the panel that `--panel` names: the serial port of a board with Firmata (`/dev/ttyACM0`),
 * `raspi-io` for the pins of this Pi, or `sim:`, a virtual board. It is connected in the background: see
 * `BoardPanel.onState`.
 *
 * @throws PanelPathError when `path` names none of them; PanelPartsError when the parts cannot be
 */
export function openPanel(path: string, options: Omit<BoardPanelOptions, 'open'>): BoardPanel {
  return new BoardPanel({ ...options, open: boardAt(path, options) });
}

function boardAt(path: string, { clock, sensor }: Pick<BoardPanelOptions, 'clock' | 'sensor'>): OpenBoard {
  const place = parsePanelPath(path);
  if (place === 'raspi-io') return raspiBoard(clock);
  if (place === 'simulated') return firmataBoard({ name: path, clock, open: simulated(clock, sensor) });
  const open = () => openSerialPort({ path: place.port, baudRate: FIRMATA_SPEED });
  return firmataBoard({ name: path, clock, open });
}

function simulated(clock: HardwareClock, sensor: SensorPart | undefined): OpenPort {
  let panel: Promise<{ open: OpenPort }> | undefined;
  return async () => {
    // Loaded only where it is asked for: a terminal in a clinic has no use for it.
    panel ??= import('../sim/virtual-panel.ts').then(({ virtualPanel }) => virtualPanel({ clock, sensor }));
    return (await panel).open();
  };
}
