import type { Command } from 'commander';
import { formatAddress } from '../../runtime/address.ts';
import { invocation } from '../../runtime/command-line.ts';
import { LOG_LEVELS } from '../../runtime/pino-log.ts';
import { aborted, untilStopped } from '../../runtime/stop.ts';
import { PASSPHRASE_OPTION, recordsSecret } from './records-office.ts';
import { hubSettings } from './settings.ts';
import { surroundingsFor } from './surroundings.ts';

/** `cardea-hub serve`: takes logins until it is stopped. */
export function addServe(program: Command): void {
  program
    .command('serve')
    .description('serve terminals until SIGTERM or SIGINT')
    .option('--listen <host:port>', 'where to listen; port 0: any free one')
    .option('--validity-seconds <seconds>', 'how long a session lasts')
    .option('--longest-session-seconds <seconds>', 'how long a session may be renewed for, from its login')
    .option('--time-zone <name>', "the clinic's, whose midnights end a day, as in Asia/Kolkata")
    .option('--health <host:port>', 'where to ask for health and metrics; off: nowhere')
    .option('--records-key <file>', "the key of the records, where it is not the folder's keys/records.key")
    .option(...PASSPHRASE_OPTION)
    .option('--list-age-days <days>', 'how old the lists may be before logins stop')
    .option('--connections <count>', 'how many connections may be open at once')
    .option(
      '--allow <suite>',
      'accept cards of this suite, too: limbasiya-2021, for study and migration; or none',
    )
    .option('--workers <count>', 'processes that serve terminals; 1: the one process does all')
    .option('--log-level <level>', `how much to log: ${LOG_LEVELS.join(', ')}`)
    .action(async (_options, command: Command) => {
      // Here alone: no other command needs what serving takes to load.
      const { serveHub } = await import('../serve.ts');
      const call = invocation(command);
      const { listen, logLevel, allow, workers, recordsKey, health, ...policy } =
        await call.settings(hubSettings);
      const surroundings = surroundingsFor(logLevel);
      const records = recordsSecret(call, recordsKey);
      await untilStopped(async (signal) => {
        const { folder } = call;
        const running = await serveHub({
          surroundings,
          folder,
          listen,
          policy,
          allow,
          workers,
          logLevel,
          records,
          health: health === 'off' ? undefined : health,
        });
        const address = formatAddress(running.address);
        const { id, location } = running;
        call.show({ id, location, address }, `hub ${id} (${location}) listens on ${address}`);
        await aborted(signal);
        await running.close();
      });
    });
}
