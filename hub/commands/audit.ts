import type { Command } from 'commander';
import { loadHubIdentity } from '../../certs/hub-identity.ts';
import { wipe } from '../../protocol/bytes.ts';
import { type AuditSource, addAuditCommands } from '../../runtime/audit/commands.ts';
import { HUB_ACTIONS } from '../../runtime/audit/hub-actions.ts';
import { auditPage } from '../../runtime/audit/wire.ts';
import { systemClock } from '../../runtime/clock.ts';
import type { Invocation } from '../../runtime/command-line.ts';
import { askControl } from '../../runtime/control-socket.ts';
import { takeOwnershipUnlessServed } from '../../runtime/ownership.ts';
import { answerAudit } from '../audit-page.ts';
import { openHubStore } from '../store/store.ts';

/** `cardea-hub audit` and `audit verify`: of the hub that serves the folder, or while none does, of its database. */
export function addAudit(program: Command): void {
  addAuditCommands(program, { withSource: withTrail });
}

async function withTrail<Result>(
  { folder }: Invocation,
  use: (source: AuditSource) => Promise<Result>,
): Promise<Result> {
  const { hubId: observer, keyPair } = await loadHubIdentity(folder);
  wipe(keyPair.privateKey);
  const keeper = { observer, actions: HUB_ACTIONS };
  const ownership = takeOwnershipUnlessServed(folder, 'cardea-hub audit');
  if (ownership === undefined) {
    const ask = { startWith: 'cardea-hub serve' };
    return use({
      ...keeper,
      page: async (query) =>
        auditPage.parse(await askControl(folder, { method: 'audit', params: { ...query } }, ask)),
    });
  }
  try {
    const store = openHubStore(folder);
    try {
      return await use({ ...keeper, page: (query) => answerAudit(store, systemClock, query) });
    } finally {
      store.close();
    }
  } finally {
    ownership.release();
  }
}
