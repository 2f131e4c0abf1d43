import { randomInt } from 'node:crypto';
import { parseArgs } from 'node:util';
import { longTests } from './long-tests.ts';
import { malformedDataSoak } from './malformed-data-soak.ts';
import { malformedSoak } from './malformed-soak.ts';
import { networkSoak } from './network-soak.ts';
import { readerSoak } from './reader-soak.ts';
import { SeededRandom } from './seeded-random.ts';
import { runSoaks, SoakFailedError } from './soak.ts';

const SOAKS = [readerSoak, malformedSoak, malformedDataSoak, networkSoak, longTests];

const USAGE = `npm run soak [-- NAME…] [-- --minutes N | --whole] [-- --taps N] [-- --seed N]

  NAME       run only this: ${SOAKS.map(({ name }) => name).join(', ')}
  --minutes  how long, all together; 2 if nothing is said
  --whole    each to its end, however long that takes
  --taps     play so many taps in whole networks, and nothing else, within an hour unless said otherwise
  --seed     draw the same random numbers as a run that printed this seed`;

function readArguments() {
  const options = {
    minutes: { type: 'string' },
    whole: { type: 'boolean', default: false },
    taps: { type: 'string' },
    seed: { type: 'string' },
    help: { type: 'boolean' },
  } as const;
  const { values, positionals } = parseArgs({ options, allowPositionals: true });
  const taps = values.taps === undefined ? undefined : numberOf('--taps', values.taps);
  const onlyTaps = taps !== undefined && positionals.length === 0;
  return {
    help: values.help,
    names: onlyTaps ? [networkSoak.name] : positionals,
    taps,
    minutes: values.whole
      ? ('whole' as const)
      : numberOf('--minutes', values.minutes ?? (taps === undefined ? '2' : '60')),
    seed: values.seed === undefined ? randomInt(2 ** 32) : numberOf('--seed', values.seed),
  };
}

function numberOf(option: string, text: string): number {
  if (!/^\d{1,10}(\.\d+)?$/.test(text)) throw new RangeError(`${option} is a number, not "${text}"`);
  return Number(text);
}

async function main(): Promise<void> {
  const { help, ...plan } = readArguments();
  const tell = (line: string) => void process.stdout.write(`${line}\n`);
  if (help) {
    tell(USAGE);
    return;
  }
  await runSoaks(SOAKS, plan, {
    monotonic: () => performance.now(),
    random: (seed) => new SeededRandom(seed),
    tell,
  });
}

try {
  await main();
} catch (error) {
  const isUsage = error instanceof RangeError || error instanceof TypeError;
  process.stderr.write(`soak: ${error instanceof Error ? error.message : String(error)}\n`);
  if (!isUsage && !(error instanceof SoakFailedError) && error instanceof Error) {
    process.stderr.write(`${error.stack}\n`);
  }
  process.exitCode = isUsage ? 2 : 1;
}
