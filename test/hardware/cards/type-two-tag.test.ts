import { afterEach, describe, expect, it } from 'vitest';
import {
  BlankCardError,
  CardLockedError,
  CardRemovedError,
  CardTooSmallError,
  CardUnreadableError,
  CardUnsupportedError,
  ForeignCardError,
} from '../../../hardware/errors.ts';
import { cardWrite, commandOf, faults } from '../../../hardware/sim/faults.ts';
import type { NtagKind } from '../../../hardware/sim/ntag-models.ts';
import { bytes, hex } from '../bytes.ts';
import { image } from '../card-images.ts';
import { OTHER_UID, Rig, tag } from '../rig.ts';

let rig = new Rig();
afterEach(() => rig.close());

/** A tag on a new reader, changed by `prepare` before it is laid on. */
async function laid(
  kind: NtagKind = 'NTAG215',
  {
    prepare = (_: Uint8Array) => {},
    ...options
  }: ConstructorParameters<typeof Rig>[0] & { prepare?: (dump: Uint8Array) => void } = {},
) {
  rig = new Rig(options);
  const { card: virtual, dump } = tag(kind);
  prepare(dump);
  return { card: await rig.tap(virtual), virtual, dump };
}

/** One that holds image 1 in slot A. */
async function registered(options: ConstructorParameters<typeof Rig>[0] = {}) {
  const it = await laid('NTAG215', options);
  await rig.run(it.card.format());
  await rig.run(it.card.writeSlot(0, image(1)));
  return it;
}

const page = (number: number, content: string) => (dump: Uint8Array) => dump.set(bytes(content), number * 4);
const padded = (content: Uint8Array, length = 216) => {
  const slot = new Uint8Array(length);
  slot.set(content);
  return slot;
};

describe('an NTAG215 or NTAG216', () => {
  it.each(['NTAG215', 'NTAG216'] as const)('holds two slots: %s', async (kind) => {
    const { card } = await laid(kind);
    expect([card.kind, await rig.run(card.describe())]).toEqual(['Type 2 tag', kind]);
    await rig.run(card.format());
    expect(await rig.run(card.readSlots())).toEqual([new Uint8Array(216), new Uint8Array(216)]);
    await rig.run(card.writeSlot(0, image(1)));
    await rig.run(card.writeSlot(1, image(2)));
    expect(await rig.run(card.readSlots())).toEqual([padded(image(1)), padded(image(2))]);
  });

  it('is laid out as PROTOCOL 2.2 has it, and nothing else is written', async () => {
    const { card, dump } = await laid();
    const before = Uint8Array.from(dump);
    await rig.run(card.format());
    await rig.run(card.writeSlot(0, image(1)));
    await rig.run(card.writeSlot(1, image(2)));
    const header = '03ff01c8c412000001b06361726465612e6865616c74683a63617264';
    expect(hex(dump.subarray(16, 44))).toBe(header);
    expect(dump.slice(44, 260)).toEqual(padded(image(1)));
    expect(dump.slice(260, 476)).toEqual(padded(image(2)));
    expect(dump[476]).toBe(0xfe);
    expect(dump.subarray(0, 16)).toEqual(before.subarray(0, 16));
    expect(dump.subarray(480)).toEqual(before.subarray(480));
  });

  it('takes larger slots, and its reader half of the payload', async () => {
    const { card } = await laid('NTAG216');
    await rig.run(card.format({ slotBytes: 420 }));
    await rig.run(card.writeSlot(1, new Uint8Array(420).fill(9)));
    const again = await rig.run(rig.reader.waitForCard());
    expect(await rig.run(again.readSlots())).toEqual([new Uint8Array(420), new Uint8Array(420).fill(9)]);
  });

  it('has a shorter image padded with zeros', async () => {
    const { card } = await registered();
    await rig.run(card.writeSlot(0, bytes('0102')));
    const [a] = await rig.run(card.readSlots());
    expect(a).toEqual(padded(bytes('0102')));
  });

  it('is written where it differs alone', async () => {
    const { card, virtual } = await registered();
    const before = virtual.writes;
    await rig.run(card.writeSlot(0, image(1)));
    expect(virtual.writes).toBe(before);
    await rig.run(card.writeSlot(0, image(1).fill(0xee, 100, 104)));
    expect(virtual.writes).toBe(before + 1);
  });

  it('refuses an image that is longer than its slot, and keeps what it holds', async () => {
    const { card } = await registered();
    expect(await rig.failure(card.writeSlot(1, new Uint8Array(217)))).toBeInstanceOf(CardTooSmallError);
    expect(await rig.run(card.readSlots())).toEqual([padded(image(1)), new Uint8Array(216)]);
  });

  it('that is blank says so', async () => {
    const { card } = await laid();
    expect(await rig.failure(card.readSlots())).toBeInstanceOf(BlankCardError);
    expect(await rig.failure(card.writeSlot(0, image(1)))).toBeInstanceOf(BlankCardError);
  });

  it('is not formatted twice', async () => {
    const { card, virtual } = await laid();
    await rig.run(card.format());
    const before = virtual.writes;
    await rig.run(card.format());
    expect(virtual.writes).toBe(before);
  });

  it('whose capability container was never set gets one', async () => {
    const { card, dump } = await laid('NTAG215', { prepare: page(3, '00000000') });
    await rig.run(card.format());
    expect(hex(dump.subarray(12, 16))).toBe('e1103e00');
    expect(await rig.run(card.readSlots())).toEqual([new Uint8Array(216), new Uint8Array(216)]);
  });
});

describe('a tag that cannot serve is told why', () => {
  it('an NTAG213: it is too small', async () => {
    const { card } = await laid('NTAG213');
    expect(await rig.run(card.describe())).toBe('NTAG213');
    for (const work of [card.readSlots(), card.format(), card.format({ force: true })]) {
      const error = await rig.failure(work);
      expect(error).toBeInstanceOf(CardTooSmallError);
      expect(error.message).toContain('NTAG213 is too small');
    }
  });

  it('an NTAG215 for slots of 420 bytes', async () => {
    const { card } = await laid('NTAG215');
    expect(await rig.failure(card.format({ slotBytes: 420 }))).toBeInstanceOf(CardTooSmallError);
  });

  it('one whose capability container claims less than it has', async () => {
    const { card } = await laid('NTAG215', { prepare: page(3, 'e1101200') });
    expect(await rig.failure(card.format())).toBeInstanceOf(CardTooSmallError);
  });

  it('one that was set up for something else for ever', async () => {
    const { card } = await laid('NTAG215', { prepare: page(3, 'e1303e00') });
    for (const work of [card.readSlots(), card.format({ force: true })]) {
      expect(await rig.failure(work)).toBeInstanceOf(CardUnsupportedError);
    }
  });

  it('a Type 2 tag of another family', async () => {
    const { card } = await laid();
    rig.faults.inject(faults.status(0x01), { which: (command) => command[0] === 0x42, times: 100 });
    expect(await rig.failure(card.readSlots())).toBeInstanceOf(CardUnsupportedError);
    expect(await rig.failure(card.describe())).toBeInstanceOf(CardUnsupportedError);
  });

  it.each([
    ['read-only', page(3, 'e1103e0f'), 'read-only'],
    ['locked in its first pages', page(2, '00481000'), 'locked for ever'],
    ['locked in its later pages', page(0x82, '020000bd'), 'locked for ever'],
    ['protected by a password from its first page on', page(0x83, '04000004'), 'password'],
    ['protected by a password from its last slot page on', page(0x83, '04000076'), 'password'],
  ])('one that is %s', async (_, prepare, why) => {
    const { card, dump } = await laid('NTAG215', { prepare });
    const before = Uint8Array.from(dump);
    const error = await rig.failure(card.format());
    expect(error).toBeInstanceOf(CardLockedError);
    expect(error.message).toContain(why);
    expect(dump).toEqual(before);
  });

  it('one that may not even be read without its password', async () => {
    const prepare = (dump: Uint8Array) => {
      page(0x83, '04000004')(dump);
      page(0x84, '80050000')(dump);
    };
    const { card } = await laid('NTAG215', { prepare });
    for (const work of [card.readSlots(), card.format({ force: true })]) {
      const error = await rig.failure(work);
      expect(error).toBeInstanceOf(CardLockedError);
      expect(error.message).toContain('password');
    }
  });

  it('one that was locked after it was registered: it is read, and not written', async () => {
    const { card, dump } = await registered();
    page(0x82, 'ff0000bd')(dump);
    expect(await rig.run(card.readSlots())).toEqual([padded(image(1)), new Uint8Array(216)]);
    expect(await rig.failure(card.writeSlot(1, image(2)))).toBeInstanceOf(CardLockedError);
    expect(await rig.run(card.readSlots())).toEqual([padded(image(1)), new Uint8Array(216)]);
  });

  it('one whose memory is worn out', async () => {
    const { card } = await registered();
    const worn = { which: (command: Uint8Array) => cardWrite(command) && command[3] === 70, times: 100 };
    rig.faults.inject({ respond: () => bytes('4100') }, worn);
    const error = await rig.failure(card.writeSlot(1, image(2)));
    expect(error).toBeInstanceOf(CardUnreadableError);
    expect(error.message).toContain('does not keep');
    rig.faults.clear();
    expect((await rig.run(card.readSlots()))[0]).toEqual(padded(image(1)));
  });
});

describe('a tag that holds something else', () => {
  const uri = page(4, '0305d101015561fe');

  it('is named for what it is, and left as it is', async () => {
    const { card, dump } = await laid('NTAG215', { prepare: uri });
    const before = Uint8Array.from(dump);
    for (const work of [card.readSlots(), card.writeSlot(0, image(1)), card.format()]) {
      const error = await rig.failure(work);
      expect(error).toBeInstanceOf(ForeignCardError);
      expect(error.message).toContain('a web address or link');
    }
    expect(dump).toEqual(before);
  });

  it('is overwritten by force', async () => {
    const { card } = await laid('NTAG215', { prepare: uri });
    await rig.run(card.format({ force: true }));
    expect(await rig.run(card.readSlots())).toEqual([new Uint8Array(216), new Uint8Array(216)]);
  });

  it('is a Cardea card in use, too', async () => {
    const { card } = await registered();
    const error = await rig.failure(card.format());
    expect(error).toBeInstanceOf(ForeignCardError);
    expect(error.message).toContain('Cardea');
    await rig.run(card.format({ force: true }));
    expect(await rig.run(card.readSlots())).toEqual([new Uint8Array(216), new Uint8Array(216)]);
  });

  it('points outside of its memory: told, and overwritten by force alone', async () => {
    const { card } = await laid('NTAG215', { prepare: page(4, '03ffff00d1010154') });
    expect((await rig.failure(card.readSlots())).message).toContain('points outside');
    expect(await rig.failure(card.format())).toBeInstanceOf(ForeignCardError);
    await rig.run(card.format({ force: true }));
    expect(await rig.run(card.readSlots())).toEqual([new Uint8Array(216), new Uint8Array(216)]);
  });
});

describe('FAST_READ', () => {
  /** How many pages each FAST_READ asked for. */
  function pieces(lines: string[]): number[] {
    return lines
      .map((line) => /^> d4 42 3a (..) (..)$/.exec(line))
      .filter((match) => match !== null)
      .map(([, first = '', last = '']) => Number.parseInt(last, 16) - Number.parseInt(first, 16) + 1);
  }

  /** Of a reading of slots A and B, both in use, by a reader that has come to know its chip. */
  async function lengths(options: ConstructorParameters<typeof Rig>[0], fault = () => {}) {
    const lines: string[] = [];
    const { card } = await registered({ ...options, trace: (line) => lines.push(line) });
    await rig.run(card.writeSlot(1, image(2)));
    fault();
    const expected = [padded(image(1)), padded(image(2))];
    expect(await rig.run(card.readSlots())).toEqual(expected);
    lines.length = 0;
    expect(await rig.run(card.readSlots())).toEqual(expected);
    return pieces(lines);
  }

  it('is up to 60 pages long with a chip that carries so much', async () => {
    expect(await lengths({})).toEqual([8, 54, 53]);
  });

  it('is 15 pages long with a chip that carries no more', async () => {
    expect(await lengths({ largestThru: 60 })).toEqual([8, 15, 15, 15, 9, 15, 15, 15, 8]);
  });

  it('is 30 pages long with a chip that carries no more', async () => {
    expect(await lengths({ largestThru: 150 })).toEqual([8, 30, 24, 30, 23]);
  });

  it('gives way to READ with a chip that carries none', async () => {
    expect(await lengths({ largestThru: 8 })).toEqual([]);
  });

  it('of a length that came through once is tried again after a failure', async () => {
    const fail = () => rig.faults.inject(faults.status(0x02), { which: commandOf(0x42), nth: 2, times: 3 });
    expect(await lengths({}, fail)).toEqual([8, 54, 53]);
  });

  it('brings the current image in two readings when the other slot is empty', async () => {
    for (const slot of [0, 1] as const) {
      const lines: string[] = [];
      const { card } = await laid('NTAG215', { trace: (line) => lines.push(line) });
      await rig.run(card.format());
      await rig.run(card.writeSlot(slot, image(1)));
      lines.length = 0;
      const slots = await rig.run(card.readSlots());
      expect(slots[slot]).toEqual(padded(image(1)));
      expect(slots[1 - slot]).toEqual(new Uint8Array(216));
      expect(pieces(lines)).toEqual([8, 54]);
      await rig.close();
    }
  });

  it('does not lose its length to a tag that does not know it', async () => {
    const { virtual } = await registered();
    const other = tag('NTAG215', OTHER_UID);
    const stranger = await rig.tap(other.card);
    rig.faults.inject(faults.status(0x02), { which: commandOf(0x42), times: 100 });
    expect(await rig.failure(stranger.readSlots())).toBeInstanceOf(CardUnsupportedError);
    rig.faults.clear();
    const lines: string[] = [];
    const card = await rig.tap(virtual);
    rig.virtual.chip.faults.inject(
      { before: () => lines.push('FAST_READ') },
      { which: commandOf(0x42), times: 9 },
    );
    await rig.run(card.readSlots());
    expect(lines).toHaveLength(2);
  });
});

describe('a tag that is taken away', () => {
  it('at any command of a reading says so, and is read when it comes back', async () => {
    const { virtual } = await registered();
    for (let nth = 1; nth <= 2; nth++) {
      const card = await rig.tap(virtual);
      rig.faults.inject(
        faults.removeBefore(() => rig.field.take()),
        { nth },
      );
      expect(await rig.failure(card.readSlots()), `command ${nth}`).toBeInstanceOf(CardRemovedError);
      rig.faults.clear();
      const again = await rig.tap(virtual);
      expect(await rig.run(again.readSlots())).toEqual([padded(image(1)), new Uint8Array(216)]);
    }
  });

  it('and laid on again before anybody asks is read as if nothing had been', async () => {
    const { card, virtual } = await registered();
    rig.field.take();
    rig.field.put(virtual);
    expect(await rig.run(card.readSlots())).toEqual([padded(image(1)), new Uint8Array(216)]);
  });

  it('and replaced by another is never mixed with it', async () => {
    const { card } = await registered();
    const other = tag('NTAG215', OTHER_UID);
    const swap = () => rig.field.put(other.card);
    const before = Uint8Array.from(other.dump);
    for (const work of [() => card.readSlots(), () => card.writeSlot(1, image(2))]) {
      for (let nth = 1; nth <= 4; nth++) {
        rig.faults.inject(faults.removeBefore(swap), { nth });
        expect(await rig.failure(work())).toBeInstanceOf(CardRemovedError);
        rig.faults.clear();
      }
    }
    expect(other.dump).toEqual(before);
  });
});

describe('a tag at the edge of the field', () => {
  it.each([
    ['does not answer', faults.status(0x01)],
    ['breaks a CRC', faults.status(0x02)],
    ['breaks a parity bit', faults.status(0x03)],
    ['is not selected', faults.status(0x27)],
    ['meets an error frame', faults.errorFrame()],
    ['meets a lost ACK', faults.dropAck()],
    ['meets a lost reply', faults.dropReply()],
    ['meets a damaged reply', faults.badDcs()],
    ['meets a reply cut short', faults.cutReply(9)],
    ['meets an empty answer', { respond: ([code = 0]: Uint8Array) => Uint8Array.of(code + 1, 0x00) }],
    ['meets a response without status', { respond: ([code = 0]: Uint8Array) => Uint8Array.of(code + 1) }],
  ])('is read and written all the same when one exchange %s', async (_, fault) => {
    const { card } = await registered();
    for (let nth = 1; nth <= 12; nth++) {
      rig.faults.inject(fault, { nth, which: (command) => command[0] === 0x40 || command[0] === 0x42 });
      await rig.run(card.writeSlot(1, image(2 + nth)));
      const slots = await rig.run(card.readSlots());
      expect(slots).toEqual([padded(image(1)), padded(image(2 + nth))]);
      rig.faults.clear();
    }
  });

  it('is given up when no exchange succeeds', async () => {
    const { card } = await registered();
    rig.faults.inject(faults.status(0x03), { which: commandOf(0x42), times: 1_000 });
    rig.faults.inject(faults.status(0x03), { which: commandOf(0x40), times: 1_000 });
    expect(await rig.failure(card.readSlots())).toBeInstanceOf(CardUnreadableError);
  });
});
