import { join } from 'node:path';
import type { Command } from 'commander';
import { z } from 'zod';
import { openReader } from '../../hardware/reader-path.ts';
import { secretSource } from '../../runtime/ask.ts';
import { systemClock } from '../../runtime/clock.ts';
import type { Invocation } from '../../runtime/command-line.ts';
import { makeSecretFolder } from '../../runtime/files.ts';
import { LOG_LEVELS, openLog } from '../../runtime/pino-log.ts';
import { systemRandom } from '../../runtime/random.ts';
import { choiceSetting, keepSettings } from '../../runtime/settings.ts';
import { Resources } from '../../runtime/stop.ts';
import type { Surroundings } from '../../runtime/surroundings.ts';
import { tcpNetwork } from '../../runtime/tcp-network.ts';
import { ConsolePanel } from '../panels/console-panel.ts';
import { type AssembledTerminal, assembleTerminal } from '../tap-tools.ts';

const settings = z.object({
  reader: z.string().default('/dev/serial0'),
  hub: z.string().optional(),
  allow: choiceSetting(['limbasiya-2021']).optional(),
  logLevel: choiceSetting(LOG_LEVELS).default('warn'),
});

/** The options of every command that works with reader and hub. */
export function withTerminalOptions(command: Command): Command {
  return command
    .option('--reader <path>', 'the reader: /dev/ttyUSB0, /dev/serial0, or sim:FILE for a virtual one')
    .option('--hub <hub>', 'the hub: its id, or HOST:PORT; kept for the next time')
    .option('--allow <suite>', 'take cards of the suite limbasiya-2021, too: for study and for moving off it')
    .option('--log-level <level>', `how much to log: ${LOG_LEVELS.join(', ')}`)
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

export interface OpenTerminal extends AssembledTerminal {
  close(): Promise<void>;
}

/** Opens the reader and puts the terminal together; the console is its panel. */
export async function openTerminal(call: Invocation): Promise<OpenTerminal> {
  const { reader: path, hub, allow, logLevel } = await call.settings(settings);
  await makeSecretFolder(call.folder);
  const surroundings = surroundingsFor(logLevel);
  const scripted = call.flags['pinStdin'] === true;
  const secrets = secretSource({ stdin: scripted, input: call.io.stdin, output: call.io.stderr });
  const panel = new ConsolePanel({
    say: (line) => call.say(line),
    ask: (prompt, signal) => secrets.ask(prompt, signal),
    scripted,
  });
  const resources = new Resources();
  try {
    const reader = resources.add(openReader(path, { clock: surroundings.clock }), (it) => it.close());
    resources.add(panel, (it) => it.close());
    const terminal = await assembleTerminal({ surroundings, folder: call.folder, hub, allow, reader, panel });
    if (typeof call.flags['hub'] === 'string') {
      await keepSettings(join(call.folder, 'settings.json'), { hub: call.flags['hub'] });
    }
    return { ...terminal, close: () => resources.close() };
  } catch (error) {
    await resources.close();
    throw error;
  }
}
