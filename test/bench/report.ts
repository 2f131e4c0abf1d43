import { barOf, isMet } from './bars.ts';
import type { Measured } from './bench.ts';

/** A measured value beside its bar; both null where it has none. */
export interface Result {
  readonly name: string;
  readonly value: number;
  readonly unit: string;
  readonly bar: number | null;
  readonly met: boolean | null;
}

export function judge({ name, value, unit }: Measured): Result {
  const bar = barOf(name);
  return { name, value, unit, bar: bar?.value ?? null, met: bar === undefined ? null : isMet(value, bar) };
}

/** The results as a table for people. */
export function table(results: readonly Result[]): string {
  const rows = results.map((result) => [
    result.name,
    shown(result.value),
    result.unit,
    barText(result),
    metText(result.met),
  ]);
  const all = [['name', 'value', 'unit', 'bar', 'met'], ...rows];
  const widths = [0, 1, 2, 3, 4].map((column) => Math.max(...all.map((row) => row[column]?.length ?? 0)));
  return all
    .map((row) =>
      row
        .map((cell, column) =>
          column === 1 ? cell.padStart(widths[column] ?? 0) : cell.padEnd(widths[column] ?? 0),
        )
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}

/** Three digits that mean something, and no more. */
function shown(value: number): string {
  return Math.abs(value) >= 100 ? String(Math.round(value)) : String(Number(value.toPrecision(3)));
}

function barText({ name, bar }: Result): string {
  if (bar === null) return '';
  return `${barOf(name)?.side === 'at least' ? '≥' : '≤'} ${bar}`;
}

function metText(met: boolean | null): string {
  if (met === null) return '';
  return met ? 'yes' : 'NO';
}
