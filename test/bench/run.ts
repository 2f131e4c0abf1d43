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
  const results: Result[] = [];
  for (const bench of benches) {
    const isWholeWanted = names.length === 0 || (bench.group !== undefined && names.includes(bench.group));
    const isWanted = (name: string) => isWholeWanted || names.includes(name);
    if (!bench.results.some(isWanted)) continue;
    tell(`measuring ${namesOf(bench).join(', ')} …`);
    const measured = await bench.run({ note: (line) => tell(`  ${line}`) });
    results.push(...measured.filter(({ name }) => isWanted(name)).map(judge));
  }
  print(json ? JSON.stringify({ results }) : table(results));
}

/** How people ask for a benchmark: by the names of its numbers, or by one for all of them. */
export function namesOf({ group, results }: Bench): readonly string[] {
  return group === undefined ? results : [group];
}

function checkNames(benches: readonly Bench[], names: readonly string[]): void {
  const known = benches.flatMap((bench) => [...namesOf(bench), ...bench.results]);
  const unknown = names.filter((name) => !known.includes(name));
  if (unknown.length === 0) return;
  const shown = benches.flatMap(namesOf).join(', ');
  throw new UnknownBenchError(`no benchmark measures ${unknown.join(', ')}: there are ${shown}`);
}
