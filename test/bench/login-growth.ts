import { Resources } from '../../runtime/stop.ts';
import { type Bench, median } from './bench.ts';
import { buildOnce } from './compiled-device.ts';
import { Child } from './login/child.ts';
import { CompiledHub } from './login/compiled-hub.ts';
import type { Load } from './login/load-process.ts';

const SIZES = [1_000, 100_000, 1_000_000] as const;
const [SMALL, , LARGE] = SIZES;
const CLIENTS = 16;
const ROUNDS = 5;
const WARM_UP = 2_000;
const A_ROUND = 2_000;
/** A hub's memory is taken after so many logins. */
const LOGINS_BEFORE_MEMORY = WARM_UP + ROUNDS * A_ROUND;

/**
 * The same login at hubs of 1,000, 100,000 and 1,000,000 cards, each drawn from all over a database on the disk:
 * processor time of the hub's process, rounds that alternate between the hubs, medians. And what the largest has
 * in memory afterwards.
 */
export const loginGrowth: Bench = {
  group: 'growth',
  results: ['login-growth', ...SIZES.map(nameOf), 'hub-memory'],
  async run({ note }) {
    await buildOnce();
    const resources = new Resources();
    try {
      const load = resources.add(new Child<Load>('./load-process.ts'), (it) => it.stop());
      const hubs: CompiledHub[] = [];
      for (const size of SIZES) hubs.push(resources.add(await CompiledHub.start(size), (it) => it.stop()));
      for (const hub of hubs) await load.call('logIn', hub.logins(WARM_UP, CLIENTS));
      const rounds = new Map(hubs.map((hub) => [hub.cards, [] as number[]]));
      for (let round = 0; round < ROUNDS; round++) {
        for (const hub of hubs) {
          const before = await hub.cpuMs();
          await load.call('logIn', hub.logins(A_ROUND, CLIENTS));
          rounds.get(hub.cards)?.push((1_000 * ((await hub.cpuMs()) - before)) / A_ROUND);
        }
      }
      const at = (size: number) => rounds.get(size) ?? [];
      const ratios = at(LARGE).map((cpu, round) => cpu / (at(SMALL)[round] ?? Number.NaN));
      note(`${LARGE} cards to ${SMALL}, by round: ${ratios.map((ratio) => ratio.toFixed(2)).join(', ')}`);
      note(`memory after ${LOGINS_BEFORE_MEMORY} logins`);
      const memory = await hubs.find(({ cards }) => cards === LARGE)?.residentMb();
      return [
        { name: 'login-growth', value: median(ratios), unit: 'ratio' },
        ...SIZES.map((size) => ({ name: nameOf(size), value: median(at(size)), unit: 'µs' })),
        { name: 'hub-memory', value: memory ?? Number.NaN, unit: 'MB' },
      ];
    } finally {
      await resources.close();
    }
  },
};

function nameOf(cards: number): string {
  return `login-cpu-${cards}-cards`;
}
