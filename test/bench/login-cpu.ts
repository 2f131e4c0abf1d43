import { Resources } from '../../runtime/stop.ts';
import { type Bench, median } from './bench.ts';
import { buildOnce } from './compiled-device.ts';
import { Child } from './login/child.ts';
import { CompiledHub } from './login/compiled-hub.ts';
import type { Load } from './login/load-process.ts';
import { MutualTlsServer } from './login/tls-server.ts';

const CARDS = 100_000;
const CLIENTS = 16;
const ROUNDS = 5;
const WARM_UP = 3_000;
const A_ROUND = 2_000;

/** One round at one server, per login or handshake. */
interface Round {
  readonly cpuMs: number;
  readonly perSecond: number;
}

/**
 * The processor time of a hub's process, all its threads, for a whole login with durable tries, against that of
 * a mutual TLS 1.3 handshake: 100,000 cards, a new connection each, from 16 clients in another process; rounds
 * that alternate, after a warm-up, and their medians. The hub is the compiled program, with its log. Afterwards the
 * same load at a hub with two workers, whose processor time is not counted: how many logins a second.
 */
export const loginCpu: Bench = {
  group: 'login',
  results: [
    'login-cpu-vs-mtls',
    'login-cpu',
    'mtls-handshake-cpu',
    'logins-per-second',
    'logins-per-second-two-workers',
    'mtls-handshakes-per-second',
  ],
  async run({ note }) {
    await buildOnce();
    const resources = new Resources();
    try {
      const load = resources.add(new Child<Load>('./load-process.ts'), (it) => it.stop());
      const tls = resources.add(await MutualTlsServer.start(), (it) => it.stop());
      const hub = resources.add(await CompiledHub.start(CARDS), (it) => it.stop());
      const logIns = (count: number) =>
        round(hub, count, () => load.call('logIn', hub.logins(count, CLIENTS)));
      const handshakes = (count: number) =>
        round(tls, count, () => load.call('handshake', tls.handshakes(count, CLIENTS)));
      await logIns(WARM_UP);
      await handshakes(WARM_UP);
      const [atHub, atTls]: [Round[], Round[]] = [[], []];
      for (let rounds = 0; rounds < ROUNDS; rounds++) {
        atHub.push(await logIns(A_ROUND));
        atTls.push(await handshakes(A_ROUND));
      }
      const ofTwo = resources.add(await CompiledHub.start(CARDS, ['--workers', '2']), (it) => it.stop());
      const atTwo: Round[] = [];
      await round(ofTwo, WARM_UP, () => load.call('logIn', ofTwo.logins(WARM_UP, CLIENTS)));
      for (let rounds = 0; rounds < ROUNDS; rounds++) {
        atTwo.push(await round(ofTwo, A_ROUND, () => load.call('logIn', ofTwo.logins(A_ROUND, CLIENTS))));
      }
      const ratios = atHub.map(({ cpuMs }, index) => cpuMs / (atTls[index]?.cpuMs ?? Number.NaN));
      note(`ratios of the rounds: ${ratios.map((ratio) => ratio.toFixed(3)).join(', ')}`);
      return [
        { name: 'login-cpu-vs-mtls', value: median(ratios), unit: 'ratio' },
        { name: 'login-cpu', value: 1_000 * median(atHub.map(({ cpuMs }) => cpuMs)), unit: 'µs' },
        { name: 'mtls-handshake-cpu', value: 1_000 * median(atTls.map(({ cpuMs }) => cpuMs)), unit: 'µs' },
        { name: 'logins-per-second', value: median(atHub.map(({ perSecond }) => perSecond)), unit: '1/s' },
        {
          name: 'logins-per-second-two-workers',
          value: median(atTwo.map(({ perSecond }) => perSecond)),
          unit: '1/s',
        },
        {
          name: 'mtls-handshakes-per-second',
          value: median(atTls.map(({ perSecond }) => perSecond)),
          unit: '1/s',
        },
      ];
    } finally {
      await resources.close();
    }
  },
};

async function round(
  server: { cpuMs(): Promise<number> },
  count: number,
  load: () => Promise<{ readonly ms: number }>,
): Promise<Round> {
  const before = await server.cpuMs();
  const { ms } = await load();
  return { cpuMs: ((await server.cpuMs()) - before) / count, perSecond: count / (ms / 1_000) };
}
