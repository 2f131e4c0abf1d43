import type { Command } from 'commander';
import type { StatusResponse } from '../../protocol/rc-api/status.ts';
import { invocation } from '../../runtime/command-line.ts';
import { counted } from '../../runtime/counted.ts';
import { hubAlarms, hubTable } from './hub-text.ts';
import { asOperator } from './operator-client.ts';
import { timeText } from './text.ts';
import type { CommandWorld } from './world.ts';

/** `cardea-rc status`: how the registration centre and its hubs stand. */
export function addStatus(program: Command, world: CommandWorld): void {
  program
    .command('status')
    .description('how the registration centre and its hubs stand')
    .action(async (_options, command: Command) => {
      const call = invocation(command, world.io);
      const status = await asOperator(call.folder, world.surroundings('warn'), (client) => client.status());
      call.show(status, statusText(status));
    });
}

function statusText({ cards, members, hubs, ...status }: StatusResponse): string {
  const lines = [
    `cards: ${cards.active} active (${cards.locked} locked), ${cards.revoked} revoked`,
    `members: ${counted(members.hubs, 'hub')}, ${counted(members.devices, 'terminal')}, ${counted(members.operators, 'operator')}`,
    `feed: ${counted(status.sequence, 'change')}, generation ${status.generation}`,
    `authority: SHA-256 ${status.authority}${status.earlierAuthorities === 0 ? '' : `, certified by ${status.earlierAuthorities} before it`}`,
    `master key for new cards: number ${status.masterKey}`,
    ...restoreLines(status),
    `audit trail: ${counted(status.audit.rows, 'row')}; to be written down: anchor ${status.audit.anchor}`,
    `its own certificate ends ${timeText(status.certificateEnds)}`,
  ];
  return hubs.length === 0 ? lines.join('\n') : [...lines, '', hubTable(hubs), ...hubAlarms(hubs)].join('\n');
}

function restoreLines({
  restored,
  missing,
  doubted,
}: Pick<StatusResponse, 'restored' | 'missing' | 'doubted'>): string[] {
  if (restored === null) return [];
  const line = `restored from a backup ${timeText(restored)}`;
  const toldBy = ({ uid, hub, since }: { uid: string; hub: string; since: number }) =>
    `  ${uid}, told by ${hub} ${timeText(since)}`;
  const first =
    missing.count === 0
      ? [`${line}; hubs have told of no card that is missing`]
      : [
          `${line}; MISSING: ${counted(missing.count, 'card')}, registered after it and let in where hubs hold them`,
          ...missing.cards.map(toldBy),
          '  revoke each with "cardea-rc card revoke UID --reason other", and register its patient anew',
        ];
  if (doubted.count === 0) return first;
  return [
    ...first,
    `DOUBTED: ${counted(doubted.count, 'card')} that one hub alone says were revoked after the backup, more than one is believed for`,
    ...doubted.cards.map(toldBy),
    '  they are revoked once another hub says the same, or by "cardea-rc card revoke UID --reason other"; a hub that lies is cut off by "cardea-rc hub revoke"',
  ];
}
