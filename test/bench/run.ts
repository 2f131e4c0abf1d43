import type { Bench } from './bench.ts';
import { judge, type Result, table } from './report.ts';

/** Names were asked for that no benchmark has. */
export class UnknownBenchError extends Error {}

export interface BenchOutput {
  /** The results: a table, or the JSON document. */
  readonly print: (text: string) => void;
  /** What is said on the way. */
  readonly tell: (line: string) => void;
}

/**
 * Runs benchmarks, one after another, and prints what they measured.
 *
 * @param names of the numbers that are wanted; none: all
 * @throws UnknownBenchError
 */
export async function runBenches(
  benches: readonly Bench[],
  { names, json }: { readonly names: readonly string[]; readonly json: boolean },
  { print, tell }: BenchOutput,
): Promise<void> {
  checkNames(benches, names);
  const isWanted = (name: string) => names.length === 0 || names.includes(name);
  const results: Result[] = [];
  for (const bench of benches.filter((one) => one.results.some(isWanted))) {
    tell(`measuring ${bench.results.join(', ')} …`);
    const measured = await bench.run({ note: (line) => tell(`  ${line}`) });
    results.push(...measured.filter(({ name }) => isWanted(name)).map(judge));
  }
  print(json ? JSON.stringify({ results }) : table(results));
}

function checkNames(benches: readonly Bench[], names: readonly string[]): void {
  const known = benches.flatMap(({ results }) => results);
  const unknown = names.filter((name) => !known.includes(name));
  if (unknown.length === 0) return;
  throw new UnknownBenchError(`no benchmark measures ${unknown.join(', ')}: there are ${known.join(', ')}`);
}
