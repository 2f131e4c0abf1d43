import { describe, expect, it } from 'vitest';
import { filesWithLongForm, passedIn } from './long-tests.ts';
import { ReaderTaps } from './reader-taps.ts';
import { SeededRandom } from './seeded-random.ts';
import { FoundError, runSoaks, type Soak, type SoakContext, SoakFailedError } from './soak.ts';

const SHORT_FORM_TAPS = 250;
const SEED = 42;

describe('a reader', () => {
  it('comes back from a random fault in each tap, and reads the card as if nothing had been', async () => {
    const reader = new ReaderTaps(new SeededRandom(SEED));
    await reader.prepare();
    for (let taps = 0; taps < SHORT_FORM_TAPS; taps++) await reader.next();
    await reader.close();
  }, 60_000);

  it('meets the same faults again with the same seed', async () => {
    const run = async () => {
      const reader = new ReaderTaps(new SeededRandom(7));
      await reader.prepare();
      const taps = [await reader.next(), await reader.next(), await reader.next()];
      await reader.close();
      return taps;
    };
    expect(await run()).toEqual(await run());
  });
});

describe('a run of soaks', () => {
  /** Takes a minute of the time that is told here at each step. */
  function world() {
    let now = 0;
    const told: string[] = [];
    const steps: string[] = [];
    const soak = (name: string): Soak => ({
      name,
      async run({ isOver, leftMs, random }) {
        const first = random.next();
        while (!isOver()) {
          steps.push(`${name} ${leftMs() / 60_000}`);
          now += 60_000;
        }
        return `done with ${first}`;
      },
    });
    return {
      told,
      steps,
      soak,
      world: {
        monotonic: () => now,
        random: (seed: number) => new SeededRandom(seed),
        tell: (line: string) => void told.push(line),
      },
    };
  }

  it('says its seed first, and gives each soak its share of the time, and the same random numbers', async () => {
    const { told, steps, soak, world: it } = world();
    await runSoaks([soak('a'), soak('b')], { names: [], seed: SEED, minutes: 4 }, it);
    expect(steps).toEqual(['a 2', 'a 1', 'b 2', 'b 1']);
    expect(told).toEqual([
      'seed 42',
      `a: done with ${new SeededRandom(SEED).next()}; 2.0 minutes`,
      `b: done with ${new SeededRandom(SEED).next()}; 2.0 minutes`,
    ]);
  });

  it('goes each to its end where the whole is wanted: its own, or what its whole form takes', async () => {
    const { steps, told, soak, world: it } = world();
    const ending: Soak = {
      name: 'ending',
      async run({ isOver, tell }) {
        tell(`over: ${isOver()}`);
        return 'done';
      },
    };
    const soaks = [{ ...soak('a'), wholeMinutes: 3 }, ending];
    await runSoaks(soaks, { names: [], seed: SEED, minutes: 'whole' }, it);
    expect(steps).toEqual(['a 3', 'a 2', 'a 1']);
    expect(told.slice(-2)).toEqual(['ending: over: false', 'ending: done; 0.0 minutes']);
  });

  it('hears from the tests which have passed', () => {
    const line = ' ✓ test/hub/kill.test.ts > kill -9 > of a hub 174453ms';
    expect(passedIn(line)).toBe('test/hub/kill.test.ts > kill -9 > of a hub 174453ms');
    for (const other of [' × test/a.test.ts > b', '   ✓ a hub 3ms', ' ↓ test/a.test.ts > c', '']) {
      expect(passedIn(other)).toBeUndefined();
    }
  });

  it('runs those that are named alone, and refuses a name that there is not', async () => {
    const { steps, soak, world: it } = world();
    const plan = { seed: SEED, minutes: 1 };
    await runSoaks([soak('a'), soak('b')], { ...plan, names: ['b'] }, it);
    expect(steps).toEqual(['b 1']);
    await expect(runSoaks([soak('a')], { ...plan, names: ['c'] }, it)).rejects.toThrow(RangeError);
  });

  it('ends at what is found, and says how to see it again', async () => {
    const { steps, soak, world: it } = world();
    const finding: Soak = {
      name: 'finding',
      run: () => Promise.reject(new Error('a reader that does not come back')),
    };
    const run = runSoaks([finding, soak('a')], { names: [], seed: SEED, minutes: 1 }, it);
    await expect(run).rejects.toThrow(SoakFailedError);
    await expect(run).rejects.toThrow('npm run soak -- finding --seed 42');
    expect(steps).toEqual([]);
  });

  it('names the seed that leads to what was found where that is another', async () => {
    const { world: it } = world();
    const finding: Soak = { name: 'finding', run: () => Promise.reject(new FoundError('a lost record', 45)) };
    await expect(runSoaks([finding], { names: [], seed: SEED, minutes: 1 }, it)).rejects.toThrow(
      'finding found: a lost record; see it again with "npm run soak -- finding --seed 45"',
    );
  });

  it('is told how many taps are wanted', async () => {
    const { world: it } = world();
    let told: SoakContext | undefined;
    const counting: Soak = {
      name: 'counting',
      run: async (context) => {
        told = context;
        return '';
      },
    };
    await runSoaks([counting], { names: [], seed: SEED, minutes: 1, taps: 7 }, it);
    expect(told).toMatchObject({ seed: SEED, taps: 7 });
  });

  it('knows which tests have a long form', async () => {
    expect(await filesWithLongForm('test')).toContain('test/hardware/hostile.test.ts');
    expect(await filesWithLongForm('test')).not.toContain('test/hardware/card-reader.test.ts');
  });
});

describe('random numbers with a seed', () => {
  it('are spread evenly between both ends, and differ from seed to seed', () => {
    const random = new SeededRandom(SEED);
    const counts = new Map<number, number>();
    for (let draw = 0; draw < 6_000; draw++) {
      const value = random.between(1, 6);
      counts.set(value, (counts.get(value) ?? 0) + 1);
    }
    expect([...counts.keys()].sort()).toEqual([1, 2, 3, 4, 5, 6]);
    for (const count of counts.values()) expect(Math.abs(count - 1_000)).toBeLessThan(150);
    expect(new SeededRandom(1).next()).not.toBe(new SeededRandom(2).next());
  });
});
