import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { SOAK, SOAK_TIMEOUT } from '../../hardware/soak.ts';
import { SeededRandom } from '../../soak/seeded-random.ts';
import { type Fuzzed, FuzzFoundError, fuzz } from './fuzz.ts';
import { parsers } from './parsers.ts';

/** Of each parser. */
const INPUTS = SOAK ? 100_000 : 400;
/** Those that multiply points, or touch a disk: their short form is shorter. */
const SLOW = SOAK
  ? new Map<string, number>()
  : new Map([
      ['LOGIN, as a hub reads it', 40],
      ['settings', 100],
    ]);
const SEED = Number(process.env['CARDEA_SEED'] ?? Date.now() % 1_000_000);

describe(`every parser, with inputs from the seed ${SEED} (CARDEA_SEED)`, () => {
  let folder: string;
  let all: readonly Fuzzed[];
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'cardea-fuzz-'));
    const path = join(folder, 'settings.json');
    all = await parsers({ path, write: (bytes) => writeFile(path, bytes) });
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));

  it('takes each well-formed input for what it is', async () => {
    for (const { name, samples, parse, lenient } of all) {
      for (const sample of samples) {
        const answer = await parse(sample.slice());
        if (lenient !== true && answer !== undefined) expect([name, answer]).toEqual([name, sample]);
      }
    }
  });

  it('never crashes, and takes nothing for what it is not', SOAK_TIMEOUT, async () => {
    for (const parser of all) {
      const count = SLOW.get(parser.name) ?? INPUTS;
      const { refused, accepted } = await fuzz(parser, { count, random: new SeededRandom(SEED) });
      expect(refused + accepted).toBe(count);
    }
  });
});

describe('the fuzzer', () => {
  const random = () => new SeededRandom(1);
  const samples = [Uint8Array.of(1, 2, 3, 4)];

  it('finds a crash, and shows the input', async () => {
    const parse = () => {
      throw new TypeError('undefined is not a function');
    };
    const found = fuzz({ name: 'a bad parser', samples, parse }, { count: 10, random: random() });
    await expect(found).rejects.toThrow(FuzzFoundError);
  });

  it('finds bytes that are taken for others', async () => {
    const parse = (input: Uint8Array) => input.subarray(0, 3);
    const found = fuzz({ name: 'a lax parser', samples, parse }, { count: 100, random: random() });
    await expect(found).rejects.toThrow('took');
  });

  it('makes the same inputs of the same seed', async () => {
    const inputs: string[][] = [[], []];
    for (const seen of inputs) {
      const parse = (input: Uint8Array) => {
        seen.push(Buffer.from(input).toString('hex'));
        return undefined;
      };
      await fuzz({ name: 'any', samples, parse }, { count: 50, random: random() });
    }
    expect(inputs[0]).toEqual(inputs[1]);
    expect(new Set(inputs[0]).size).toBeGreaterThan(30);
  });
});
