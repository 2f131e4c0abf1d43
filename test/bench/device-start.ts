import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Bench, median, percentile } from './bench.ts';
import { buildOnce, CompiledDevice } from './compiled-device.ts';
import { openVirtualCounter } from './virtual-counter.ts';

const STARTS = 7;
const TAP_YOUR_CARD = 'tap your card';
/** Nobody listens there: a terminal starts without its hub. */
const NO_HUB = '127.0.0.1:1';

/**
 * A compiled terminal in a new process, from its start until it says "tap your card": the reader found, raised
 * to full speed and waiting, johnny-five loaded meanwhile. The median; files cached by a start before. Reader
 * and panel are virtual, on pseudo-terminals. The panel's own display shows it as soon as the board is through
 * its boot loader, which takes 1.5 s whatever the terminal does.
 */
export const deviceStart: Bench = {
  results: ['device-start', 'device-start-display'],
  async run({ note }) {
    await buildOnce();
    const folder = await mkdtemp(join(tmpdir(), 'cardea-bench-'));
    try {
      await start(folder);
      const starts: Start[] = [];
      for (let count = 0; count < STARTS; count++) starts.push(await start(folder));
      const said = starts.map((one) => one.said);
      note(`${STARTS} starts, the slowest ${percentile(said, 1).toFixed(2)} s`);
      return [
        { name: 'device-start', value: median(said), unit: 's' },
        { name: 'device-start-display', value: median(starts.map((one) => one.shown)), unit: 's' },
      ];
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  },
};

/** Seconds from the start of the process. */
interface Start {
  readonly said: number;
  readonly shown: number;
}

async function start(folder: string): Promise<Start> {
  const counter = await openVirtualCounter();
  const before = performance.now();
  const seconds = () => (performance.now() - before) / 1000;
  const device = new CompiledDevice(['--data', folder, '--hub', NO_HUB, ...counter.words]);
  counter.startBoard();
  try {
    await device.untilItSays(TAP_YOUR_CARD);
    const said = seconds();
    await Promise.race([counter.untilShown(TAP_YOUR_CARD), device.untilItEnds()]);
    return { said, shown: seconds() };
  } finally {
    await device.stop();
    await counter.close();
  }
}
