import type { Command } from 'commander';
import { memberId } from '../../protocol/rc-api/fields.ts';
import type { MemberEntry, MemberRevocation, MemberRevoked } from '../../protocol/rc-api/members.ts';
import { invocation, UsageError } from '../../runtime/command-line.ts';
import { counted } from '../../runtime/counted.ts';
import { asOperator } from './operator-client.ts';
import { table, timeText } from './text.ts';
import type { CommandWorld } from './world.ts';

/** `list` of one kind of member, on that kind's command. */
export function addMemberList(parent: Command, world: CommandWorld, kind: 'device' | 'operator'): void {
  parent
    .command('list')
    .description('all there ever were: since when, and until when their certificates are good')
    .action(async (_options, command: Command) => {
      const call = invocation(command, world.io);
      const { members } = await asOperator(call.folder, world.surroundings('warn'), (client) =>
        client.members({ kind }),
      );
      const none = kind === 'device' ? 'no terminal has joined yet' : 'no operator has joined yet';
      call.show({ members }, members.length === 0 ? none : memberTable(members));
    });
}

function memberTable(members: readonly MemberEntry[]): string {
  const rows = members.map(({ id, role, admitted, revoked, certificateEnds }) => [
    revoked === null ? id : `${id} (revoked)`,
    ...(role === null ? [] : [role]),
    timeText(admitted),
    revoked === null ? timeText(certificateEnds) : `revoked ${timeText(revoked)}`,
  ]);
  const hasRoles = members.some(({ role }) => role !== null);
  return table([['id', ...(hasRoles ? ['role'] : []), 'since', 'certificate ends'], ...rows]);
}

/** `revoke` of one kind of member, on that kind's command. */
export function addRevoke(
  parent: Command,
  world: CommandWorld,
  member: {
    readonly kind: MemberRevocation['kind'];
    readonly description: string;
    readonly afterwards: string;
  },
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
  { kind, afterwards }: { readonly kind: MemberRevocation['kind']; readonly afterwards: string },
): string {
  const lines = [
    `${id} is revoked since ${timeText(revoked)}; ${counted(connectionsCut, 'open connection was', 'open connections were')} cut`,
  ];
  if (kind === 'hub') lines.push(`locks lifted that only it had made: ${unlocked}`);
  return [...lines, afterwards].join('\n');
}
