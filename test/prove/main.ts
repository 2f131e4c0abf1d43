import { readFile, writeFile } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { MODELS, type Model, ModelError, readModels } from './models.ts';
import { ProverifError, proverifVersion, runProverif } from './proverif.ts';
import { isAsExpected, type ModelResult, merge, type Results, resultOf, table } from './results.ts';

const RESULTS = join(MODELS, 'results.json');

const USAGE = `npm run prove [-- MODEL…] [-- --jobs N]

  MODEL   run only this one: cardea-1-agreement, …; without any, all
  --jobs  how many at a time; as many as there are cores if nothing is said

Runs the models in ${MODELS}/ where ProVerif is on the PATH, and keeps what it found in ${MODELS}/results.json.`;

async function main(): Promise<number> {
  const { values, positionals } = parseArgs({
    options: { jobs: { type: 'string' }, help: { type: 'boolean' } },
    allowPositionals: true,
  });
  const say = (text: string) => void process.stdout.write(`${text}\n`);
  if (values.help) {
    say(USAGE);
    return 0;
  }
  const all = await readModels(MODELS);
  const models = chosen(all, positionals);
  const jobs = values.jobs === undefined ? availableParallelism() : countOf(values.jobs);
  const version = await proverifVersion();
  if (version === null) {
    say(`proverif is not on the PATH: nothing was run. ${MODELS}/README.md says where to get it.`);
    return 0;
  }
  say(`ProVerif ${version}, ${models.length} models …`);
  const results = await runAll(models, jobs, (result) =>
    process.stderr.write(`  ${result.model}: ${isAsExpected(result) ? 'as expected' : 'DIFFERS'}\n`),
  );
  say(table(results));
  const kept = merge(await readResults(), { tool: 'ProVerif', version, models: results }, all);
  await writeFile(RESULTS, `${JSON.stringify(kept, null, 2)}\n`);
  return results.every(isAsExpected) ? 0 : 1;
}

/** What was kept; null where nothing was, or what is there is none of ours. */
async function readResults(): Promise<Results | null> {
  try {
    return JSON.parse(await readFile(RESULTS, 'utf8'));
  } catch {
    return null;
  }
}

/** @throws RangeError */
function countOf(text: string): number {
  if (!/^[1-9]\d?$/.test(text)) throw new RangeError(`--jobs is a number from 1 to 99, not "${text}"`);
  return Number(text);
}

/** @throws RangeError for a name that no model has */
function chosen(models: readonly Model[], names: readonly string[]): readonly Model[] {
  const nameOf = ({ file }: Model) => file.replace(/\.pv$/, '');
  const unknown = names.filter((name) => !models.some((model) => nameOf(model) === name));
  if (unknown.length > 0) {
    throw new RangeError(
      `there is no model ${unknown.join(', ')}; there are ${models.map(nameOf).join(', ')}`,
    );
  }
  return names.length === 0 ? models : models.filter((model) => names.includes(nameOf(model)));
}

/** `jobs` at a time; the results in the models' order. */
async function runAll(
  models: readonly Model[],
  jobs: number,
  onResult: (result: ModelResult) => void,
): Promise<readonly ModelResult[]> {
  const results: ModelResult[] = [];
  const waiting = [...models.entries()];
  const work = async () => {
    for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
      const [i, model] = next;
      const result = resultOf(model, await runProverif(MODELS, model));
      results[i] = result;
      onResult(result);
    }
  };
  await Promise.all(Array.from({ length: jobs }, work));
  return results;
}

try {
  process.exitCode = await main();
} catch (error) {
  const isForeseen = error instanceof ModelError || error instanceof ProverifError;
  const isUsage = error instanceof RangeError || error instanceof TypeError;
  const text = error instanceof Error ? error.message : String(error);
  process.stderr.write(`prove: ${isForeseen || isUsage || !(error instanceof Error) ? text : error.stack}\n`);
  process.exitCode = isUsage ? 2 : 1;
}
