import type { Command } from 'commander';
import { formatAddress } from '../../runtime/address.ts';
import { invocation } from '../../runtime/command-line.ts';
import { LOG_LEVELS } from '../../runtime/pino-log.ts';
import { aborted, untilStopped } from '../../runtime/stop.ts';
import { serveHub } from '../serve.ts';
import { hubSettings } from './settings.ts';
import { surroundingsFor } from './surroundings.ts';

/** `cardea-hub serve`: takes logins until it is stopped. */
export function addServe(program: Command): void {
  program
    .command('serve')
    .description('serve terminals until SIGTERM or SIGINT')
    .option('--listen <host:port>', 'where to listen; port 0: any free one')
    .option('--validity-seconds <seconds>', 'how long a session lasts')
    .option('--list-age-days <days>', 'how old the lists may be before logins stop')
    .option(
      '--allow <suite>',
      'accept cards of this suite, too: limbasiya-2021, for study and migration; or none',
    )
    .option('--workers <count>', 'processes that serve terminals; 1: the one process does all')
    .option('--log-level <level>', `how much to log: ${LOG_LEVELS.join(', ')}`)
    .action(async (_options, command: Command) => {
      const call = invocation(command);
      const { listen, logLevel, allow, workers, ...policy } = await call.settings(hubSettings);
      const surroundings = surroundingsFor(logLevel);
      await untilStopped(async (signal) => {
        const { folder } = call;
        const running = await serveHub({ surroundings, folder, listen, policy, allow, workers, logLevel });
        const address = formatAddress(running.address);
        const { id, location } = running;
        call.show({ id, location, address }, `hub ${id} (${location}) listens on ${address}`);
        await aborted(signal);
        await running.close();
      });
    });
}
