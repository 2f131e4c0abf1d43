import fc from 'fast-check';
import { afterEach, describe, expect, it } from 'vitest';
import type { PresentedCard } from '../../hardware/card-reader.ts';
import { HardwareError } from '../../hardware/errors.ts';
import { type Fault, faults } from '../../hardware/sim/faults.ts';
import { currentSequence, image } from './card-images.ts';
import { Rig, smartCard, tag } from './rig.ts';
import { SOAK, SOAK_TIMEOUT } from './soak.ts';

let rig = new Rig();
afterEach(() => rig.close());

/** Errors of the reader, or of the card: each has a sentence for who stands before it. */
const PLAIN =
  /^(card|reader)-(removed|unreadable|foreign|too-small|locked|blank|unsupported|lost|silent|failed)$/;

/** Commands to the card, and listings. */
const ofCard = ([code]: Uint8Array) => code === 0x40 || code === 0x42;
const ofCardOrListing = ([code]: Uint8Array) => code === 0x40 || code === 0x42 || code === 0x4a;

/** @throws unless `work` succeeds, or fails in a way that is meant to be */
async function plainly(work: Promise<unknown>): Promise<void> {
  const error = await rig.run(
    work.then(
      () => undefined,
      (cause: unknown) => cause,
    ),
  );
  if (error === undefined) return;
  expect(error).toBeInstanceOf(HardwareError);
  expect(error).toHaveProperty('code', expect.stringMatching(PLAIN));
}

const cards = { tag: () => tag().card, 'smart card': () => smartCard().card };

describe.each(['tag', 'smart card'] as const)('a %s that answers', (kind) => {
  const answer = fc.oneof(
    fc.uint8Array({ maxLength: 20 }),
    fc.uint8Array({ maxLength: 262 }),
    fc.uint8Array({ minLength: 16, maxLength: 16 }),
    fc.constant(Uint8Array.of(0x90, 0x00)),
    fc.constantFrom(0x6100, 0x6c00, 0x6f04, 0x6282).map((sw) => Uint8Array.of(sw >> 8, sw & 0xff)),
    fc.uint8Array({ maxLength: 258 }).map((data) => Uint8Array.of(...data, 0x90, 0x00)),
  );
  const status = fc.oneof({ weight: 6, arbitrary: fc.constant(0x00) }, fc.integer({ min: 0, max: 255 }));

  it('whatever it likes never does harm', SOAK_TIMEOUT, async () => {
    rig = new Rig();
    const virtual = cards[kind]();
    let given = 0;
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.tuple(status, answer), { minLength: 1, maxLength: 40 }),
        async (answers) => {
          const card = await rig.tap(virtual);
          let at = 0;
          const respond = ([code = 0]: Uint8Array) => {
            given += 1;
            const [state, data] = answers[at++ % answers.length] ?? [0, new Uint8Array(0)];
            return Uint8Array.of(code + 1, state, ...data);
          };
          rig.faults.inject({ respond }, { which: ofCard, times: 100_000 });
          await plainly(card.describe());
          await plainly(card.readSlots());
          await plainly(card.format({ force: true }));
          await plainly(card.writeSlot(1, image(2)));
          rig.faults.clear();
        },
      ),
      { numRuns: SOAK ? 22_000 : 150 },
    );
    expect(given).toBeGreaterThanOrEqual(SOAK ? 100_000 : 500);
  });

  it('with another UID each time it is listed, and is cut short', SOAK_TIMEOUT, async () => {
    rig = new Rig();
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ maxLength: 40 }), fc.nat({ max: 3 }), async (listing, nth) => {
        rig.faults.clear();
        const card = await rig.tap(cards[kind]());
        rig.faults.inject(faults.status(0x01), { which: ofCard, nth: nth + 1, times: 2 });
        rig.faults.inject(
          { respond: () => Uint8Array.of(0x4b, ...listing) },
          { which: ([code]) => code === 0x4a, times: 20 },
        );
        await plainly(card.readSlots());
        rig.faults.clear();
      }),
      { numRuns: SOAK ? 2_000 : 100 },
    );
  });

  it('one fault after the other wedges no reader, and loses no image', SOAK_TIMEOUT, async () => {
    rig = new Rig();
    const virtual = cards[kind]();
    let card: PresentedCard = await rig.tap(virtual);
    await rig.run(card.format());
    await rig.run(card.writeSlot(0, image(1)));
    let current = 1;
    await fc.assert(
      fc.asyncProperty(fc.array(mishap, { minLength: 1, maxLength: 4 }), async (mishaps) => {
        card = await rig.tap(virtual);
        for (const { fault, nth, times } of mishaps) {
          rig.faults.inject(fault(), { nth, times, which: ofCardOrListing });
        }
        await plainly(card.readSlots());
        await plainly(card.writeSlot(current % 2 === 0 ? 0 : 1, image(current + 1)));
        rig.faults.clear();
        rig.virtual.port.plugIn();
        // The next tap finds the old image, or the new one, whole.
        card = await rig.tap(virtual);
        const found = currentSequence(await rig.run(card.readSlots()));
        expect([current, current + 1]).toContain(found);
        current = found;
      }),
      { numRuns: SOAK ? 10_000 : 200, endOnFailure: true },
    );
  });
});

const take = () => rig.field.take();

const fault: fc.Arbitrary<() => Fault> = fc.constantFrom<(() => Fault)[]>(
  faults.unheard,
  faults.dropAck,
  faults.dropReply,
  faults.duplicateAck,
  faults.duplicateReply,
  () => faults.slow(3_000),
  () => faults.slow(30_000),
  () => faults.lateReply(600),
  () => faults.lateAck(150),
  () => faults.flipReply(3, 0x10),
  () => faults.flipReply(7, 0x01),
  () => faults.flipAck(4, 0x80),
  faults.badLcs,
  faults.badDcs,
  () => faults.junkBeforeAck(0x00, 0xff, 0x20, 0xe0, 0xd5, 0x41),
  () => faults.junkBeforeReply(0xff, 0x00, 0x00, 0xff),
  () => faults.longPreamble(300),
  () => faults.split(1, 1),
  () => faults.cutReply(5),
  () => faults.cutReply(12),
  faults.errorFrame,
  () => faults.status(0x01),
  () => faults.status(0x02),
  () => faults.status(0x13),
  () => faults.status(0x27),
  () => faults.status(0x0d),
  faults.hang,
  () => faults.removeBefore(take),
  () => faults.removeDuringRead(take),
  () => faults.removeAfter(take),
  () => faults.removeDuringWrite(take, 'mix'),
  () => faults.removeDuringWrite(take, 'zero'),
  () => faults.tear('mix'),
  () => faults.tear('old'),
  faults.acknowledgementLost,
  () => ({ before: () => rig.virtual.port.unplug() }),
);

const mishap = fc.record({
  fault,
  nth: fc.integer({ min: 1, max: 70 }),
  times: fc.oneof({ weight: 5, arbitrary: fc.constant(1) }, fc.integer({ min: 2, max: 8 })),
});
