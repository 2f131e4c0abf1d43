import type { Command } from 'commander';
import type { StatusResponse } from '../../protocol/rc-api/status.ts';
import { invocation } from '../../runtime/command-line.ts';
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
    `members: ${members.hubs} hubs, ${members.devices} terminals, ${members.operators} operators`,
    `feed: ${status.sequence} changes, generation ${status.generation}`,
    `authority: SHA-256 ${status.authority}${status.earlierAuthorities === 0 ? '' : `, certified by ${status.earlierAuthorities} before it`}`,
    `master key for new cards: number ${status.masterKey}`,
    `audit trail: ${status.audit.rows} rows, anchor ${status.audit.anchor} (write it down: "audit verify --anchor" holds the trail against it)`,
    `its own certificate ends ${timeText(status.certificateEnds)}`,
  ];
  return hubs.length === 0 ? lines.join('\n') : [...lines, '', hubTable(hubs), ...hubAlarms(hubs)].join('\n');
}
