import { certificateFingerprint } from '../certs/certificate.ts';
import { RcClient } from '../certs/rc-client.ts';
import { refreshTlsIdentity } from '../certs/renewal.ts';
import { loadTlsIdentity } from '../certs/tls-identity.ts';
import { fromHex, toHex } from '../protocol/bytes.ts';
import { parseAddress } from '../runtime/address.ts';
import { sleep } from '../runtime/clock.ts';
import type { Log } from '../runtime/log.ts';
import type { AssembledTerminal } from './tap-tools.ts';

/** Hubs come and move rarely; a terminal that was off for weeks learns of it when it starts. */
const REFRESH_MS = 60 * 60 * 1000;

/**
 * Keeps the terminal's list of hubs, and of the network's authorities, as the RC has it, and its TLS certificate
 * young (PROTOCOL 2.6): at once, and every hour. While the RC cannot be reached the old ones serve. Returns at once for a terminal that has
 * not joined; else when `signal` aborts.
 */
export async function followHubs(
  terminal: AssembledTerminal,
  folder: string,
  signal: AbortSignal,
): Promise<void> {
  const { network, replaceNetwork, tools } = terminal;
  if (network === undefined) return;
  const { clock, log } = tools.surroundings;
  let identity = await loadTlsIdentity(folder);
  let authority = newestOf(network.authorities);
  const client = new RcClient({ surroundings: tools.surroundings, rc: parseAddress(network.rc), identity });
  try {
    while (!signal.aborted) {
      await attempt(log, "the terminal's certificate was not renewed", async () => {
        identity = await refreshTlsIdentity(identity, { clock, client, folder, signal, authority });
      });
      await attempt(log, 'the list of hubs was not refreshed', async () => {
        const { hubs, authorities } = await client.hubs();
        authority = newestOf(authorities);
        await replaceNetwork({ ...network, hubs, authorities });
      });
      await sleep(clock, REFRESH_MS, signal).catch(() => undefined);
    }
  } finally {
    client.close();
  }
}

/** SHA-256 of the network's newest authority, in hex. */
function newestOf([newest]: readonly string[]): string | undefined {
  return newest === undefined ? undefined : toHex(certificateFingerprint(fromHex(newest)));
}

async function attempt(log: Log, failure: string, act: () => Promise<void>): Promise<void> {
  try {
    await act();
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    log.info(failure, { reason });
  }
}
