import { describe, expect, it } from 'vitest';
import { type Bench, mean, median, percentile } from './bench.ts';
import { runBenches, UnknownBenchError } from './run.ts';

const ran: string[] = [];

function bench(...measured: readonly (readonly [name: string, value: number, unit: string])[]): Bench {
  return {
    results: measured.map(([name]) => name),
    async run({ note }) {
      ran.push(measured[0]?.[0] ?? '');
      note('carefully');
      return measured.map(([name, value, unit]) => ({ name, value, unit }));
    },
  };
}

const BENCHES = [
  bench(['pin-to-welcome', 151, 'ms'], ['beside-it', 2.65358, 'ms']),
  bench(['feed-rate', 20_000, 'cards/s']),
  bench(['device-start', 1, 's']),
];

async function run(names: readonly string[], json: boolean): Promise<{ printed: string; told: string[] }> {
  ran.length = 0;
  let printed = '';
  const told: string[] = [];
  await runBenches(
    BENCHES,
    { names, json },
    {
      print(text) {
        printed += text;
      },
      tell: (line) => told.push(line),
    },
  );
  return { printed, told };
}

describe('npm run bench', () => {
  it('prints every result with its bar, and whether it is met, as JSON', async () => {
    const { printed } = await run([], true);
    expect(JSON.parse(printed)).toEqual({
      results: [
        { name: 'pin-to-welcome', value: 151, unit: 'ms', bar: 150, met: false },
        { name: 'beside-it', value: 2.65358, unit: 'ms', bar: null, met: null },
        { name: 'feed-rate', value: 20_000, unit: 'cards/s', bar: 20_000, met: true },
        { name: 'device-start', value: 1, unit: 's', bar: 1, met: true },
      ],
    });
  });

  it('prints a table in which a missed bar stands out, and says how it was measured beside it', async () => {
    const { printed, told } = await run([], false);
    expect(printed.split('\n')).toEqual([
      'name            value  unit     bar      met',
      'pin-to-welcome    151  ms       ≤ 150    NO',
      'beside-it        2.65  ms',
      'feed-rate       20000  cards/s  ≥ 20000  yes',
      'device-start        1  s        ≤ 1      yes',
    ]);
    expect(told).toContain('  carefully');
  });

  it('measures only what is asked for by name', async () => {
    const { printed } = await run(['beside-it'], true);
    expect(JSON.parse(printed).results).toEqual([
      { name: 'beside-it', value: 2.65358, unit: 'ms', bar: null, met: null },
    ]);
    expect(ran).toEqual(['pin-to-welcome']);
  });

  it('refuses a name that nothing measures, and runs nothing', async () => {
    await expect(run(['feed-rate', 'speed'], true)).rejects.toThrow(UnknownBenchError);
    expect(ran).toEqual([]);
  });
});

describe('what benchmarks make of many values', () => {
  it('is one of them where it is a percentile, and lies among them where it is the mean', () => {
    const values = [5, 1, 4, 2, 3];
    expect([percentile(values, 0), median(values), percentile(values, 0.95), percentile(values, 1)]).toEqual([
      1, 3, 5, 5,
    ]);
    expect(mean(values)).toBe(3);
  });

  it('is nothing where nothing was measured', () => {
    expect(() => median([])).toThrow(RangeError);
    expect(() => mean([])).toThrow(RangeError);
  });
});
