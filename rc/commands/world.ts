import { systemClock } from '../../runtime/clock.ts';
import { type CommandIo, processIo } from '../../runtime/command-io.ts';
import { type LogLevel, openLog } from '../../runtime/pino-log.ts';
import { systemRandom } from '../../runtime/random.ts';
import type { Surroundings } from '../../runtime/surroundings.ts';
import { tcpNetwork } from '../../runtime/tcp-network.ts';

/** What the commands talk through, and what they take from the world. */
export interface CommandWorld {
  readonly io: CommandIo;
  surroundings(level: LogLevel): Surroundings;
  /** The cost of sealing keys; 17 when left out. */
  readonly sealingLogN?: number;
}

/** This process's. */
export const processWorld: CommandWorld = {
  io: processIo,
  surroundings: (level) => ({
    clock: systemClock,
    network: tcpNetwork(systemClock),
    random: systemRandom,
    log: openLog({ name: 'cardea-rc', level }),
  }),
};
