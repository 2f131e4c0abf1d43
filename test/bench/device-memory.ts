import { mkdtemp, rename, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Site } from '../../demo/site.ts';
import { systemClock } from '../../runtime/clock.ts';
import { silentLog } from '../../runtime/pino-log.ts';
import { systemRandom } from '../../runtime/random.ts';
import { Resources } from '../../runtime/stop.ts';
import type { Surroundings } from '../../runtime/surroundings.ts';
import { tcpNetwork } from '../../runtime/tcp-network.ts';
import type { Bench } from './bench.ts';
import { buildOnce, CompiledDevice } from './compiled-device.ts';
import { openVirtualCounter } from './virtual-counter.ts';

const PIN = '482913';
const LOG_N = 14;
const HUB = 'bench-01';
/** A hub takes 30 logins of a card in an hour. */
const CARDS = 4;
const TAPS_OF_A_CARD = 25;

const surroundings: Surroundings = {
  clock: systemClock,
  network: tcpNetwork(systemClock),
  random: systemRandom,
  log: silentLog,
};

/**
 * What a compiled terminal has in memory (VmRSS) after 100 taps, each with a login at a hub and logN 14, with
 * johnny-five loaded. Reader and panel are virtual, on pseudo-terminals; PINs come from standard input.
 */
export const deviceMemory: Bench = {
  results: ['device-memory', 'device-memory-at-start'],
  async run({ note }) {
    await buildOnce();
    const resources = new Resources();
    try {
      const folder = await mkdtemp(join(tmpdir(), 'cardea-bench-'));
      resources.add(folder, () => rm(folder, { recursive: true, force: true }));
      const site = resources.add(new Site({ surroundings, folder, logN: LOG_N }), (it) => it.close());
      const wallets = await registerCards(site);
      const counter = resources.add(await openVirtualCounter(), (it) => it.close());
      const words = ['--data', site.folderOf('terminal'), '--hub', HUB, '--pin-stdin', ...counter.words];
      const device = resources.add(new CompiledDevice(words), (it) => it.stop());
      counter.startBoard();
      const tap = async (wallet: string) => {
        await counter.untilShown('tap your card');
        await rename(wallet, counter.place);
        device.type(PIN);
        await device.untilItSays('session');
        await rename(counter.place, wallet);
      };
      await Promise.race([counter.untilShown('tap your card'), device.untilItEnds()]);
      const atStart = await device.residentMb();
      for (const wallet of wallets) {
        for (let taps = 0; taps < TAPS_OF_A_CARD; taps++) await tap(wallet);
      }
      const after = await device.residentMb();
      note(`${CARDS * TAPS_OF_A_CARD} taps; ${(after - atStart).toFixed(1)} MB more than at the start`);
      return [
        { name: 'device-memory', value: after, unit: 'MB' },
        { name: 'device-memory-at-start', value: atStart, unit: 'MB' },
      ];
    } finally {
      await resources.close();
    }
  },
};

async function registerCards(site: Site): Promise<string[]> {
  await site.setUpNetwork();
  await site.addHub(HUB, 'Bench');
  await site.addTerminal('desk-1');
  const wallets: string[] = [];
  for (let card = 0; card < CARDS; card++) {
    const wallet = await site.buyCard(`card-${card}`, 'NTAG215');
    await site.register(wallet, 'patient', PIN);
    wallets.push(wallet);
  }
  await site.hubsCaughtUp();
  return wallets;
}
