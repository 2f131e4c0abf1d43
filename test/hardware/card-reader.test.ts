import { afterEach, describe, expect, it } from 'vitest';
import { CardUnsupportedError, ReaderClosedError, ReaderLostError } from '../../hardware/errors.ts';
import { commandOf, faults } from '../../hardware/sim/faults.ts';
import { bytes } from './bytes.ts';
import { image } from './card-images.ts';
import { OTHER_UID, Rig, smartCard, tag, UID } from './rig.ts';

let rig = new Rig();
afterEach(() => rig.close());

const LIST = commandOf(0x4a);

describe('a reader', () => {
  it('connects by itself, and says so', async () => {
    rig = new Rig();
    expect(rig.reader.chip).toBeUndefined();
    await rig.run(rig.reader.ready());
    expect(rig.states).toEqual(['ready']);
    expect(rig.reader.chip).toEqual({ firmware: 'PN532 1.6', speed: 921_600 });
    const heard: string[] = [];
    rig.reader.onState((state) => heard.push(state));
    expect(heard).toEqual(['ready']);
  });

  it('says no more of it to a listener that has ended its subscription', async () => {
    rig = new Rig();
    await rig.run(rig.reader.ready());
    const heard: string[] = [];
    const subscription = rig.reader.onState((state) => heard.push(state));
    const other: string[] = [];
    rig.reader.onState((state) => {
      other.push(state);
      subscription.end();
    });
    rig.virtual.port.unplug();
    await rig.clock.advance(1_000);
    rig.virtual.port.plugIn();
    await rig.run(rig.reader.ready());
    expect(heard).toEqual(['ready']);
    expect(other).toEqual(['ready', 'lost', 'ready']);
  });

  it('waits for a card', async () => {
    rig = new Rig();
    const waiting = rig.reader.waitForCard();
    await rig.clock.advance(5_000);
    rig.field.put(tag().card);
    const card = await rig.run(waiting, 200);
    expect([card.kind, card.uid]).toEqual(['Type 2 tag', UID]);
  });

  it('sees a card at the second poll at the latest, on a line and in a field of true speed', async () => {
    rig = new Rig({ paced: true });
    // The virtual chip sees in three tries of 51.2 ms only what lay there at the first.
    const twoPollsMs = 30 + 3 * 51.2 + 15;
    await rig.run(rig.reader.ready());
    for (let moment = 0; moment < 250; moment += 7) {
      const waiting = rig.reader.waitForCard();
      await rig.clock.advance(1_000 + moment);
      rig.field.put(tag().card);
      const laidAt = rig.clock.monotonic();
      await rig.run(waiting);
      expect(rig.clock.monotonic() - laidAt, `laid on after ${moment} ms`).toBeLessThan(twoPollsMs);
      rig.field.take();
      await rig.run(rig.reader.waitForRemoval());
    }
  });

  it('sees when it is taken away, and the next one', async () => {
    rig = new Rig();
    await rig.tap(tag().card);
    const removal = rig.reader.waitForRemoval();
    await rig.clock.advance(5_000);
    rig.field.take();
    await rig.run(removal, 1_000);
    const next = await rig.tap(smartCard(432, OTHER_UID).card);
    expect([next.kind, next.uid]).toEqual(['ISO-DEP card', OTHER_UID]);
  });

  it('misses no card at any poll, however long it lies there', async () => {
    const listings: string[] = [];
    rig = new Rig({ trace: (line) => line.startsWith('< d5 4b') && listings.push(line) });
    await rig.tap(tag().card);
    listings.length = 0;
    let removed = false;
    const removal = rig.reader.waitForRemoval().then(() => {
      removed = true;
    });
    await rig.clock.advance(60_000);
    expect(removed).toBe(false);
    expect(listings.length).toBeGreaterThan(300);
    expect(listings.filter((line) => !line.startsWith('< d5 4b 01'))).toEqual([]);
    rig.field.take();
    await rig.run(removal);
  });

  it('takes two missed polls for nothing, and three for a removal', async () => {
    rig = new Rig();
    await rig.tap(tag().card);
    let removed = false;
    const removal = rig.reader.waitForRemoval().then(() => {
      removed = true;
    });
    const none = { respond: () => bytes('4b 00') };
    rig.faults.inject(none, { which: LIST, times: 2 });
    await rig.clock.advance(5_000);
    expect(removed).toBe(false);
    rig.faults.inject(none, { which: LIST, times: 3 });
    await rig.clock.advance(1_000);
    expect(removed).toBe(true);
    await removal;
  });

  it('takes another card for a removal', async () => {
    rig = new Rig();
    await rig.tap(tag().card);
    rig.field.put(tag('NTAG215', OTHER_UID).card);
    await rig.run(rig.reader.waitForRemoval(), 500);
    expect((await rig.run(rig.reader.waitForCard())).uid).toEqual(OTHER_UID);
  });

  it('looks after the card while it is worked with', async () => {
    rig = new Rig();
    const card = await rig.tap(tag().card);
    const removal = rig.reader.waitForRemoval();
    await rig.run(card.format());
    for (let sequence = 1; sequence < 6; sequence++) {
      await rig.run(card.writeSlot(0, image(sequence)));
      await rig.clock.advance(777);
    }
    expect((await rig.run(card.readSlots()))[0].slice(0, 215)).toEqual(image(5));
    rig.field.take();
    await rig.run(removal);
  });

  it('names a card that it cannot serve', async () => {
    rig = new Rig();
    rig.faults.inject({ respond: () => bytes('4b 01 01 00 04 08 04 01020304') }, { which: LIST });
    const card = await rig.run(rig.reader.waitForCard());
    expect([card.kind, card.uid]).toEqual(['unsupported card', bytes('01020304')]);
    expect(await rig.run(card.describe())).toContain('MIFARE Classic');
    for (const work of [card.readSlots(), card.writeSlot(0, image(1)), card.format()]) {
      expect(await rig.failure(work)).toBeInstanceOf(CardUnsupportedError);
    }
  });

  it.each([
    ['is cut short', '4b 01 01 00'],
    ['has a UID of no known length', '4b 01 01 00 44 00 05 0102030405'],
    ['has a UID that is cut short', '4b 01 01 00 44 00 07 0102'],
    ['is empty', '4b'],
    ['promises a card and shows none', '4b 01'],
  ])('looks again when the listing %s', async (_, listing) => {
    rig = new Rig();
    rig.faults.inject({ respond: () => bytes(listing) }, { which: LIST, times: 5 });
    expect((await rig.tap(tag().card)).uid).toEqual(UID);
    expect(rig.states).toEqual(['ready']);
  });

  it('does not care about an ATS that lies', async () => {
    rig = new Rig();
    const { card: virtual } = smartCard();
    const listing = bytes('4b 01 01 03 44 20 07 04a1b2c3d4e5f6 ff 75 77');
    rig.faults.inject({ reply: () => [{ bytes: frameOf(listing) }] }, { which: LIST });
    const card = await rig.tap(virtual);
    expect(card.kind).toBe('ISO-DEP card');
    expect(await rig.run(card.readSlots())).toEqual([new Uint8Array(216), new Uint8Array(216)]);
  });
});

describe('waiting', () => {
  it('ends when it is aborted, and the reader goes on', async () => {
    rig = new Rig();
    await rig.run(rig.reader.ready());
    for (const wait of ['waitForCard', 'waitForRemoval'] as const) {
      if (wait === 'waitForRemoval') await rig.tap(tag().card);
      const stop = new AbortController();
      const waiting = rig.reader[wait](stop.signal);
      waiting.catch(() => {});
      await rig.clock.advance(500);
      stop.abort(new Error('enough'));
      await expect(waiting).rejects.toThrow('enough');
      await expect(rig.reader[wait](stop.signal)).rejects.toThrow('enough');
    }
    expect((await rig.run(rig.reader.waitForCard())).uid).toEqual(UID);
  });

  it('ends when the reader is closed, in whatever state', async () => {
    for (const elapsed of [0, 1, 5, 20, 100, 1_000]) {
      rig = new Rig();
      const waits = [rig.reader.waitForCard(), rig.reader.ready(), rig.reader.waitForCard()].map((wait) =>
        wait.then(
          () => 'done',
          (error: unknown) => error,
        ),
      );
      await rig.clock.advance(elapsed);
      await rig.close();
      const [first, , third] = await rig.run(Promise.all(waits));
      expect(first).toBeInstanceOf(ReaderClosedError);
      expect(third).toBeInstanceOf(ReaderClosedError);
      await expect(rig.reader.ready()).rejects.toThrow(ReaderClosedError);
      await expect(rig.reader.waitForCard()).rejects.toThrow(ReaderClosedError);
      await rig.clock.advance(2_000);
      expect(rig.clock.pendingTimers).toBe(0);
    }
  });

  it('ends when the reader is closed while it is not there', async () => {
    rig = new Rig({ unplugged: true });
    expect(await rig.failure(rig.reader.ready())).toBeInstanceOf(ReaderLostError);
    const waiting = rig.reader.waitForCard();
    waiting.catch(() => {});
    await rig.clock.advance(10_000);
    await rig.close();
    await expect(waiting).rejects.toThrow(ReaderClosedError);
    expect(rig.clock.pendingTimers).toBe(0);
  });
});

describe('a reader that is unplugged', () => {
  it('is found again when it is back, and waiting goes on', async () => {
    rig = new Rig();
    await rig.run(rig.reader.ready());
    const waiting = rig.reader.waitForCard();
    await rig.clock.advance(300);
    for (let i = 0; i < 3; i++) {
      rig.virtual.port.unplug();
      await rig.clock.advance(10_000);
      rig.virtual.port.plugIn();
      await rig.clock.advance(10_000);
    }
    expect(rig.states).toEqual(['ready', ...Array(3).fill(['lost: reader-lost', 'ready']).flat()]);
    rig.field.put(tag().card);
    expect((await rig.run(waiting)).uid).toEqual(UID);
  });

  it('at any command of a tap ends that tap, and the next one works', async () => {
    rig = new Rig();
    const { card: virtual } = tag();
    const first = await rig.tap(virtual);
    await rig.run(first.format());
    await rig.run(first.writeSlot(0, image(1)));
    for (let nth = 1; nth <= 12; nth++) {
      const card = await rig.tap(virtual);
      rig.faults.inject({ before: () => rig.virtual.port.unplug() }, { nth });
      const error = await rig.failure(card.readSlots().then(() => card.writeSlot(1, image(nth + 1))));
      expect(error, `command ${nth}`).toBeInstanceOf(ReaderLostError);
      await rig.run(rig.reader.waitForRemoval());
      rig.virtual.port.plugIn();
      const again = await rig.run(rig.reader.waitForCard());
      expect((await rig.run(again.readSlots()))[0].slice(0, 215)).toEqual(image(1));
      expect(await rig.failure(card.readSlots())).toBeInstanceOf(ReaderLostError);
    }
  });

  it('ends the wait for a removal', async () => {
    rig = new Rig();
    await rig.tap(tag().card);
    const removal = rig.reader.waitForRemoval();
    await rig.clock.advance(500);
    rig.virtual.port.unplug();
    await rig.run(removal, 1_000);
  });

  it('is told where it was never there', async () => {
    rig = new Rig({ unplugged: true });
    const error = await rig.failure(rig.reader.ready());
    expect(error).toBeInstanceOf(ReaderLostError);
    expect(error.message).toContain('no reader at /dev/virtual-pn532');
    rig.virtual.port.plugIn();
    await rig.run(rig.reader.ready());
    expect(rig.states).toEqual(['lost: reader-lost', 'ready']);
  });

  it('is told once, not at every try', async () => {
    rig = new Rig({ unplugged: true });
    await rig.clock.advance(60_000);
    expect(rig.states).toEqual(['lost: reader-lost']);
  });
});

describe('a chip that hangs', () => {
  it('is started anew, slower, and serves the next tap', async () => {
    rig = new Rig();
    await rig.run(rig.reader.ready());
    rig.faults.inject(faults.unheard(), { times: 12 });
    rig.field.put(tag().card);
    const card = await rig.run(rig.reader.waitForCard());
    expect(card.uid).toEqual(UID);
    expect(rig.states).toEqual(['ready', 'lost: reader-silent', 'ready']);
    expect(rig.virtual.chip.speed).toBe(115_200);
  });

  it('is started anew when it refuses every poll', async () => {
    rig = new Rig();
    await rig.run(rig.reader.ready());
    rig.faults.inject(faults.errorFrame(), { which: LIST, times: 3 });
    rig.field.put(tag().card);
    expect((await rig.run(rig.reader.waitForCard())).uid).toEqual(UID);
    expect(rig.states).toEqual(['ready', 'lost: reader-failed', 'ready']);
  });

  it.each([
    ['the card', faults.status(0x0d), 'hot'],
    ['the power', faults.status(0x2d), 'current'],
  ])('is not used further when %s is at fault', async (_, fault, why) => {
    rig = new Rig();
    const card = await rig.tap(tag().card);
    rig.faults.inject(fault, { which: commandOf(0x42) });
    expect((await rig.failure(card.readSlots())).message).toContain(why);
  });
});

function frameOf(data: Uint8Array): Uint8Array {
  const body = Uint8Array.of(0xd5, ...data);
  const sum = body.reduce((total, byte) => total + byte, 0);
  return Uint8Array.of(0, 0, 0xff, body.length, -body.length & 0xff, ...body, -sum & 0xff, 0);
}
