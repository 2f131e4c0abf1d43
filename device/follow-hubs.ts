import { RcClient } from '../certs/rc-client.ts';
import { loadTlsIdentity } from '../certs/tls-identity.ts';
import { parseAddress } from '../runtime/address.ts';
import { sleep } from '../runtime/clock.ts';
import type { AssembledTerminal } from './tap-tools.ts';

/** Hubs come and move rarely; a terminal that was off for weeks learns of it when it starts. */
const REFRESH_MS = 60 * 60 * 1000;

/**
 * Keeps the terminal's list of hubs, and of the network's authorities, as the RC has it: at once, and
 * every hour. While the RC cannot be reached the old list serves. Returns at once for a terminal that has
 * not joined; else when `signal` aborts.
 */
export async function followHubs(
  terminal: AssembledTerminal,
  folder: string,
  signal: AbortSignal,
): Promise<void> {
  const { network, replaceNetwork, tools } = terminal;
  if (network === undefined) return;
  const { surroundings } = tools;
  const identity = await loadTlsIdentity(folder);
  const client = new RcClient({ surroundings, rc: parseAddress(network.rc), identity });
  try {
    while (!signal.aborted) {
      try {
        const { hubs, authorities } = await client.hubs();
        await replaceNetwork({ ...network, hubs, authorities });
      } catch (error) {
        const reason = error instanceof Error ? error.message : String(error);
        surroundings.log.info('the list of hubs was not refreshed', { reason });
      }
      await sleep(surroundings.clock, REFRESH_MS, signal).catch(() => undefined);
    }
  } finally {
    client.close();
  }
}
