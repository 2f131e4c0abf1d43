import { describe, expect, it } from 'vitest';
import { ramMemory } from '../../../hardware/sim/card-memory.ts';
import { checkedCrcA, withCrcA } from '../../../hardware/sim/crc-a.ts';
import { IsoDepLink } from '../../../hardware/sim/iso-dep-link.ts';
import { SILENT } from '../../../hardware/sim/virtual-card.ts';
import { blankSmartCard, NotASmartCardError, VirtualIsoDep } from '../../../hardware/sim/virtual-iso-dep.ts';
import { bytes, freshSmartCard, hex, UID } from './host.ts';

const SELECT = '00a4040007f0434152444541';

/** A card activated, in its protocol, with a reader's side to it. `lose` makes frames vanish, by number. */
function opened(size = 432, lose: (frame: number) => 'command' | 'answer' | null = () => null) {
  const { card, dump } = freshSmartCard(size);
  card.powerUp();
  card.activate();
  let frame = 0;
  const link = IsoDepLink.open((sent) => {
    const lost = lose(frame++);
    if (lost === 'command') return SILENT;
    const answer = card.receive(sent);
    return lost === 'answer' ? SILENT : answer;
  });
  if (link === null) throw new Error('The card does not answer RATS.');
  const ask = (apdu: string) => {
    const answer = link.transceive(bytes(apdu));
    return typeof answer === 'number' ? answer : hex(answer);
  };
  return { card, dump, link, ask };
}

/** A block in hex; its answer's bytes in hex, null for silence. */
function block(card: VirtualIsoDep, content: string): string | null {
  const answer = card.receive(withCrcA(bytes(content)));
  const checked = answer.kind === 'frame' ? checkedCrcA(answer.bytes) : null;
  return checked === null ? null : hex(checked);
}

describe('the application on a virtual smart card', () => {
  it('tells the size of its file when selected', () => {
    expect(opened(432).ask(SELECT)).toBe('6f04800201b09000');
    expect(opened(0x7fff).ask(`${SELECT}00`)).toBe('6f0480027fff9000');
  });

  it('reads and updates its file, which follows the UID in the dump', () => {
    const { ask, dump, card } = opened();
    ask(SELECT);
    expect(ask('00d6000004deadbeef')).toBe('9000');
    expect(ask('00d601ae02cafe')).toBe('9000');
    expect(hex(dump.subarray(0, 11))).toBe(`${UID}deadbeef`);
    expect(hex(dump.subarray(-2))).toBe('cafe');
    expect(ask('00b0000006')).toBe('deadbeef00009000');
    expect(ask('00b001ae02')).toBe('cafe9000');
    expect(hex(card.uid)).toBe(UID);
  });

  it.each([
    ['another AID', '00a4040007d2760000850101', '6a82'],
    ['a file by its id', '00a4000c02e103', '6a81'],
    ['another class', '80b0000001', '6e00'],
    ['command chaining', '10d6000001ff', '6884'],
    ['an unknown instruction', '00c0000000', '6d00'],
    ['a short file id to read', '00b0810001', '6a81'],
    ['reading behind the end', '00b001b001', '6b00'],
    ['reading over the end', '00b001af02', '6c01'],
    ['reading too much at once', '00b0000000', '6cf0'],
    ['reading no length', '00b00000', '6700'],
    ['updating behind the end', '00d601b001ff', '6b00'],
    ['updating over the end', '00d601af02ffff', '6a84'],
    ['updating too much at once', `00d60000f1${'00'.repeat(241)}`, '6700'],
    ['an Lc that is not met', '00d6000004ff', '6700'],
    ['an APDU that is too short', '00b0', '6700'],
  ])('refuses %s', (_, apdu, sw) => {
    const { ask, dump } = opened();
    ask(SELECT);
    expect(ask(apdu)).toBe(sw);
    expect(hex(dump.subarray(7))).toBe('00'.repeat(432));
  });

  it('has nothing selected before SELECT, after a refused one, and after its power was gone', () => {
    const { ask, card } = opened();
    expect(ask('00b0000001')).toBe('6986');
    expect(ask('00d6000001ff')).toBe('6986');
    ask(SELECT);
    ask('00a4040007d2760000850101');
    expect(ask('00b0000001')).toBe('6986');
    card.powerUp();
    card.activate();
    block(card, 'e050');
    expect(block(card, '0200b0000001')).toBe('026986');
  });

  it.each([[8], [7 + 0x8000]])('is none with a dump of %i bytes', (size) => {
    expect(() => new VirtualIsoDep(ramMemory(new Uint8Array(size)))).toThrow(NotASmartCardError);
  });

  it('wants a UID of 7 bytes', () => {
    expect(() => blankSmartCard(bytes('0102'), 432)).toThrow(RangeError);
  });
});

describe('the blocks of a virtual smart card', () => {
  it('answers nothing before RATS but RATS', () => {
    const { card } = freshSmartCard();
    card.powerUp();
    card.activate();
    expect(block(card, '0200b0000001')).toBeNull();
    expect(block(card, 'e050')).toBe('067577810280');
    expect(block(card, 'e050')).toBeNull();
  });

  it('alternates block numbers and says that it is there', () => {
    const { card } = freshSmartCard();
    card.powerUp();
    card.activate();
    block(card, 'e050');
    expect(block(card, `02${SELECT}`)).toBe('026f04800201b09000');
    expect(block(card, '0300b0000001')).toBe('03009000');
    expect(block(card, 'b2')).toBe('a3');
    expect(block(card, 'b3')).toBe('03009000');
    expect(block(card, 'c2')).toBe('c2');
    expect(block(card, 'b2')).toBeNull();
  });

  it('carries 240 bytes each way in pieces', () => {
    const { ask, dump } = opened();
    const content = hex(Uint8Array.from({ length: 240 }, (_, index) => 255 - index));
    ask(SELECT);
    expect(ask(`00d60010f0${content}`)).toBe('9000');
    expect(hex(dump.subarray(7 + 16, 7 + 256))).toBe(content);
    expect(ask('00b00010f0')).toBe(`${content}9000`);
  });

  it.each(['command', 'answer'] as const)('gets over any one lost %s', (what) => {
    const content = hex(Uint8Array.from({ length: 240 }, (_, index) => index));
    for (let lost = 1; lost < 14; lost++) {
      const { ask, dump } = opened(432, (frame) => (frame === lost ? what : null));
      expect(ask(SELECT)).toBe('6f04800201b09000');
      expect(ask(`00d60000f0${content}`)).toBe('9000');
      expect(ask('00b00000f0')).toBe(`${content}9000`);
      expect(hex(dump.subarray(7, 247))).toBe(content);
    }
  });

  it('is given up when it stays silent', () => {
    const { ask } = opened(432, (frame) => (frame > 0 ? 'command' : null));
    expect(ask(SELECT)).toBe(0x01);
  });

  it('refuses a command without end', () => {
    const { card } = freshSmartCard();
    card.powerUp();
    card.activate();
    block(card, 'e050');
    let answer: string | null = null;
    for (let piece = 0; piece < 5; piece++) {
      answer = block(card, `${piece % 2 === 0 ? '12' : '13'}${'00'.repeat(61)}`);
    }
    expect(answer).toBe('026700');
  });
});

describe('a smart card torn away while it writes', () => {
  it.each([
    ['old', '00000000'],
    ['new', 'ffffffff'],
    ['zero', '00000000'],
    ['mix', '55aa55aa'],
  ] as const)('holds the %s content of the piece it was given', (how, content) => {
    const { ask, card, dump } = opened();
    ask(SELECT);
    card.tearNextWrite(how);
    expect(ask('00d6000004ffffffff')).toBe(0x01);
    expect(hex(dump.subarray(7, 11))).toBe(content);
  });
});
