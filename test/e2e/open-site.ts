import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { Site, type SiteOptions } from '../../demo/site.ts';
import { systemClock } from '../../runtime/clock.ts';
import { silentLog } from '../../runtime/pino-log.ts';
import { systemRandom } from '../../runtime/random.ts';
import type { Surroundings } from '../../runtime/surroundings.ts';
import { tcpNetwork } from '../../runtime/tcp-network.ts';

export const surroundings: Surroundings = {
  clock: systemClock,
  network: tcpNetwork(systemClock),
  random: systemRandom,
  log: silentLog,
};

export const PIN = '482913';
export const WRONG_PIN = '111222';

/** A network with `hubs` and a terminal, in a folder of its own; both go when the test is over. */
export async function openSite(
  options: Partial<SiteOptions> & { readonly hubs?: readonly string[] } = {},
): Promise<Site> {
  const folder = await mkdtemp(join(tmpdir(), 'cardea-e2e-'));
  const site = new Site({ surroundings, folder, logN: 0, ...options });
  onTestFinished(async () => {
    await site.close();
    await rm(folder, { recursive: true, force: true });
  });
  await site.setUpNetwork();
  for (const id of options.hubs ?? ['goa-01']) await site.addHub(id, `Location of ${id}`);
  await site.addTerminal('desk-1');
  return site;
}

/** A patient's card, registered, and known at every hub. @returns its place in the wallet */
export async function registeredCard(site: Site, name = 'maria'): Promise<string> {
  const wallet = await site.buyCard(name, 'NTAG215');
  await site.register(wallet, name, PIN);
  await site.hubsCaughtUp();
  return wallet;
}
