import { join } from 'node:path';
import type { Command } from 'commander';
import { openReader } from '../../hardware/reader-path.ts';
import { SENSOR_KINDS } from '../../hardware/sensor/sensor-kinds.ts';
import { secretSource } from '../../runtime/ask.ts';
import { systemClock } from '../../runtime/clock.ts';
import type { Invocation } from '../../runtime/command-line.ts';
import { makeSecretFolder } from '../../runtime/files.ts';
import { holdTerminal } from '../../runtime/held-terminal.ts';
import { LOG_LEVELS, openLog } from '../../runtime/pino-log.ts';
import { systemRandom } from '../../runtime/random.ts';
import { keepSettings } from '../../runtime/settings.ts';
import { Resources } from '../../runtime/stop.ts';
import type { Surroundings } from '../../runtime/surroundings.ts';
import { tcpNetwork } from '../../runtime/tcp-network.ts';
import { ConsolePanel } from '../panels/console-panel.ts';
import { openFront } from '../panels/open-front.ts';
import { type AssembledTerminal, assembleTerminal } from '../tap-tools.ts';
import { checkTogether, terminalSettings } from './terminal-settings.ts';

/** The option that {@link traceOf} looks for. */
export const TRACE = [
  '--trace',
  'print every frame of the reader on standard error, without what a card holds',
] as const;

/** The options that say what hardware there is. */
export function withHardwareOptions(command: Command): Command {
  return command
    .option('--reader <path>', 'the reader: /dev/ttyUSB0, /dev/serial0, or sim:FILE for a virtual one')
    .option(
      '--panel <path>',
      'the panel: /dev/ttyACM0, raspi-io, or sim: for a virtual one; else the console',
    )
    .option(
      '--sensor <kind>',
      `a sensor to measure patients with: ${SENSOR_KINDS.join(', ')}, at its place as mcp9808@0x19 or scale@A1,0..200`,
    )
    .option(
      '--sensor-board <path>',
      "the sensor's board where it is not the panel's: /dev/ttyACM1, or sim: for a virtual one",
    );
}

/** The options of every command that works with reader and hub. */
export function withTerminalOptions(command: Command): Command {
  return withHardwareOptions(command)
    .option('--hub <hub>', 'the hub: its id, or HOST:PORT; kept for the next time')
    .option(
      '--allow <suite>',
      'take cards of this suite, too: limbasiya-2021, for study and migration; or none',
    )
    .option('--log-level <level>', `how much to log: ${LOG_LEVELS.join(', ')}`)
    .option(...TRACE)
    .option('--pin-stdin', 'read secrets from standard input, one a line');
}

/** What every command of a terminal takes from the world. */
export function surroundingsFor(level: (typeof LOG_LEVELS)[number]): Surroundings {
  return {
    clock: systemClock,
    network: tcpNetwork(systemClock),
    random: systemRandom,
    log: openLog({ name: 'cardea-device', level }),
  };
}

/** Where the reader's frames are printed; undefined without `--trace`. */
export function traceOf({ flags, io }: Invocation): ((line: string) => void) | undefined {
  return flags['trace'] === true ? (line) => io.stderr.write(`${line}\n`) : undefined;
}

export interface OpenTerminal extends AssembledTerminal {
  /** Says a line to whoever watches the console, though a patient is asked something there. */
  tell(line: string): void;
  close(): Promise<void>;
}

/** Opens reader and panel, and puts the terminal together. */
export async function openTerminal(call: Invocation): Promise<OpenTerminal> {
  const settings = await call.settings(terminalSettings);
  checkTogether(settings);
  const { reader: path, panel: panelPath, panelParts, sensor, sensorBoard, hub, allow, logLevel } = settings;
  await makeSecretFolder(call.folder);
  const surroundings = surroundingsFor(logLevel);
  const scripted = call.flags['pinStdin'] === true;
  const resources = new Resources();
  const typed = resources.add(
    // As the terminal itself would have said it.
    holdTerminal(call.io.stdin, () => process.kill(process.pid, 'SIGINT')),
    (it) => it.release(),
  );
  const secrets = secretSource({ stdin: scripted, input: typed.input, output: call.io.stderr });
  const console = new ConsolePanel({
    clock: surroundings.clock,
    say: (line) => call.say(line),
    ask: (prompt, signal) => secrets.ask(prompt, signal),
    scripted,
  });
  try {
    const readerOptions = { clock: surroundings.clock, trace: traceOf(call) };
    const reader = resources.add(openReader(path, readerOptions), (it) => it.close());
    const panel = resources.add(
      await openFront(
        { path: panelPath, parts: panelParts, sensor, sensorBoard, console, scripted },
        surroundings,
      ),
      (it) => it.close(),
    );
    const terminal = await assembleTerminal({
      surroundings,
      folder: call.folder,
      hub,
      allow,
      reader,
      panel,
      sensor: panel.sensor,
    });
    if (typeof call.flags['hub'] === 'string') {
      await keepSettings(join(call.folder, 'settings.json'), { hub: call.flags['hub'] });
    }
    return { ...terminal, tell: (line) => console.tell(line), close: () => resources.close() };
  } catch (error) {
    await resources.close();
    throw error;
  }
}
