/** One number, as a benchmark measured it. */
export interface Measured {
  readonly name: string;
  readonly value: number;
  /** `ratio`, `ms`, `MB`, … */
  readonly unit: string;
}

/** What a benchmark is run with. */
export interface BenchContext {
  /** Tells people how it was measured, or why a number is as it is: a line beside the results. */
  readonly note: (line: string) => void;
}

/** A benchmark: one file, one thing measured, in one or more numbers. */
export interface Bench {
  /** A word that asks for all of its numbers. */
  readonly group?: string;
  /** Of the numbers it gives; each can be asked for by its own. */
  readonly results: readonly string[];
  run(context: BenchContext): Promise<readonly Measured[]>;
}

/**
 * The value below which `share` (0 to 1) of all values lie: the nearest rank, so that it is one of them.
 * @throws RangeError without values
 */
export function percentile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  const found = sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)];
  if (found === undefined) throw new RangeError('nothing was measured');
  return found;
}

export function median(values: readonly number[]): number {
  return percentile(values, 0.5);
}

/** @throws RangeError without values */
export function mean(values: readonly number[]): number {
  if (values.length === 0) throw new RangeError('nothing was measured');
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}
