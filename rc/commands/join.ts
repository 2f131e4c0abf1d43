import type { Command } from 'commander';
import { decodeJoinToken } from '../../certs/join-token.ts';
import { formatAddress } from '../../runtime/address.ts';
import { asUsage, invocation } from '../../runtime/command-line.ts';
import { joinAsOperator } from '../join.ts';
import type { CommandWorld } from './world.ts';

/** `cardea-rc join STRING`: makes this machine an operator's. */
export function addJoin(program: Command, world: CommandWorld): void {
  program
    .command('join')
    .description('join a network as an operator, with the string that "cardea-rc token operator" printed')
    .argument('<string>', 'the join string')
    .action(async (token: string, _options, command: Command) => {
      const call = invocation(command, world.io);
      asUsage(() => decodeJoinToken(token));
      const surroundings = world.surroundings('warn');
      const { id, role, rc } = await joinAsOperator({ surroundings, folder: call.folder, token });
      call.show(
        { id, role, rc: formatAddress(rc) },
        `joined as ${id} (${role}); the registration centre is at ${formatAddress(rc)}`,
      );
    });
}
