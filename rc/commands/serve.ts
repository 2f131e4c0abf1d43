import type { Command } from 'commander';
import { formatAddress } from '../../runtime/address.ts';
import { invocation } from '../../runtime/command-line.ts';
import { LOG_LEVELS } from '../../runtime/pino-log.ts';
import { aborted, untilStopped } from '../../runtime/stop.ts';
import { secretSources } from './secret-sources.ts';
import { rcSettings } from './settings.ts';
import type { CommandWorld } from './world.ts';

/** `cardea-rc serve`: serves until it is stopped. */
export function addServe(program: Command, world: CommandWorld): void {
  program
    .command('serve')
    .description('serve the registration centre until SIGTERM or SIGINT')
    .option('--listen <host:port>', 'where to listen; port 0: any free one')
    .option('--log-level <level>', `how much to log: ${LOG_LEVELS.join(', ')}`)
    .option('--passphrase-stdin', 'read the passphrase of sealed keys from standard input')
    .action(async (options: { passphraseStdin?: boolean }, command: Command) => {
      // Here alone: the HTTP server is half of what starting takes, and no other command needs it.
      const { serveRc } = await import('../serve.ts');
      const call = invocation(command, world.io);
      const { listen, logLevel } = await call.settings(rcSettings);
      const surroundings = world.surroundings(logLevel);
      const secrets = secretSources(world, options);
      await untilStopped(async (signal) => {
        const running = await serveRc({ surroundings, folder: call.folder, listen, secrets });
        const address = formatAddress(running.address);
        call.show(
          { address, publicAddress: formatAddress(running.publicAddress) },
          `the registration centre listens on ${address}`,
        );
        await aborted(signal);
        await running.close();
      });
    });
}
