import type { Command } from 'commander';
import type { RcClient } from '../../certs/rc-client.ts';
import { type AuditSource, addAuditCommands, type HubTrailWanted } from '../../runtime/audit/commands.ts';
import { machineOrigin } from '../../runtime/audit/event.ts';
import { HUB_ACTIONS } from '../../runtime/audit/hub-actions.ts';
import { auditQuery, pageOf } from '../../runtime/audit/wire.ts';
import type { Clock } from '../../runtime/clock.ts';
import type { Invocation } from '../../runtime/command-line.ts';
import { CardeaError } from '../../runtime/errors.ts';
import { takeOwnershipUnlessServed } from '../../runtime/ownership.ts';
import { RC_ACTIONS } from '../audit-actions.ts';
import { isRegistrationCentre, rcPaths } from '../folder.ts';
import { openRcStore, type RcStore } from '../store/rc-store.ts';
import { asOperator } from './operator-client.ts';
import type { CommandWorld } from './world.ts';

const KEEPER = { observer: 'registration-centre', actions: RC_ACTIONS } as const;

/** `cardea-rc audit` and `audit verify`: by an operator, or while nothing serves, where the database lies. */
export function addAudit(program: Command, world: CommandWorld): void {
  addAuditCommands(program, {
    io: world.io,
    hasHubTrails: true,
    withSource: (call, use, wanted) => withTrail(world, call, use, wanted),
  });
}

async function withTrail<Result>(
  world: CommandWorld,
  { folder }: Invocation,
  use: (source: AuditSource) => Promise<Result>,
  wanted: HubTrailWanted | undefined,
): Promise<Result> {
  const ownership = (await isRegistrationCentre(folder))
    ? takeOwnershipUnlessServed(folder, 'cardea-rc audit')
    : undefined;
  if (ownership === undefined) {
    return asOperator(folder, world.surroundings('warn'), (client) => use(overApi(client, wanted)));
  }
  let store: RcStore | undefined;
  try {
    store = openRcStore(rcPaths(folder).store);
    const { clock } = world.surroundings('warn');
    const read = { ...machineOrigin(clock), action: 'audit.read', outcome: 'done' } as const;
    await store.audit.note({ ...read, member: wanted?.hub ?? null });
    return await use(await atStore(store, clock, wanted));
  } finally {
    store?.close();
    ownership.release();
  }
}

function overApi(client: RcClient, wanted: HubTrailWanted | undefined): AuditSource {
  if (wanted === undefined) return { ...KEEPER, page: (query) => client.audit(query) };
  const { hub, branch } = wanted;
  const page: AuditSource['page'] = (query) =>
    client.hubAudit(hub, { ...query, ...(branch !== undefined && { branch }) });
  return { ...keeperOf(hub), page };
}

/** @throws NoSuchTrailError */
async function atStore(
  { audit, hubTrails, members }: RcStore,
  clock: Clock,
  wanted: HubTrailWanted | undefined,
): Promise<AuditSource> {
  if (wanted === undefined) {
    return { ...KEEPER, page: (query) => pageOf(auditQuery.parse(query), (asked) => audit.list(asked)) };
  }
  const { hub, branch } = wanted;
  const hubs = await members.hubs(clock.now());
  if (!hubs.some(({ id }) => id === hub))
    throw new NoSuchTrailError(`there is no hub ${hub}: "hub list" names them`);
  if (branch !== undefined && !(await hubTrails.hasBranch(hub, branch))) {
    throw new NoSuchTrailError(`the trail of ${hub} was not begun anew so often`);
  }
  const page: AuditSource['page'] = (query) =>
    pageOf(auditQuery.parse(query), (asked) => hubTrails.list(hub, asked, branch));
  return { ...keeperOf(hub), page };
}

function keeperOf(hub: string) {
  return { observer: hub, actions: HUB_ACTIONS };
}

/** A hub's trail was asked for, and there is no such hub, or branch. */
class NoSuchTrailError extends CardeaError {
  readonly code = 'trail-unknown';
}
