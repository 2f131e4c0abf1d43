import { Writable } from 'node:stream';
import type { Command } from 'commander';
import { openReader } from '../../hardware/reader-path.ts';
import { formatAddress } from '../../runtime/address.ts';
import { invocation, UsageError } from '../../runtime/command-line.ts';
import { untilStopped } from '../../runtime/stop.ts';
import { asOperator } from '../commands/operator-client.ts';

import type { CommandWorld } from '../commands/world.ts';
import { readNetworkFile } from '../folder.ts';
import { deskSettings } from './desk-settings.ts';
import { findPrinter } from './print-page.ts';

/** `cardea-rc console`: where registrars work. */
export function addConsole(program: Command, world: CommandWorld): void {
  program
    .command('console')
    .description('the registrar’s desk: register, replace, unlock, revoke and find, with a reader beside it')
    .option('--reader <path>', 'the reader: /dev/ttyUSB0, /dev/serial0, or sim:FILE for a virtual one')
    .option('--log-n <n>', 'how slow each guess at the PIN is made: 0, or 10 to 17')
    .option('--no-recovery', 'make cards without a recovery code')
    .option('--print <command>', 'what prints the recovery code on request; default lp')
    .action(async (flags: { readonly recovery: boolean }, command: Command) => {
      const [{ Desk }, { Screen }] = await Promise.all([
        import('./desk/desk.ts'),
        import('./desk/screen.ts'),
      ]);
      const call = invocation(command, world.io);
      const { stdin, stdout, environment } = call.io;
      if (stdin.isTTY !== true || !(stdout instanceof Writable) || !isTerminal(stdout) || call.json) {
        throw new UsageError(
          'the console needs a terminal: the commands under "cardea-rc card" are for scripts',
        );
      }
      const { reader: path, logN, print } = await call.settings(deskSettings);
      const surroundings = world.surroundings('error');
      const printer = await findPrinter(print, environment['PATH'], surroundings.clock);
      const { address } = await readNetworkFile(call.folder);
      const screen = new Screen({ input: stdin, output: stdout });
      await untilStopped((signal) =>
        asOperator(call.folder, surroundings, async (client) => {
          const reader = openReader(path, { clock: surroundings.clock });
          try {
            const desk = new Desk({
              ...{ client, surroundings, reader, screen, printer, logN },
              recovery: flags.recovery,
              who: address.port === 0 ? 'this machine' : formatAddress(address),
            });
            await desk.run(signal);
          } finally {
            await reader.close();
          }
        }),
      );
    });
}

function isTerminal(output: Writable): boolean {
  return 'isTTY' in output && output.isTTY === true;
}
