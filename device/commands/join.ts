import type { Command } from 'commander';
import { decodeJoinToken } from '../../certs/join-token.ts';
import { asUsage, invocation } from '../../runtime/command-line.ts';
import { joinDevice } from '../join.ts';
import { surroundingsFor } from './open-terminal.ts';

/** `cardea-device join STRING`: makes this machine a terminal of the network that minted the string. */
export function addJoin(program: Command): void {
  program
    .command('join')
    .description('join a network with the string that "cardea-rc token device" printed')
    .argument('<string>', 'the join string')
    .action(async (token: string, _options, command: Command) => {
      const call = invocation(command);
      asUsage(() => decodeJoinToken(token));
      const { terminalId, hubs } = await joinDevice({
        surroundings: surroundingsFor('warn'),
        folder: call.folder,
        token,
      });
      const names = hubs.map(({ id, location }) => `${id} (${location})`).join(', ') || 'none yet';
      call.show(
        { id: terminalId, hubs: hubs.map(({ id, location, address }) => ({ id, location, address })) },
        `joined as ${terminalId}; hubs of the network: ${names}`,
      );
    });
}
