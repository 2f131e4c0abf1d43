import { describe, expect, it } from 'vitest';
import { cost, hashesOf } from '../cost.ts';
import { runCardea } from './cardea.ts';
import { runLimbasiya } from './limbasiya.ts';

describe('what limbasiya-2021 costs', () => {
  it.each([1, 4, 16])('comes from the formulas, and from a pad of many blocks, for %i hubs', async (hubs) => {
    const costs = await runLimbasiya(hubs);
    const pad = 2 * Math.ceil(costs.listBytes / 32);
    expect(costs.listBytes).toBe(58 * hubs);
    expect(hashesOf(costs, 'hub-registration')).toBe(3);
    expect(hashesOf(costs, 'card-registration')).toBe(11 - 2 + pad);
    expect(hashesOf(costs, 'login', 'device')).toBe(13 - 2 + pad);
    expect(hashesOf(costs, 'login', 'hub')).toBe(5);
    expect(costs.imageBytes).toBe(150 + costs.listBytes);
  });
});

describe('what cardea-1 costs', () => {
  it('is a card of one size, five multiplications at the hub, and two messages each way', async () => {
    const { phases, imageBytes } = await runCardea();
    expect(imageBytes).toBe(215);
    const login = phases.find(({ name }) => name === 'login')?.parties;
    expect(login?.['hub']).toMatchObject({ h: 0, curves: 5, messages: 3 });
    expect(login?.['device']).toMatchObject({ h: 0, messages: 2, bytes: 176 });
  });
});

describe('npm run bench -- cost', () => {
  it('gives every number that it names, once, and says where no tag holds the list', async () => {
    const notes: string[] = [];
    const results = await cost.run({ note: (line) => notes.push(line) });
    expect(results.map(({ name }) => name).toSorted()).toEqual([...cost.results].toSorted());
    const tags = notes.flatMap((line) => /^ {2}the image has (.*)$/.exec(line)?.[1] ?? []);
    expect(tags).toEqual([
      '208 bytes: an NTAG215 holds it',
      '382 bytes: an NTAG216 holds it',
      '1078 bytes: no tag holds it',
      '3862 bytes: no tag holds it',
    ]);
  });
});
