import { systemClock } from '../../runtime/clock.ts';
import { type LogLevel, openLog } from '../../runtime/pino-log.ts';
import { systemRandom } from '../../runtime/random.ts';
import type { Surroundings } from '../../runtime/surroundings.ts';
import { tcpNetwork } from '../../runtime/tcp-network.ts';

/** What a command takes from the real world. */
export function surroundingsFor(level: LogLevel): Surroundings {
  return {
    clock: systemClock,
    network: tcpNetwork(systemClock),
    random: systemRandom,
    log: openLog({ name: 'cardea-hub', level }),
  };
}
