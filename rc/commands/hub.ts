import type { Command } from 'commander';
import { memberId } from '../../protocol/rc-api/fields.ts';
import type { MemberRevoked } from '../../protocol/rc-api/members.ts';
import { invocation, UsageError } from '../../runtime/command-line.ts';
import { hubAlarms, hubTable } from './hub-text.ts';
import { asOperator } from './operator-client.ts';
import { timeText } from './text.ts';
import type { CommandWorld } from './world.ts';

/** `cardea-rc hub list|revoke` and `cardea-rc device revoke`. */
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
  addRevoke(device, world, {
    kind: 'device',
    description: 'cut a terminal off from the registration centre for ever; hubs do not know terminals',
    afterwards: 'hubs serve whatever terminal reaches them: take it away, or keep it off their network',
  });
}

function addRevoke(
  parent: Command,
  world: CommandWorld,
  member: { readonly kind: 'hub' | 'device'; readonly description: string; readonly afterwards: string },
): void {
  parent
    .command('revoke')
    .description(member.description)
    .argument('<id>', 'its id, which is never given again')
    .action(async (id: string, _options, command: Command) => {
      const call = invocation(command, world.io);
      if (!memberId.safeParse(id).success)
        throw new UsageError(`"${id}" is no id: 3 to 32 of a-z, 0-9 and -`);
      const result = await asOperator(call.folder, world.surroundings('warn'), (client) =>
        client.revokeMember(id, member.kind),
      );
      call.show({ id, ...result }, revokedText(id, result, member));
    });
}

function revokedText(
  id: string,
  { revoked, connectionsCut, unlocked }: MemberRevoked,
  { kind, afterwards }: { readonly kind: 'hub' | 'device'; readonly afterwards: string },
): string {
  const lines = [`${id} is revoked since ${timeText(revoked)}; ${connectionsCut} open connections were cut`];
  if (kind === 'hub') lines.push(`locks lifted that only it had made: ${unlocked}`);
  return [...lines, afterwards].join('\n');
}
