import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  areaBytes,
  type Content,
  EMPTY_MESSAGE,
  emptySlots,
  largestSlotBytes,
  readContent,
} from '../../../hardware/cards/ndef.ts';
import { bytes, hex } from '../bytes.ts';

/** The data area of an NTAG215. */
const AREA = 496;
const TYPE = '6361726465612e6865616c74683a63617264';

/** An area that begins with `start`, read as far as a reader looks at first. */
const content = (start: string, area = AREA): Content => {
  const head = new Uint8Array(60);
  head.set(bytes(start));
  return readContent(head, area);
};

/** `03 len record` with a short record of one type. */
const message = (nameFormat: number, type: string, payload = '616263') => {
  const length = (text: string) => (text.length / 2).toString(16).padStart(2, '0');
  const record = `d${nameFormat}${length(type)}${length(payload)}${type}${payload}`;
  return `03${length(record)}${record}fe`;
};

describe('two slots on a tag', () => {
  it('are laid out byte for byte as PROTOCOL 2.2 has it', () => {
    const area = emptySlots(216);
    expect(areaBytes(216)).toBe(461);
    expect(hex(area.subarray(0, 28))).toBe(`03ff01c8 c412000001b0 ${TYPE}`.replaceAll(' ', ''));
    expect(area.subarray(28, 460).every((byte) => byte === 0)).toBe(true);
    expect(hex(area.subarray(460))).toBe('fe000000');
  });

  it.each([216, 232, 4, 420])('are recognised by their header: %i bytes each', (slotBytes) => {
    const area = emptySlots(slotBytes);
    expect(readContent(area, 872)).toEqual({ kind: 'slots', slotBytes });
    expect(readContent(area.subarray(0, 60), 872)).toEqual({ kind: 'slots', slotBytes });
  });

  it('fit a tag as PROTOCOL 2.2 counts: 232 bytes on an NTAG215, 420 on an NTAG216', () => {
    expect(areaBytes(232)).toBeLessThanOrEqual(496);
    expect(areaBytes(236)).toBeGreaterThan(496);
    expect(areaBytes(420)).toBeLessThanOrEqual(872);
    expect(areaBytes(424)).toBeGreaterThan(872);
    expect([largestSlotBytes(496), largestSlotBytes(872)]).toEqual([232, 420]);
  });

  it('are none of ours when they would lie outside of the memory', () => {
    expect(content(hex(emptySlots(236).subarray(0, 60)))).not.toMatchObject({ kind: 'slots' });
    expect(content(`03ffffff c412fffffff0 ${TYPE}`)).not.toMatchObject({ kind: 'slots' });
  });

  it('are none of ours when any byte of the header differs', () => {
    const area = emptySlots(216).subarray(0, 60);
    for (let at = 0; at < 28; at++) {
      const changed = area.map((byte, i) => (i === at ? byte ^ 0x04 : byte));
      expect(readContent(changed, AREA), `byte ${at}`).not.toEqual({ kind: 'slots', slotBytes: 216 });
    }
  });
});

describe('a tag without content', () => {
  it.each([
    ['as it leaves the factory', '0300fe00'],
    ['as an NTAG213 leaves the factory', '0103a00c340300fe'],
    ['all zeros', ''],
    ['with an empty record', '0303d00000fe'],
    ['with the end at once', 'fe00000003'],
    ['with zeros before its empty message', '0000000000000300fe'],
    ['while it is formatted', `0300fe00 c412000001b0 ${TYPE}`],
    ['formatted but for the length, which was torn', `03f30188 c412000001b0 ${TYPE}`],
    ['formatted but for the length, which is lost', `00000000 c412000001b0 ${TYPE}`],
    ['with one page that was torn', '0100f000'],
  ])('is blank: %s', (_, start) => {
    expect(content(start)).toEqual({ kind: 'blank' });
  });

  it('has an empty message', () => {
    expect(content(hex(EMPTY_MESSAGE))).toEqual({ kind: 'blank' });
  });
});

describe('a tag with other content is told what it holds', () => {
  it.each([
    ['a web address or link', message(1, '55')],
    ['a text', message(1, '54')],
    ['a smart poster', message(1, '5370')],
    ['a contact', message(2, '746578742f7663617264')],
    ['the key of a wireless network', message(2, '6170706c69636174696f6e2f766e642e7766612e777363')],
    ['an NDEF record "text/plain"', message(2, '746578742f706c61696e')],
    ['an NDEF record of no known kind', message(5, '')],
    ['a Cardea record in a layout of its own', message(4, TYPE)],
    ['a text', `0103a00c34${message(1, '54')}`],
    ['a text', `fd02aaaa0203000000${message(1, '54')}`],
    ['data that is no NDEF message', '42424242424242'],
    ['data that is no NDEF message', 'ff'.repeat(60)],
  ])('%s', (what, start) => {
    expect(content(start)).toEqual({ kind: 'foreign', what });
  });

  it.each([
    ['03fffffed101015461'],
    ['03fed1010154616263'],
    ['0103a00c3403ff0300d1'],
    ['fdff7fff01020304050607'],
  ])('one that points outside of its memory: %s', (start) => {
    expect(content(start, 144)).toEqual({
      kind: 'foreign',
      what: 'an NDEF message that points outside the card’s memory',
    });
  });

  it('never by bytes that are not printable, nor by many', () => {
    expect(content(message(2, '1b5b324a0a'))).toEqual({ kind: 'foreign', what: 'an NDEF record "?[2J?"' });
    const long = readContent(bytes(`03ff01a0d2ff10${'61'.repeat(255)}`), AREA);
    expect(long.kind === 'foreign' ? long.what.length : 0).toBeLessThan(70);
  });
});

describe('whatever a tag holds', () => {
  it('is blank, slots inside its memory, or foreign', () => {
    const byte = fc.oneof(
      fc.constantFrom(0x00, 0x03, 0xfe, 0xff, 0xc4, 0x12, 0x01),
      fc.integer({ min: 0, max: 255 }),
    );
    const area = fc.array(byte, { maxLength: 80 }).map((list) => Uint8Array.from(list));
    fc.assert(
      fc.property(area, fc.nat({ max: 888 }), (head, length) => {
        const found = readContent(head, length);
        if (found.kind === 'slots') expect(areaBytes(found.slotBytes)).toBeLessThanOrEqual(length);
        if (found.kind === 'foreign') expect(found.what).toMatch(/^[\x20-\x7e’]+$/);
      }),
      { numRuns: 2_000 },
    );
  });
});
