import type { Command } from 'commander';
import { invocation } from '../../runtime/command-line.ts';
import { askControl } from '../../runtime/control-socket.ts';
import { counted } from '../../runtime/counted.ts';
import { type HubStatus, hubStatus } from '../status.ts';

/** `cardea-hub status`: how the hub that serves this folder stands. */
export function addStatus(program: Command): void {
  program
    .command('status')
    .description('how the hub stands; needs "cardea-hub serve" to run')
    .action(async (_options, command: Command) => {
      const call = invocation(command);
      const answer = await askControl(call.folder, { method: 'status' }, { startWith: 'cardea-hub serve' });
      const status = hubStatus.parse(answer);
      call.show(status, statusText(status));
    });
}

function statusText(status: HubStatus): string {
  const { lists, rc } = status;
  return [
    `hub ${status.id} (${status.location}), ${status.takesLogins ? 'takes logins' : 'REFUSES LOGINS'}`,
    `listens on ${status.address}; terminals are told ${status.announced}`,
    `lists: ${lists.state}, ${ageText(lists.ageSeconds)}; limit ${lists.limitDays} days`,
    `registration centre: ${rc.address}, ${rc.answers ? 'answers' : 'does not answer'}`,
    ...restoreLines(rc.restored),
    `cards: ${status.cards}; records: ${status.records}; waiting today: ${status.waiting}; sessions: ${status.sessions}; connections: ${status.connections}`,
    ...(status.workers === null
      ? []
      : [`workers: ${status.workers.serving} of ${status.workers.wanted} serve`]),
    ...(status.syncLagSeconds < 60
      ? []
      : [`reports to it wait since ${ageText(status.syncLagSeconds).replace(' old', '')}`]),
    `health and metrics: ${healthText(status)}`,
    `certificate ends ${new Date(status.certificateEnds).toISOString()}`,
    `audit trail: ${counted(status.audit.rows, 'row')}, ${toldOf(status.audit)}, anchor ${status.audit.anchor}`,
    ...(status.limbasiya === null ? [] : [limbasiyaText(status.limbasiya)]),
    ...status.warnings.map((warning) => `warning: ${warning}`),
  ].join('\n');
}

function limbasiyaText({ cards, means }: NonNullable<HubStatus['limbasiya']>): string {
  return `limbasiya-2021: allowed, ${counted(cards, 'card')} on its list; ${means}`;
}

function restoreLines(restored: HubStatus['rc']['restored']): string[] {
  if (restored === null) return [];
  const told = restored.settled ? 'it knows all that is held here' : 'it is being told what is held here';
  return [`  was restored from a backup, and met so ${new Date(restored.met).toISOString()}; ${told}`];
}

function healthText({ health, healthProblem }: HubStatus): string {
  if (health !== null) return `http://${health}/healthz and /metrics`;
  return healthProblem === null ? 'switched off' : 'NOT TO BE HAD';
}

function toldOf({ rows, delivered }: HubStatus['audit']): string {
  if (delivered === rows) return 'all at the registration centre, too';
  return delivered === 0
    ? 'none at the registration centre yet'
    : `up to row ${delivered} at the registration centre, too`;
}

function ageText(seconds: number | null): string {
  if (seconds === null) return 'age unknown';
  if (seconds < 3_600) return `${Math.floor(seconds / 60)} minutes old`;
  if (seconds < 172_800) return `${Math.floor(seconds / 3_600)} hours old`;
  return `${(seconds / 86_400).toFixed(1)} days old`;
}
