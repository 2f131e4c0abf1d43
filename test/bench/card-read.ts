import type { PresentedCard } from '../../hardware/card-reader.ts';
import { currentSequence, image } from '../hardware/card-images.ts';
import { Rig, tag } from '../hardware/rig.ts';
import { type Bench, type BenchContext, type Measured, mean } from './bench.ts';
import { lineAndAirMs } from './line-time.ts';

const SPEEDS = [115_200, 921_600] as const;
/** What a chip carries of a card's answer, bytes: 60 pages, and 15. */
const CARRIES_60_PAGES = 240;
const CARRIES_15_PAGES = 60;
/** FAST_READ of 54 pages, 216 bytes: a slot of `cardea-1`. */
const FAST_READ_SLOT_A = '42 3a 0b 40';
/** Taps in which the driver finds out what the chip carries. */
const WARM_UP_TAPS = 6;

/** What the slots hold: the sequence of the image in each, 0 for none. */
type Slots = readonly [number, number];
/** As a login leaves them: the slot that is not current is empty. */
const CURRENT_A: Slots = [1, 0];
const CURRENT_B: Slots = [0, 2];
/** As a write leaves them that no hub has acknowledged yet: the older image is still there. */
const CURRENT_A_OLD_B: Slots = [3, 2];
const CURRENT_B_OLD_A: Slots = [1, 2];

/**
 * From the tag listed to its current image verified, by the time of the line and the air alone, against one
 * FAST_READ of the slot's 54 pages. The simulated clock passes no time for what a processor does.
 */
export const cardRead: Bench = {
  results: SPEEDS.flatMap((speed) => [
    `card-read-${speed}`,
    `card-read-${speed}-old-image-there`,
    `card-read-${speed}-15-pages`,
  ]),
  async run(context) {
    const measured: Measured[] = [];
    for (const speed of SPEEDS) measured.push(...(await atSpeed(speed, context)));
    return measured;
  },
};

async function atSpeed(speed: number, { note }: BenchContext): Promise<Measured[]> {
  const least = await lineAndAirMs(FAST_READ_SLOT_A, speed);
  const ratio = async (carries: number, states: readonly Slots[], what: string) => {
    const reads: Read[] = [];
    for (const slots of states) reads.push(await readCurrent(speed, carries, slots));
    const times = reads.map(({ ms }) => ms.toFixed(1)).join(' and ');
    note(`${speed} baud, ${what}: ${times} ms against ${least.toFixed(1)}; ${exchangesOf(reads)}`);
    return mean(reads.map(({ ms }) => ms)) / least;
  };
  const normal = [CURRENT_A, CURRENT_B];
  return [
    { name: `card-read-${speed}`, value: await ratio(CARRIES_60_PAGES, normal, 'A and B current') },
    {
      name: `card-read-${speed}-old-image-there`,
      value: await ratio(
        CARRIES_60_PAGES,
        [CURRENT_A_OLD_B, CURRENT_B_OLD_A],
        'the older image in the other slot',
      ),
    },
    {
      name: `card-read-${speed}-15-pages`,
      value: await ratio(CARRIES_15_PAGES, normal, 'a chip that carries 15 pages'),
    },
  ].map((one) => ({ ...one, unit: 'ratio' }));
}

interface Read {
  readonly ms: number;
  /** What the tag was asked: the commands' first bytes, in hex. */
  readonly exchanges: readonly string[];
}

async function readCurrent(speed: number, largestThru: number, slots: Slots): Promise<Read> {
  let trace: string[] = [];
  const rig = new Rig({ paced: true, speed, largestThru, trace: (line) => trace.push(line) });
  try {
    const { card: virtual } = tag('NTAG215');
    await prepare(await rig.tap(virtual), rig, slots);
    let read: Read | undefined;
    for (let taps = 0; taps <= WARM_UP_TAPS; taps++) {
      rig.field.take();
      await rig.run(rig.reader.waitForRemoval());
      const card = await rig.tap(virtual);
      trace = [];
      const before = rig.clock.monotonic();
      const sequence = currentSequence(await rig.run(card.readSlots()));
      if (sequence !== Math.max(...slots)) throw new Error(`image ${sequence} was taken for the current one`);
      read = { ms: rig.clock.monotonic() - before, exchanges: exchangesIn(trace) };
    }
    if (read === undefined) throw new Error('nothing was read');
    return read;
  } finally {
    await rig.close();
  }
}

async function prepare(card: PresentedCard, rig: Rig, slots: Slots): Promise<void> {
  await rig.run(card.format());
  for (const slot of [0, 1] as const) {
    if (slots[slot] > 0) await rig.run(card.writeSlot(slot, image(slots[slot])));
  }
}

/** InDataExchange (40, target) and InCommunicateThru (42), as the trace has them. */
function exchangesIn(trace: readonly string[]): string[] {
  return trace.flatMap((line) => /^> d4 (?:40 01|42) ([0-9a-f ]*)/.exec(line)?.[1] ?? []);
}

function exchangesOf(reads: readonly Read[]): string {
  const told = new Set(reads.map(({ exchanges }) => exchanges.map(nameOf).join(', ')));
  return [...told].join(' | ');
}

function nameOf(exchange: string): string {
  const [code, first = '0', last = '0'] = exchange.trim().split(' ');
  const [from, to] = [Number.parseInt(first, 16), Number.parseInt(last, 16)];
  switch (code) {
    case '60':
      return 'GET_VERSION';
    case '30':
      return `READ ${from}`;
    case '3a':
      return `FAST_READ ${from}-${to}`;
    default:
      return exchange;
  }
}
