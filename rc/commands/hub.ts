import type { Command } from 'commander';
import { invocation } from '../../runtime/command-line.ts';
import { hubAlarms, hubTable } from './hub-text.ts';
import { addMemberList, addRevoke } from './member.ts';
import { asOperator } from './operator-client.ts';
import type { CommandWorld } from './world.ts';

/** `cardea-rc hub list|revoke` and `cardea-rc device list|revoke`. */
export function addHub(program: Command, world: CommandWorld): void {
  const hub = program.command('hub').description('the hubs of the network');
  hub
    .command('list')
    .description('all hubs: when each was heard last, how far behind it is, and what it says of itself')
    .action(async (_options, command: Command) => {
      const call = invocation(command, world.io);
      const { hubs } = await asOperator(call.folder, world.surroundings('warn'), (client) => client.hubs());
      const text =
        hubs.length === 0 ? 'no hub has joined yet' : [hubTable(hubs), ...hubAlarms(hubs)].join('\n');
      call.show({ hubs }, text);
    });
  addRevoke(hub, world, {
    kind: 'hub',
    description: 'cut a hub off for ever, its open connections too, and lift the locks that only it made',
    afterwards: 'terminals believe it until its certificate ends, at most 14 days from its last renewal',
  });

  const device = program.command('device').description('the terminals of the network');
  addMemberList(device, world, 'device');
  addRevoke(device, world, {
    kind: 'device',
    description: 'cut a terminal off from the registration centre for ever; hubs do not know terminals',
    afterwards: 'hubs serve whatever terminal reaches them: take it away, or keep it off their network',
  });
}
