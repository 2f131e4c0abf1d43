import { Resources } from '../../runtime/stop.ts';
import { type Bench, percentile } from './bench.ts';
import { buildOnce } from './compiled-device.ts';
import { Child } from './login/child.ts';
import { CompiledHub } from './login/compiled-hub.ts';
import type { Load } from './login/load-process.ts';

const CARDS = 100_000;
const IDLE = 10_000;
const WARM_UP = 500;
const LOGINS = 100;

/**
 * 10,000 connections that have their HELLO and say nothing, from 25 addresses, and logins one after the other
 * beside them: how long one takes, the 95th percentile, and what the hub has in memory.
 */
export const idleConnections: Bench = {
  group: 'idle',
  results: ['login-beside-0-idle', 'login-beside-10000-idle', 'hub-memory-0-idle', 'hub-memory-10000-idle'],
  async run({ note }) {
    await buildOnce();
    const resources = new Resources();
    try {
      const load = resources.add(new Child<Load>('./load-process.ts'), (it) => it.stop());
      const words = ['--connections', String(2 * IDLE)];
      const hub = resources.add(await CompiledHub.start(CARDS, words), (it) => it.stop());
      note(
        `run with --connections ${2 * IDLE}, where 4,096 is the default; the limit on open files must allow it`,
      );
      await load.call('logIn', hub.logins(WARM_UP, 4));
      const times = async () => {
        const each: number[] = [];
        for (let login = 0; login < LOGINS; login++) {
          each.push((await load.call('logIn', hub.logins(1, 1))).ms);
        }
        return percentile(each, 0.95);
      };
      const before = { ms: await times(), mb: await hub.residentMb() };
      const { ms } = await load.call('idle', { port: hub.port, count: IDLE });
      const after = { ms: await times(), mb: await hub.residentMb() };
      const left = await load.call('idleLeft', null);
      note(`${left} of ${IDLE} were open to the end; to open them took ${(ms / 1_000).toFixed(1)} s`);
      note(`${((1_024 * (after.mb - before.mb)) / IDLE).toFixed(1)} KB a connection`);
      await load.call('endIdle', null);
      return [
        { name: 'login-beside-0-idle', value: before.ms, unit: 'ms' },
        { name: 'login-beside-10000-idle', value: after.ms, unit: 'ms' },
        { name: 'hub-memory-0-idle', value: before.mb, unit: 'MB' },
        { name: 'hub-memory-10000-idle', value: after.mb, unit: 'MB' },
      ];
    } finally {
      await resources.close();
    }
  },
};
