import { execFile, spawn } from 'node:child_process';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { promisify } from 'node:util';
import type { Model, Verdict } from './models.ts';

/** What ProVerif found, and how long it took for it. */
export interface Finding {
  readonly found: Verdict;
  readonly seconds: number;
}

/** ProVerif did not answer all that it was asked. */
export class ProverifError extends Error {}

/** Longer than any model takes on a slow machine; one that never ends is an error, not a wait. */
const LIMIT_MS = 30 * 60_000;
const OUTPUT_KEPT = 20;

/** The tool's version, `2.05`; null where it is not on the PATH. @throws ProverifError */
export async function proverifVersion(): Promise<string | null> {
  let banner: string;
  try {
    ({ stdout: banner } = await promisify(execFile)('proverif', ['--help']));
  } catch (cause) {
    if (cause instanceof Error && 'code' in cause && cause.code === 'ENOENT') return null;
    throw new ProverifError('the program proverif on the PATH does not run', { cause });
  }
  const version = /Proverif (\d[\w.]*?)\.? /i.exec(banner)?.[1];
  if (version === undefined) throw new ProverifError('the program proverif on the PATH is not ProVerif');
  return version;
}

/** The verdict in a line that ProVerif prints; null in every other line. */
export function verdictIn(line: string): Verdict | null {
  // In brackets stands what it says besides of a query that it has answered.
  if (!/^RESULT [^(]/.test(line)) return null;
  const ends = /(is true|is false|cannot be proved)(?: \([^)]*\))?\.?$/.exec(line)?.[1];
  switch (ends) {
    case 'is true':
      return 'true';
    case 'is false':
      return 'false';
    case 'cannot be proved':
      return 'cannot be proved';
    default:
      return null;
  }
}

/**
 * Has ProVerif answer a model's queries, in their order. The first one's time holds that of reading the model.
 * @throws ProverifError when it fails, does not end, or answers more or fewer
 */
export async function runProverif(folder: string, model: Model): Promise<readonly Finding[]> {
  const files = ['-lib', join(folder, model.library), join(folder, model.file)];
  const child = spawn('proverif', files, { stdio: ['ignore', 'pipe', 'inherit'], timeout: LIMIT_MS });
  const ended = new Promise<number | null>((resolve, reject) => {
    child.on('error', reject);
    child.on('close', resolve);
  });
  // Heard below, once the output has been read; a failure to start must not go unhandled until then.
  ended.catch(() => undefined);
  const findings: Finding[] = [];
  const last: string[] = [];
  let since = performance.now();
  for await (const line of createInterface({ input: child.stdout })) {
    last.push(line);
    if (last.length > OUTPUT_KEPT) last.shift();
    const found = verdictIn(line);
    if (found === null) continue;
    const now = performance.now();
    findings.push({ found, seconds: Math.round((now - since) / 100) / 10 });
    since = now;
  }
  const code = await ended;
  if (code !== 0 || findings.length !== model.queries.length) {
    const why = code === 0 ? `answered ${findings.length} of ${model.queries.length} queries` : 'failed';
    throw new ProverifError(`ProVerif ${why} in ${model.file}:\n${last.join('\n')}`);
  }
  return findings;
}
