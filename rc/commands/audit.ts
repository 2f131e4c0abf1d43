import type { Command } from 'commander';
import { type AuditSource, addAuditCommands } from '../../runtime/audit/commands.ts';
import { machineOrigin } from '../../runtime/audit/event.ts';
import { auditQuery, pageOf } from '../../runtime/audit/wire.ts';
import type { Invocation } from '../../runtime/command-line.ts';
import { takeOwnershipUnlessServed } from '../../runtime/ownership.ts';
import { RC_ACTIONS } from '../audit-actions.ts';
import { isRegistrationCentre, rcPaths } from '../folder.ts';
import { openRcStore, type RcStore } from '../store/rc-store.ts';
import { asOperator } from './operator-client.ts';
import type { CommandWorld } from './world.ts';

/** `cardea-rc audit` and `audit verify`: by an operator, or while nothing serves, where the database lies. */
export function addAudit(program: Command, world: CommandWorld): void {
  addAuditCommands(program, { io: world.io, withSource: (call, use) => withTrail(world, call, use) });
}

const KEEPER = { observer: 'registration-centre', actions: RC_ACTIONS } as const;

async function withTrail<Result>(
  world: CommandWorld,
  { folder }: Invocation,
  use: (source: AuditSource) => Promise<Result>,
): Promise<Result> {
  const ownership = (await isRegistrationCentre(folder))
    ? takeOwnershipUnlessServed(folder, 'cardea-rc audit')
    : undefined;
  if (ownership === undefined) {
    return asOperator(folder, world.surroundings('warn'), (client) =>
      use({ ...KEEPER, page: (query) => client.audit(query) }),
    );
  }
  let store: RcStore | undefined;
  try {
    store = openRcStore(rcPaths(folder).store);
    const { audit } = store;
    await audit.note({
      ...machineOrigin(world.surroundings('warn').clock),
      action: 'audit.read',
      outcome: 'done',
    });
    return await use({
      ...KEEPER,
      page: (query) => pageOf(auditQuery.parse(query), (asked) => audit.list(asked)),
    });
  } finally {
    store?.close();
    ownership.release();
  }
}
