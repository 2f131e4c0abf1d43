import type { Model, Verdict } from './models.ts';
import type { Finding } from './proverif.ts';

/** `docs/model/results.json`: what the last run of each model found. */
export interface Results {
  readonly tool: string;
  readonly version: string;
  readonly models: readonly ModelResult[];
}

export interface ModelResult {
  readonly model: string;
  readonly sha256: string;
  readonly library: string;
  readonly librarySha256: string;
  readonly queries: readonly QueryResult[];
}

export interface QueryResult {
  readonly query: string;
  readonly kind: string;
  readonly expected: Verdict;
  readonly found: Verdict;
  readonly seconds: number;
}

export function resultOf(model: Model, findings: readonly Finding[]): ModelResult {
  const { file, sha256, library, librarySha256 } = model;
  const queries = findings.flatMap(({ found, seconds }, i) => {
    const query = model.queries[i];
    if (query === undefined) return [];
    return [{ query: query.name, kind: query.kind, expected: query.expected, found, seconds }];
  });
  return { model: file, sha256, library, librarySha256, queries };
}

export function isAsExpected({ queries }: ModelResult): boolean {
  return queries.every(({ expected, found }) => expected === found);
}

/**
 * What is to be kept after a run: what it found, and of models that were not run what was kept of them, as long
 * as it was found by the same version of the tool and the model is still there.
 */
export function merge(kept: Results | null, run: Results, models: readonly Model[]): Results {
  const old = kept?.version === run.version ? kept.models : [];
  const merged = models.flatMap(
    ({ file }) =>
      run.models.find(({ model }) => model === file) ?? old.find(({ model }) => model === file) ?? [],
  );
  return { ...run, models: merged };
}

/** How `results` differ from what the models say now, one line each; empty where nothing has changed. */
export function staleIn(results: Results, models: readonly Model[]): readonly string[] {
  const gone = results.models
    .filter(({ model }) => !models.some(({ file }) => file === model))
    .map(({ model }) => `${model} is gone`);
  const changed = models.flatMap((model) => {
    const kept = results.models.find((it) => it.model === model.file);
    if (kept === undefined) return [`${model.file} has never been run`];
    if (kept.sha256 !== model.sha256) return [`${model.file} has changed since`];
    const isLibrarySame = kept.library === model.library && kept.librarySha256 === model.librarySha256;
    if (!isLibrarySame) return [`${model.library} has changed since`];
    const names = model.queries.map(({ name }) => name).join(' ');
    return kept.queries.map(({ query }) => query).join(' ') === names
      ? []
      : [`${model.file} was not run whole`];
  });
  return [...gone, ...changed];
}

const WORDS: Readonly<Record<string, string>> = {
  'holds true': 'proved',
  'holds false': 'ATTACK FOUND',
  'attack false': 'attack found',
  'attack true': 'NO ATTACK',
  'reachable false': 'reachable',
  'reachable true': 'NEVER HAPPENS',
};

/** In words: what a verdict means for a query of that kind. */
export function inWords(kind: string, verdict: Verdict): string {
  return WORDS[`${kind} ${verdict}`] ?? verdict;
}

/** One model's lines: query, expected, found, seconds. */
export function table(results: readonly ModelResult[]): string {
  const rows = results.flatMap(({ model, queries }) =>
    queries.map(({ query, kind, expected, found, seconds }) => [
      `${model.replace(/\.pv$/, '')} ${query}`,
      inWords(kind, expected),
      inWords(kind, found),
      seconds.toFixed(1),
      expected === found ? '' : 'DIFFERS',
    ]),
  );
  const all = [['query', 'expected', 'found', 'seconds', ''], ...rows];
  const widths = [0, 1, 2, 3].map((column) => Math.max(...all.map((row) => row[column]?.length ?? 0)));
  return all
    .map((row) =>
      row
        .map((cell, i) => (i === 3 ? cell.padStart(widths[i] ?? 0) : cell.padEnd(widths[i] ?? 0)))
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}
