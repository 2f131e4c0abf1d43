import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import SqliteDatabase from 'better-sqlite3';
import { RcClient } from '../../certs/rc-client.ts';
import { loadTlsIdentity } from '../../certs/tls-identity.ts';
import { joinHub } from '../../hub/join.ts';
import { rcPaths } from '../../rc/folder.ts';
import { initRc } from '../../rc/init.ts';
import { parseAddress } from '../../runtime/address.ts';
import { systemClock } from '../../runtime/clock.ts';
import { silentLog } from '../../runtime/pino-log.ts';
import { systemRandom } from '../../runtime/random.ts';
import { Resources } from '../../runtime/stop.ts';
import type { Surroundings } from '../../runtime/surroundings.ts';
import { tcpNetwork } from '../../runtime/tcp-network.ts';
import { fillRegistry } from '../support/fill-registry.ts';
import type { Bench } from './bench.ts';
import { buildOnce } from './compiled-device.ts';
import { CompiledServer } from './compiled-server.ts';

/** Fewer for a quick look: the numbers of a release are those of a million. */
const CARDS = Number(process.env['CARDEA_BENCH_CARDS'] ?? 1_000_000);
const LOOK_MS = 50;

const surroundings: Surroundings = {
  clock: systemClock,
  network: tcpNetwork(systemClock),
  random: systemRandom,
  log: silentLog,
};

/**
 * The first sync of a new hub: from the start of its process until every card is durable in its database.
 * Registration centre and hub are compiled, each a process of its own, over TLS on this machine.
 */
export const feedRate: Bench = {
  group: 'feed',
  results: ['feed-rate', 'feed-rc-memory', 'feed-hub-memory', 'feed-rc-cpu', 'feed-hub-cpu'],
  async run({ note }) {
    await buildOnce();
    const resources = new Resources();
    try {
      const above = await mkdtemp(join(tmpdir(), 'cardea-bench-'));
      resources.add(above, () => rm(above, { recursive: true, force: true }));
      const folder = { rc: join(above, 'rc'), hub: join(above, 'hub') };
      await initRc({ surroundings, folder: folder.rc, address: { host: '127.0.0.1', port: 0 } });
      fillRegistry(rcPaths(folder.rc).store, CARDS);
      const rc = resources.add(await CompiledServer.start('rc', folder.rc), (server) => server.stop());
      await joinHub({ surroundings, folder: folder.hub, token: await hubToken(folder.rc, rc.address) });

      const began = { at: performance.now(), rcCpu: await rc.cpuSeconds() };
      const hub = resources.add(await CompiledServer.start('hub', folder.hub), (server) => server.stop());
      await untilRead(join(folder.hub, 'store.sqlite'));
      const seconds = (performance.now() - began.at) / 1_000;
      const rcCpu = (await rc.cpuSeconds()) - began.rcCpu;
      const hubCpu = await hub.cpuSeconds();
      note(`${CARDS} cards in ${seconds.toFixed(1)} s, the start of the hub in it and in its processor time`);
      note('memory is the most that each process ever had');
      return [
        { name: 'feed-rate', value: CARDS / seconds, unit: 'cards/s' },
        { name: 'feed-rc-memory', value: await rc.peakMb(), unit: 'MB' },
        { name: 'feed-hub-memory', value: await hub.peakMb(), unit: 'MB' },
        { name: 'feed-rc-cpu', value: (rcCpu / CARDS) * 1e6, unit: 'µs/card' },
        { name: 'feed-hub-cpu', value: (hubCpu / CARDS) * 1e6, unit: 'µs/card' },
      ];
    } finally {
      await resources.close();
    }
  },
};

async function hubToken(folder: string, address: string): Promise<string> {
  const identity = await loadTlsIdentity(folder, 'operator');
  const operator = new RcClient({ surroundings, rc: parseAddress(address), identity });
  try {
    const hub = { kind: 'hub', id: 'bench-01', location: 'Bench', address: '127.0.0.1:8441' } as const;
    return (await operator.mintToken(hub)).token;
  } finally {
    operator.close();
  }
}

/** Looks into the hub's database from outside: what is seen there has been committed. */
async function untilRead(path: string): Promise<void> {
  const db = new SqliteDatabase(path, { readonly: true });
  try {
    const cursor = db.prepare<[], number>('SELECT cursor FROM feed').pluck();
    while ((cursor.get() ?? 0) < CARDS) await delay(LOOK_MS);
    const held = db.prepare<[], number>('SELECT count(*) FROM card').pluck().get();
    if (held !== CARDS) throw new Error(`the hub holds ${held} cards, not ${CARDS}`);
  } finally {
    db.close();
  }
}
