import type { Command } from 'commander';
import { decodeJoinToken } from '../../certs/join-token.ts';
import { parseAddress } from '../../runtime/address.ts';
import { asUsage, invocation } from '../../runtime/command-line.ts';
import { joinHub } from '../join.ts';
import { HUB_PORT } from './settings.ts';
import { surroundingsFor } from './surroundings.ts';

/** `cardea-hub join STRING`: makes this machine a hub of the network that minted the string. */
export function addJoin(program: Command): void {
  program
    .command('join')
    .description('join a network with the string that "cardea-rc token hub" printed')
    .argument('<string>', 'the join string')
    .action(async (token: string, _options, command: Command) => {
      const call = invocation(command);
      asUsage(() => decodeJoinToken(token));
      const surroundings = surroundingsFor('warn');
      const joined = await joinHub({ surroundings, folder: call.folder, token });
      const { id, location, address, rc, limbasiya } = joined;
      const lines = [
        `joined as ${id} (${location}); terminals are told to find it at ${address}; the registration centre is at ${rc}`,
      ];
      const { port } = parseAddress(address);
      const listen = port === HUB_PORT ? '' : ` --listen 0.0.0.0:${port}`;
      lines.push(`now: cardea-hub serve --data ${call.folder}${listen}`);
      if (limbasiya !== null) lines.push(`not registered under limbasiya-2021: ${limbasiya}`);
      call.show({ ...joined }, lines.join('\n'));
    });
}
