import { mkdir, mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { playInteractively } from './demo/interactive.ts';
import { tellLimbasiyaStory } from './demo/limbasiya-story.ts';
import { Site } from './demo/site.ts';
import { tellStory } from './demo/story.ts';
import { Teller } from './demo/teller.ts';
import { systemClock } from './runtime/clock.ts';
import { openLog } from './runtime/pino-log.ts';
import { systemRandom } from './runtime/random.ts';
import { tcpNetwork } from './runtime/tcp-network.ts';

const SUITES = ['cardea-1', 'limbasiya-2021'] as const;

const USAGE = `npm start -- [--once] [--data DIR] [--suite SUITE]

  --once         tell the story once through and exit; so it is, too, where there is no terminal
  --data DIR     keep everything in DIR, a new or an empty folder; else it goes at the end
  --suite SUITE  cardea-1; or limbasiya-2021, whose own story is told once through
`;

/** What `npm start` runs: RC, two hubs, a console and a terminal with simulated hardware, in one process. */
async function main(): Promise<number> {
  const say = (line: string) => void process.stdout.write(`${line}\n`);
  const values = readOptions();
  if (values === undefined) return 2;
  if (values.help) {
    say(USAGE);
    return 0;
  }
  const folder =
    values.data === undefined ? await mkdtemp(join(tmpdir(), 'cardea-')) : await emptyFolder(values.data);
  const surroundings = {
    clock: systemClock,
    network: tcpNetwork(systemClock),
    random: systemRandom,
    log: openLog({ name: 'demo', level: 'error' }),
  };
  const allow = values.suite === 'cardea-1' ? undefined : values.suite;
  const site = new Site({ surroundings, folder, logN: 14, allow });
  const teller = new Teller(say, surroundings.clock.monotonic);
  say('Cardea, the whole of it in one process: only the reader and the cards are simulated.');
  say(
    `HTTPS, TCP, SQLite and keys are as in life, in ${folder}${values.data === undefined ? ', for as long as this runs' : ''}.`,
  );
  try {
    const interactive = process.stdin.isTTY && process.stdout.isTTY && !values.once && allow === undefined;
    if (allow !== undefined) await tellLimbasiyaStory(site, teller);
    else if (interactive) await playInteractively(site, teller);
    else await tellStory(site, teller);
    say('');
    say(interactive ? 'Goodbye.' : 'Every step went as it should.');
    return 0;
  } finally {
    await site.close();
    if (values.data === undefined) await rm(folder, { recursive: true, force: true });
  }
}

function readOptions() {
  try {
    const options = {
      once: { type: 'boolean' },
      data: { type: 'string' },
      suite: { type: 'string', default: 'cardea-1' },
      help: { type: 'boolean' },
    } as const;
    const { suite, ...values } = parseArgs({ options }).values;
    const known = SUITES.find((name) => name === suite);
    if (known === undefined) throw new Error(`--suite ${suite}: there is ${SUITES.join(' and ')}`);
    return { ...values, suite: known };
  } catch (error) {
    process.stderr.write(`${error instanceof Error ? error.message : error}\n\n${USAGE}`);
    return undefined;
  }
}

async function emptyFolder(folder: string): Promise<string> {
  await mkdir(folder, { recursive: true });
  if ((await readdir(folder)).length > 0) {
    throw new Error(`${folder} is not empty: choose another folder for --data, or remove what is in it`);
  }
  return folder;
}

try {
  process.exitCode = await main();
} catch (error) {
  process.stderr.write(`demo: ${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
}
