import type { BoardPanel } from '../../hardware/panel/board-panel.ts';
import type { Panel } from '../../hardware/panel/panel.ts';
import type { PanelParts } from '../../hardware/panel/panel-parts.ts';
import type { Sensor } from '../../hardware/sensor/sensor.ts';
import { parseSensor, type SensorPart } from '../../hardware/sensor/sensor-kinds.ts';
import type { Surroundings } from '../../runtime/surroundings.ts';
import { TerminalSetupError } from '../errors.ts';

export interface FrontOptions {
  /** `--panel`; undefined: the console is the panel. */
  readonly path: string | undefined;
  readonly parts: PanelParts;
  /** `--sensor`; undefined: nothing is measured. */
  readonly sensor?: string | undefined;
  /** `--sensor-board`; undefined: the sensor is on the panel's board. */
  readonly sensorBoard?: string | undefined;
  /** Shows and asks what the panel's parts cannot. */
  readonly console: Panel;
  /** The secrets come from standard input: the keypad is not asked. */
  readonly scripted: boolean;
}

/** What a patient stands before. */
export interface Front extends Panel {
  readonly sensor?: Sensor | undefined;
}

type World = Pick<Surroundings, 'clock' | 'log'>;

/**
 * The front of a terminal. Closing it closes the console, too.
 * @throws PanelPathError, PanelPartsError, SensorKindError; TerminalSetupError for a sensor on no board
 */
export async function openFront(options: FrontOptions, world: World): Promise<Front> {
  const { path, sensor, sensorBoard } = options;
  const part = sensor === undefined ? undefined : parseSensor(sensor);
  if (part === undefined || (sensorBoard === undefined && path !== undefined)) {
    return await openPanelFront(options, part, world);
  }
  if (sensorBoard === undefined) {
    throw new TerminalSetupError(
      'the sensor has no board: give the panel that it is wired to as --panel, or its own as --sensor-board',
    );
  }
  const measuring = await openOwnSensor(sensorBoard, part, world);
  try {
    const front = await openPanelFront(options, undefined, world);
    return withSensor(front, measuring, () => measuring.close());
  } catch (error) {
    await measuring.close();
    throw error;
  }
}

/** @param sensor on the panel's board */
async function openPanelFront(
  { path, parts, console, scripted }: FrontOptions,
  sensor: SensorPart | undefined,
  { clock, log }: World,
): Promise<Front> {
  if (path === undefined) return console;
  // Loaded only where it is asked for: johnny-five is large, and most laptops have no panel.
  const { openPanel } = await import('../../hardware/panel/open-panel.ts');
  const { keypad, ...others } = parts;
  const usable = scripted || keypad === undefined ? others : { ...others, keypad };
  const board = openPanel(path, { clock, parts: usable, sensor, fallback: console });
  tellOf(board, log);
  const panel: Panel = {
    show: (sign, lines) => board.show(sign, lines),
    turnMs: (lines) => board.turnMs(lines),
    ask: (question, prompt, signal) => board.ask(question, prompt, signal),
    ...(scripted
      ? {}
      : {
          choose: (prompt: string, options: readonly string[], signal: AbortSignal) =>
            board.choose(prompt, options, signal),
          untilCancelled: (signal: AbortSignal) => board.untilCancelled(signal),
        }),
    async close() {
      await board.close();
      await console.close();
    },
  };
  return withSensor(panel, board.sensor);
}

async function openOwnSensor(path: string, part: SensorPart, { clock, log }: World) {
  const { openSensor } = await import('../../hardware/sensor/open-sensor.ts');
  return openSensor(path, part, {
    clock,
    onState: (lost) => {
      if (lost === undefined) log.info('the sensor is ready');
      else log.warn('the sensor is lost', { reason: lost.message });
    },
  });
}

function withSensor(panel: Panel, sensor: Sensor | undefined, closeToo = async () => {}): Front {
  const choose = panel.choose?.bind(panel);
  const turnMs = panel.turnMs?.bind(panel);
  const untilCancelled = panel.untilCancelled?.bind(panel);
  return {
    show: (sign, lines) => panel.show(sign, lines),
    ask: (question, prompt, signal) => panel.ask(question, prompt, signal),
    ...(choose && { choose }),
    ...(turnMs && { turnMs }),
    ...(untilCancelled && { untilCancelled }),
    sensor,
    async close() {
      await closeToo();
      await panel.close();
    },
  };
}

function tellOf(board: BoardPanel, log: Surroundings['log']): void {
  board.onState((panel) => {
    if (panel.state === 'lost') log.warn('the panel is lost', { reason: panel.why.message });
    else if (panel.missing.length > 0)
      log.warn('parts of the panel do not answer', { parts: panel.missing.join(', ') });
    else log.info('the panel is ready');
  });
}
