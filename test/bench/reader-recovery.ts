import { type FaultyTap, ReaderTaps, WedgedError } from '../soak/reader-taps.ts';
import { SeededRandom } from '../soak/seeded-random.ts';
import { type Bench, type BenchContext, median, percentile } from './bench.ts';

const TAPS = 10_000;
const SEED = 20_260_101;

/**
 * Taps with a random fault in each, on one reader: in how many the driver did not come back, and by how much
 * later the card was read in the others, by the time of line and air.
 */
export const readerRecovery: Bench = {
  results: ['reader-recovery-wedged', 'reader-recovery-median', 'reader-recovery-worst'],
  async run(context) {
    const { taps, wedged } = await tapAndTap(context);
    const recoveries = taps.map(({ recoveryMs }) => recoveryMs);
    tellSlowest(taps, context);
    return [
      { name: 'reader-recovery-wedged', value: wedged, unit: `of ${TAPS}` },
      { name: 'reader-recovery-median', value: median(recoveries), unit: 'ms' },
      { name: 'reader-recovery-worst', value: percentile(recoveries, 1), unit: 'ms' },
    ];
  },
};

async function tapAndTap({ note }: BenchContext): Promise<{ taps: FaultyTap[]; wedged: number }> {
  const random = new SeededRandom(SEED);
  const taps: FaultyTap[] = [];
  let wedged = 0;
  let reader = await freshReader(random);
  while (taps.length + wedged < TAPS) {
    try {
      taps.push(await reader.next());
    } catch (error) {
      if (!(error instanceof WedgedError)) throw error;
      wedged += 1;
      note(`wedged: ${error.message}`);
      reader = await freshReader(random);
    }
  }
  await reader.close();
  return { taps, wedged };
}

async function freshReader(random: SeededRandom): Promise<ReaderTaps> {
  const reader = new ReaderTaps(random);
  await reader.prepare();
  return reader;
}

function tellSlowest(taps: readonly FaultyTap[], { note }: BenchContext): void {
  const worst = new Map<string, number>();
  for (const { fault, recoveryMs } of taps) worst.set(fault, Math.max(recoveryMs, worst.get(fault) ?? 0));
  const slowest = [...worst].sort(([, a], [, b]) => b - a).slice(0, 5);
  note(`worst by fault: ${slowest.map(([fault, ms]) => `${fault} ${ms.toFixed(0)} ms`).join(', ')}`);
  const told = taps.filter((tap) => tap.told.length > 0).length;
  note(
    `in ${told} of ${taps.length} taps an error was told before the card was read; the others only took longer`,
  );
}
