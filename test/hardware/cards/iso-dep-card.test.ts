import { afterEach, describe, expect, it } from 'vitest';
import {
  CardLockedError,
  CardRemovedError,
  CardTooSmallError,
  CardUnreadableError,
  ForeignCardError,
} from '../../../hardware/errors.ts';
import { type Fault, faults } from '../../../hardware/sim/faults.ts';
import { bytes } from '../bytes.ts';
import { image } from '../card-images.ts';
import { OTHER_UID, Rig, smartCard } from '../rig.ts';
import { SOAK, SOAK_TIMEOUT } from '../soak.ts';

let rig = new Rig();
afterEach(() => rig.close());

const SELECT = 0xa4;
const READ_BINARY = 0xb0;
const UPDATE_BINARY = 0xd6;

async function laid(size = 432, options: ConstructorParameters<typeof Rig>[0] = {}) {
  rig = new Rig(options);
  const { card: virtual, file } = smartCard(size);
  return { card: await rig.tap(virtual), virtual, file };
}

const apdu = (ins: number) => (command: Uint8Array) =>
  command[0] === 0x40 && command[2] === 0x00 && command[3] === ins;

/** The card answers with these bytes in place of what it would say. */
const answers = (answer: string): Fault => ({ respond: () => bytes(`4100 ${answer}`) });

const padded = (content: Uint8Array, length: number) => {
  const slot = new Uint8Array(length);
  slot.set(content);
  return slot;
};

describe('a smart card with a file', () => {
  it.each([432, 434, 1024, 4096])('holds two slots, halves of its %i bytes', async (size) => {
    const { card, file } = await laid(size);
    const half = size / 2;
    expect([card.kind, await rig.run(card.describe())]).toEqual([
      'ISO-DEP card',
      `ISO-DEP card with ${size} bytes for Cardea`,
    ]);
    await rig.run(card.format());
    await rig.run(card.writeSlot(0, image(1)));
    await rig.run(card.writeSlot(1, image(2)));
    expect(await rig.run(card.readSlots())).toEqual([padded(image(1), half), padded(image(2), half)]);
    expect(Uint8Array.from(file)).toEqual(
      Uint8Array.of(...padded(image(1), half), ...padded(image(2), half)),
    );
  });

  it('is formatted by its maker: its slots are there, and empty', async () => {
    const { card, virtual } = await laid();
    expect(await rig.run(card.readSlots())).toEqual([new Uint8Array(216), new Uint8Array(216)]);
    await rig.run(card.format());
    expect(virtual.writes).toBe(0);
  });

  it('is written where it differs alone', async () => {
    const { card, virtual } = await laid(1024);
    await rig.run(card.writeSlot(0, image(1)));
    expect(virtual.writes).toBe(1);
    await rig.run(card.writeSlot(0, image(1)));
    expect(virtual.writes).toBe(1);
  });

  it('with content is overwritten by force alone', async () => {
    const { card } = await laid();
    await rig.run(card.writeSlot(1, image(2)));
    expect(await rig.failure(card.format())).toBeInstanceOf(ForeignCardError);
    await rig.run(card.format({ force: true }));
    expect(await rig.run(card.readSlots())).toEqual([new Uint8Array(216), new Uint8Array(216)]);
  });

  it('that is too small is told so, and left as it is', async () => {
    const { card, virtual } = await laid(400);
    expect(await rig.failure(card.format())).toBeInstanceOf(CardTooSmallError);
    expect(await rig.failure(card.writeSlot(0, image(1)))).toBeInstanceOf(CardTooSmallError);
    expect(virtual.writes).toBe(0);
  });

  it.each([
    ['6a82', 'the application is not there'],
    ['6d00', 'no SELECT at all'],
    ['6283', 'deactivated'],
    ['9f10', 'a SIM card'],
    ['6c01', 'another length, without end'],
  ])('is another one when it answers SELECT with %s (%s)', async (answer) => {
    const { card } = await laid();
    rig.faults.inject(answers(answer), { which: apdu(SELECT), times: 10 });
    for (const work of [card.describe(), card.readSlots(), card.writeSlot(0, image(1)), card.format()]) {
      expect(await rig.failure(work)).toBeInstanceOf(ForeignCardError);
    }
  });
});

describe('answers in parts', () => {
  it('are fetched after 61xx', async () => {
    const { card } = await laid();
    rig.faults.inject(answers('6f04 6104'), { which: apdu(SELECT) });
    rig.faults.inject(answers('800201b0 9000'), { which: apdu(0xc0) });
    expect(await rig.run(card.describe())).toBe('ISO-DEP card with 432 bytes for Cardea');
  });

  it('are asked for again with the length the card wants after 6Cxx', async () => {
    const { card } = await laid();
    const asked: number[] = [];
    rig.faults.inject(answers('6c06'), { which: apdu(SELECT) });
    const respond = (command: Uint8Array) => {
      asked.push(command.at(-1) ?? 0);
      return bytes('4100 6f04800201b0 9000');
    };
    rig.faults.inject({ respond }, { which: apdu(SELECT) });
    expect(await rig.run(card.describe())).toBe('ISO-DEP card with 432 bytes for Cardea');
    expect(asked).toEqual([6]);
  });

  it('are put together from the chip’s own pieces', async () => {
    const { card } = await laid();
    rig.faults.inject({ respond: () => bytes('4140 6f04') }, { which: apdu(SELECT) });
    rig.faults.inject({ respond: () => bytes('4100 800201b0 9000') });
    expect(await rig.run(card.describe())).toBe('ISO-DEP card with 432 bytes for Cardea');
  });
});

describe('a hostile smart card', () => {
  it.each([
    ['no status word', ''],
    ['half a status word', '90'],
    ['no length', '9000'],
    ['a length for a file of no bytes', '6f0480020000 9000'],
    ['an odd length', '6f0480020001 9000'],
    ['a file beyond what can be addressed', '6f048002fffe 9000'],
    ['a template that is longer than it says', '6f0380020200 9000'],
    ['a template that is shorter than it says', '6f0580020200 9000'],
    ['a length inside that points outside', '6f0480ff0200 9000'],
    ['another template', '620480020200 9000'],
    ['a size of one byte', '6f03800110 9000'],
    ['more without end', '6100'],
  ])('that answers SELECT with %s is unreadable', async (_, answer) => {
    const { card } = await laid();
    rig.faults.inject(answers(answer), { which: (command) => command[0] === 0x40, times: 1_000 });
    for (const work of [card.describe(), card.readSlots(), card.writeSlot(0, image(1)), card.format()]) {
      expect(await rig.failure(work)).toBeInstanceOf(CardUnreadableError);
    }
  });

  it.each([
    ['fewer bytes than asked for', '0102 9000'],
    ['more bytes than asked for', `${'01'.repeat(217)} 9000`],
    ['nothing', '9000'],
  ])('that answers READ BINARY with %s is unreadable', async (_, answer) => {
    const { card } = await laid();
    rig.faults.inject(answers(answer), { which: apdu(READ_BINARY), times: 1_000 });
    expect(await rig.failure(card.readSlots())).toBeInstanceOf(CardUnreadableError);
  });

  it.each([
    ['pieces of nothing', '4140'],
    ['long pieces', `4140${'55'.repeat(200)}`],
  ])('that chains %s without end is unreadable', async (_, piece) => {
    const { card } = await laid();
    rig.faults.inject(
      { respond: () => bytes(piece) },
      { which: (command) => command[0] === 0x40, times: 1e6 },
    );
    expect(await rig.failure(card.readSlots())).toBeInstanceOf(CardUnreadableError);
  });

  it.each([
    ['6982', CardLockedError],
    ['6985', CardLockedError],
    ['6581', CardUnreadableError],
    ['6b00', CardUnreadableError],
    ['6700', CardUnreadableError],
    ['6f00', CardUnreadableError],
  ])('that answers UPDATE BINARY with %s is told so', async (status, kind) => {
    const { card } = await laid();
    await rig.run(card.writeSlot(0, image(1)));
    rig.faults.inject(answers(status), { which: apdu(UPDATE_BINARY), times: 100 });
    expect(await rig.failure(card.writeSlot(1, image(2)))).toBeInstanceOf(kind);
    rig.faults.clear();
    expect(await rig.run(card.readSlots())).toEqual([padded(image(1), 216), new Uint8Array(216)]);
  });

  it('that says it wrote, and did not, is told so', async () => {
    const { card } = await laid();
    rig.faults.inject(answers('9000'), { which: apdu(UPDATE_BINARY), times: 100 });
    const error = await rig.failure(card.writeSlot(0, image(1)));
    expect(error).toBeInstanceOf(CardUnreadableError);
    expect(error.message).toContain('does not keep');
  });

  it.each([
    ['SELECT', SELECT],
    ['READ BINARY', READ_BINARY],
    ['UPDATE BINARY', UPDATE_BINARY],
  ])('never answers %s with a status word that is not understood', SOAK_TIMEOUT, async (_, ins) => {
    const { card } = await laid();
    for (let status = 0; status < 0x1_0000; status += SOAK ? 1 : 257) {
      const answer = status.toString(16).padStart(4, '0');
      rig.faults.inject(answers(answer), { which: apdu(ins), times: 100 });
      const work =
        ins === UPDATE_BINARY ? card.writeSlot(0, new Uint8Array(216).fill(status)) : card.readSlots();
      const outcome = await rig.run(work.catch((error: unknown) => error));
      if (outcome instanceof Error)
        expect(outcome).toHaveProperty('code', expect.stringMatching(/^card-(?!refused)/));
      rig.faults.clear();
    }
  });
});

describe('a smart card at the edge of the field', () => {
  it.each([
    ['does not answer', faults.status(0x01)],
    ['breaks the protocol', faults.status(0x0b)],
    ['is not selected', faults.status(0x27)],
    ['loses an ACK', faults.dropAck()],
    ['loses a reply', faults.dropReply()],
    ['damages a reply', faults.badDcs()],
    ['writes, and loses the acknowledgement', faults.acknowledgementLost()],
  ])('is read and written all the same when one exchange %s', async (_, fault) => {
    const { card } = await laid();
    for (let nth = 1; nth <= 9; nth++) {
      rig.faults.inject(fault, { nth, which: (command) => command[0] === 0x40 });
      await rig.run(card.writeSlot(1, image(nth)));
      expect(await rig.run(card.readSlots())).toEqual([new Uint8Array(216), padded(image(nth), 216)]);
      rig.faults.clear();
    }
  });

  it('asks for more time, and gets it', async () => {
    const { card } = await laid();
    rig.faults.inject(faults.slow(4_000), { which: apdu(UPDATE_BINARY) });
    await rig.run(card.writeSlot(0, image(1)));
    expect((await rig.run(card.readSlots()))[0]).toEqual(padded(image(1), 216));
  });

  it('is never mixed with another that takes its place', async () => {
    const { card } = await laid();
    await rig.run(card.writeSlot(0, image(1)));
    const other = smartCard(432, OTHER_UID);
    for (let nth = 1; nth <= 3; nth++) {
      for (const work of [() => card.readSlots(), () => card.writeSlot(1, image(2))]) {
        rig.faults.inject(
          faults.removeBefore(() => rig.field.put(other.card)),
          { nth },
        );
        expect(await rig.failure(work())).toBeInstanceOf(CardRemovedError);
        rig.faults.clear();
      }
    }
    expect(other.card.writes).toBe(0);
  });
});
