import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { AnchorKeeper } from '../../../runtime/audit/anchor-keeper.ts';
import { keptAnchorPath } from '../../../runtime/audit/anchors.ts';
import { makeSecretFolder } from '../../../runtime/files.ts';
import { silentLog } from '../../../runtime/pino-log.ts';
import { SimulatedClock } from '../../../runtime/simulated-clock.ts';
import { temporaryFolder } from '../temporary-folder.ts';
import { trailOf } from './events.ts';

async function keeperOf(count: number) {
  const folder = temporaryFolder();
  await makeSecretFolder(`${folder}/keys`);
  const clock = new SimulatedClock();
  const { trail, append } = trailOf(count);
  const readable = {
    head: async () => trail.head(),
    list: async (query: Parameters<typeof trail.list>[0]) => trail.list(query),
  };
  const keeper = new AnchorKeeper({ trail: readable, folder, surroundings: { clock, log: silentLog } });
  const noted = () => JSON.parse(readFileSync(keptAnchorPath(folder), 'utf8')).anchor.split(':')[0];
  return { keeper, clock, append, noted };
}

describe('what a serving process notes of its trail', () => {
  it('is noted at its end, and nothing that was not there', async () => {
    const { keeper, append, noted } = await keeperOf(3);
    append();
    await keeper.close();
    expect(noted()).toBe('4');
  });
});
