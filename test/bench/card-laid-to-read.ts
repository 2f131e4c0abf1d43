import { currentSequence, image } from '../hardware/card-images.ts';
import { Rig, smartCard, tag } from '../hardware/rig.ts';
import { type Bench, type BenchContext, type Measured, median, percentile } from './bench.ts';

const SPEEDS = [115_200, 921_600] as const;
const KINDS = { tag: () => tag('NTAG215').card, 'smart-card': () => smartCard(432).card } as const;
type Kind = keyof typeof KINDS;

const TAPS = 200;
/** Between one tap's moment and the next one's: the taps fall evenly over the time from poll to poll. */
const STEP_MS = 3.7;

/**
 * From a card laid on the reader, at any moment between two polls, to its current image verified: the 95th
 * percentile, by the time of line and air alone. The simulated clock passes no time for what a processor does.
 */
export const cardLaidToRead: Bench = {
  results: SPEEDS.flatMap((speed) => Object.keys(KINDS).map((kind) => `card-laid-to-read-${kind}-${speed}`)),
  async run(context) {
    const measured: Measured[] = [];
    for (const speed of SPEEDS) {
      for (const kind of ['tag', 'smart-card'] as const)
        measured.push(await laidToRead(kind, speed, context));
    }
    return measured;
  },
};

async function laidToRead(kind: Kind, speed: number, { note }: BenchContext): Promise<Measured> {
  const rig = new Rig({ paced: true, speed });
  try {
    const virtual = KINDS[kind]();
    const card = await rig.tap(virtual);
    await rig.run(card.format());
    await rig.run(card.writeSlot(0, image(1)));
    const seen: number[] = [];
    const read: number[] = [];
    for (let taps = 0; taps < TAPS; taps++) {
      rig.field.take();
      await rig.run(rig.reader.waitForRemoval());
      const waiting = rig.reader.waitForCard();
      await rig.clock.advance(1_000 + taps * STEP_MS);
      const laidAt = rig.clock.monotonic();
      rig.field.put(virtual);
      const laid = await rig.run(waiting);
      seen.push(rig.clock.monotonic() - laidAt);
      if (currentSequence(await rig.run(laid.readSlots())) !== 1) throw new Error('another image was read');
      read.push(rig.clock.monotonic() - laidAt);
    }
    const told = [percentile(seen, 0.95), median(read), percentile(read, 1)].map((ms) => ms.toFixed(0));
    note(
      `${kind} at ${speed}: seen after ${told[0]} ms (p95); read after ${told[1]} (median), ${told[2]} (worst)`,
    );
    return { name: `card-laid-to-read-${kind}-${speed}`, value: percentile(read, 0.95), unit: 'ms' };
  } finally {
    await rig.close();
  }
}
