import { describe, expect, it } from 'vitest';
import { shrink, simplify } from './shrink.ts';

const numbers = Array.from({ length: 200 }, (_, index) => index);

describe('the shrinker', () => {
  it('finds the items that are needed together, in their order', async () => {
    const needed = [3, 77, 78, 199];
    const fails = async (items: readonly number[]) => needed.every((one) => items.includes(one));
    expect(await shrink(numbers, fails)).toEqual(needed);
  });

  it('finds an item that is enough alone, and nothing where nothing is needed', async () => {
    expect(await shrink(numbers, async (items) => items.includes(120))).toEqual([120]);
    expect(await shrink(numbers, async () => true)).toEqual([]);
  });

  it('leaves a list as it is that fails only as a whole', async () => {
    expect(await shrink([1, 2, 3], async (items) => items.length === 3)).toEqual([1, 2, 3]);
  });

  it('gives what it has when it is to stop', async () => {
    let tried = 0;
    const fails = async (items: readonly number[]) => {
      tried += 1;
      return items.includes(0);
    };
    expect(await shrink(numbers, fails, () => tried >= 1)).toEqual(numbers.slice(0, 100));
  });

  it('puts simpler items in the place of others as long as it fails', async () => {
    const fails = async (items: readonly number[]) => items.includes(4) && items.length === 3;
    expect(await simplify([4, 5, 6], (item) => [0, item - 1], fails)).toEqual([4, 0, 0]);
  });
});
