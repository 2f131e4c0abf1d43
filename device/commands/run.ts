import type { Command } from 'commander';
import { invocation } from '../../runtime/command-line.ts';
import { untilStopped } from '../../runtime/stop.ts';
import { followHubs } from '../follow-hubs.ts';
import { serveTaps } from '../serve-taps.ts';
import { stepLine } from '../terminal/step-lines.ts';
import { openTerminal, withTerminalOptions } from './open-terminal.ts';

/** `cardea-device run`: serves taps until it is stopped. */
export function addRun(program: Command): void {
  withTerminalOptions(program.command('run'))
    .description('serve tap after tap')
    .action(async (_options, command: Command) => {
      const call = invocation(command);
      const terminal = await openTerminal(call);
      const { log } = terminal.tools.surroundings;
      const observer = {
        step: (report: Parameters<typeof stepLine>[0]) => terminal.tell(stepLine(report)),
        ended: (outcome: { readonly kind: string; readonly reason?: string }) =>
          log.info('a tap ended', { outcome: outcome.kind, reason: outcome.reason ?? null }),
      };
      try {
        await untilStopped(async (signal) => {
          await Promise.all([
            serveTaps(terminal.tools, observer, signal),
            followHubs(terminal, call.folder, signal),
          ]);
        });
      } finally {
        await terminal.close();
      }
    });
}
