import { afterEach, describe, expect, it } from 'vitest';
import type { PresentedCard } from '../../../hardware/card-reader.ts';
import { BlankCardError, CardRemovedError } from '../../../hardware/errors.ts';
import type { Torn } from '../../../hardware/sim/card-memory.ts';
import { cardWrite, type Fault, faults } from '../../../hardware/sim/faults.ts';
import type { VirtualIsoDep } from '../../../hardware/sim/virtual-iso-dep.ts';
import type { VirtualNtag } from '../../../hardware/sim/virtual-ntag.ts';
import { bytes } from '../bytes.ts';
import { currentSequence, image, longImage } from '../card-images.ts';
import { Rig, smartCard, tag } from '../rig.ts';
import { SOAK, SOAK_TIMEOUT } from '../soak.ts';

let rig = new Rig();
afterEach(() => rig.close());

const TORN: readonly Torn[] = ['old', 'new', 'zero', 'mix'];
const take = () => rig.field.take();

/** Everything that can happen to one write, and whether the card is gone after it. */
const MISHAPS: readonly { readonly what: string; readonly fault: () => Fault; readonly gone: boolean }[] = [
  ...TORN.map((how) => ({
    what: `taken away, the write left ${how}`,
    fault: () => faults.removeDuringWrite(take, how),
    gone: true,
  })),
  ...TORN.map((how) => ({
    what: `without power for a moment, the write left ${how}`,
    fault: () => faults.tear(how),
    gone: false,
  })),
  { what: 'done, the acknowledgement lost', fault: faults.acknowledgementLost, gone: false },
  {
    what: 'done, the acknowledgement lost, and taken away',
    fault: () => ({ ...faults.acknowledgementLost(), after: take }),
    gone: true,
  },
  { what: 'done, its reply lost on the line', fault: faults.dropReply, gone: false },
  { what: 'never heard by the chip', fault: faults.unheard, gone: false },
];

const sequenceOf = async (card: PresentedCard) => currentSequence(await rig.run(card.readSlots()));

/**
 * Does `write` to a card that was prepared by `prepare`, with every mishap at every write to its memory; after
 * each, `check` looks at the card, and `write` is done again if the card was taken away.
 */
async function tearEveryWrite({
  virtual,
  memory,
  every = 1,
  prepare,
  write,
  check,
}: {
  readonly virtual: VirtualNtag | VirtualIsoDep;
  readonly memory: Uint8Array;
  /** In the short form, only every so manieth write, and the last. */
  readonly every?: number;
  readonly prepare: (card: PresentedCard) => Promise<void>;
  readonly write: (card: PresentedCard) => Promise<void>;
  readonly check: (card: PresentedCard, state: 'between' | 'done', where: string) => Promise<void>;
}): Promise<number> {
  rig = new Rig();
  let card = await rig.tap(virtual);
  await rig.run(prepare(card));
  const before = Uint8Array.from(memory);
  const writesBefore = virtual.writes;
  await rig.run(write(card));
  const writes = virtual.writes - writesBefore;
  const step = SOAK ? 1 : every;
  const torn = Array.from({ length: writes }, (_, i) => i + 1).filter((n) => n % step === 0 || n === writes);
  for (const nth of torn) {
    for (const { what, fault, gone } of MISHAPS) {
      const where = `write ${nth}: ${what}`;
      memory.set(before);
      card = await rig.tap(virtual);
      rig.faults.inject(fault(), { which: cardWrite, nth });
      const outcome = await rig.run(write(card).catch((error: unknown) => error));
      rig.faults.clear();
      expect(outcome instanceof CardRemovedError, where).toBe(gone);
      if (gone) {
        card = await rig.tap(virtual);
        await check(card, 'between', where);
        await rig.run(write(card));
      }
      await check(card, 'done', where);
    }
  }
  return writes;
}

describe.each([
  ['an image over an older one', (sequence: number) => image(sequence), 53, 1, 1],
  ['a long image over an older one', longImage, 104, 2, 9],
])(
  'whatever happens to any write of %s, the card holds the old image or the new one',
  (_, imageOf, pages, pieces, every) => {
    const slotBytes = Math.ceil(imageOf(1).length / 4) * 4;

    const steps = {
      async prepare(card: PresentedCard) {
        await card.format({ slotBytes });
        await card.writeSlot(0, imageOf(1));
        await card.writeSlot(1, imageOf(2));
      },
      write: (card: PresentedCard) => card.writeSlot(0, imageOf(3)),
      async check(card: PresentedCard, state: 'between' | 'done', where: string) {
        expect(state === 'done' ? [3] : [2, 3], where).toContain(await sequenceOf(card));
        const [, other] = await rig.run(card.readSlots());
        expect(currentSequence([new Uint8Array(other.length), other]), where).toBe(2);
      },
    };

    it('on a tag', SOAK_TIMEOUT, async () => {
      const { card: virtual, dump: memory } = tag('NTAG216');
      expect(await tearEveryWrite({ virtual, memory, every, ...steps })).toBe(pages);
    });

    it('on a smart card', SOAK_TIMEOUT, async () => {
      const { card: virtual, file: memory } = smartCard(2 * slotBytes);
      expect(await tearEveryWrite({ virtual, memory, ...steps })).toBe(pieces);
    });
  },
);

describe('whatever happens to any write while the old slot is wiped, the card holds the current image', () => {
  const steps = {
    async prepare(card: PresentedCard) {
      await card.format();
      await card.writeSlot(0, image(1));
      await card.writeSlot(1, image(2));
    },
    write: (card: PresentedCard) => card.writeSlot(0, new Uint8Array(0)),
    async check(card: PresentedCard, state: 'between' | 'done', where: string) {
      expect(await sequenceOf(card), where).toBe(2);
      const [wiped] = await rig.run(card.readSlots());
      if (state === 'done') expect(wiped, where).toEqual(new Uint8Array(216));
    },
  };

  it('on a tag', SOAK_TIMEOUT, async () => {
    const { card: virtual, dump: memory } = tag();
    expect(await tearEveryWrite({ virtual, memory, every: 5, ...steps })).toBeGreaterThan(50);
  });

  it('on a smart card', SOAK_TIMEOUT, async () => {
    const { card: virtual, file: memory } = smartCard();
    expect(await tearEveryWrite({ virtual, memory, ...steps })).toBe(1);
  });
});

describe('whatever happens to any write while a tag is formatted, it is blank or formatted', () => {
  it.each([
    ['from the factory', '0300fe00'],
    ['of zeros', '00000000'],
  ])('%s', SOAK_TIMEOUT, async (_, firstPage) => {
    const { card: virtual, dump: memory } = tag();
    const writes = await tearEveryWrite({
      virtual,
      memory,
      prepare: async () => memory.set(bytes(firstPage), 16),
      write: (card) => card.format(),
      async check(card, state, where) {
        const slots = await rig.run(card.readSlots().catch((error: unknown) => error));
        if (state === 'between' && slots instanceof BlankCardError) return;
        expect(slots, where).toEqual([new Uint8Array(216), new Uint8Array(216)]);
      },
    });
    expect(writes).toBeGreaterThan(7);
  });
});
