import { type FaultyTap, ReaderTaps } from './reader-taps.ts';
import type { Soak } from './soak.ts';

/** Tap after tap with a random fault in each, on one reader that must come back from all of them. */
export const readerSoak: Soak = {
  name: 'reader',
  wholeMinutes: 10,
  async run({ random, isOver }) {
    const reader = new ReaderTaps(random);
    let taps = 0;
    let slowest: FaultyTap | undefined;
    try {
      await reader.prepare();
      while (!isOver()) {
        const tap = await reader.next();
        taps += 1;
        if (slowest === undefined || tap.recoveryMs > slowest.recoveryMs) slowest = tap;
      }
    } finally {
      await reader.close();
    }
    const worst =
      slowest === undefined ? '' : `, ${slowest.recoveryMs.toFixed(0)} ms after "${slowest.fault}"`;
    return `${taps} taps with a fault in each, none wedged the reader; the slowest to recover${worst}`;
  },
};
