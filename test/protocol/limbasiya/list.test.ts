import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { concat, u8, utf8 } from '../../../protocol/bytes.ts';
import { MalformedError } from '../../../protocol/errors.ts';
import {
  decodeList,
  decodeLoc,
  encodeList,
  encodeLoc,
  type ListedHub,
} from '../../../protocol/limbasiya/list.ts';
import { hubs } from './patients.ts';

const hub: ListedHub = {
  ID: 'goa-01',
  SSK: new Uint8Array(32).fill(7),
  Loc: 'Goa',
  address: '10.0.0.5:8441',
};

/** One entry of a list, of whatever bytes. */
function entry(ID: Uint8Array, Loc: Uint8Array, address: Uint8Array): Uint8Array {
  const texts = [ID, Loc, address].map((bytes) => concat(u8(bytes.length), bytes));
  const [id, loc, rest] = texts;
  return concat(id ?? ID, hub.SSK, loc ?? Loc, rest ?? address);
}

const text = (longest: number) =>
  fc
    .string({ minLength: 1, maxLength: longest, unit: 'grapheme' })
    .map((value) => value.normalize('NFC'))
    .filter((value) => utf8(value).length <= longest && !value.includes('\0'));

describe('the list of hubs', () => {
  it('is read as it was written, whatever it lists', () => {
    const any = fc.record({
      ID: text(255),
      SSK: fc.uint8Array({ minLength: 32, maxLength: 32 }),
      Loc: text(28),
      address: text(255),
    });
    fc.assert(
      fc.property(fc.uniqueArray(any, { maxLength: 5, selector: ({ ID }) => ID }), (list) => {
        expect(decodeList(encodeList(list))).toEqual(list);
      }),
    );
  });

  it('may be empty', () => {
    expect(encodeList([])).toEqual(new Uint8Array(0));
    expect(decodeList(new Uint8Array(0))).toEqual([]);
  });

  it('takes names up to their bounds', () => {
    const longest = { ...hub, ID: 'x'.repeat(255), Loc: 'ü'.repeat(14), address: 'y'.repeat(255) };
    expect(decodeList(encodeList([longest]))).toEqual([longest]);
  });

  it.each([
    ['a location of 29 bytes', { Loc: 'x'.repeat(29) }],
    ['a location of 15 letters in 30 bytes', { Loc: 'ü'.repeat(15) }],
    ['no location', { Loc: '' }],
    ['no id', { ID: '' }],
    ['an id of 256 bytes', { ID: 'x'.repeat(256) }],
    ['no address', { address: '' }],
    ['an address of 256 bytes', { address: 'x'.repeat(256) }],
    ['a zero byte in a location', { Loc: 'Goa\0' }],
  ])('is not written with %s', (_name, wrong) => {
    expect(() => encodeList([{ ...hub, ...wrong }])).toThrow(MalformedError);
  });

  it('is not written with an SSK of another length', () => {
    expect(() => encodeList([{ ...hub, SSK: new Uint8Array(31) }])).toThrow(RangeError);
  });

  it.each([
    ['a location of 29 bytes', entry(utf8('goa-01'), new Uint8Array(29).fill(65), utf8('a:1'))],
    ['an empty id', entry(new Uint8Array(0), utf8('Goa'), utf8('a:1'))],
    ['an empty location', entry(utf8('goa-01'), new Uint8Array(0), utf8('a:1'))],
    ['bytes that are no UTF-8', entry(Uint8Array.of(0xff, 0xfe), utf8('Goa'), utf8('a:1'))],
    ['text that is not in NFC', entry(Uint8Array.of(0x75, 0xcc, 0x88), utf8('Goa'), utf8('a:1'))],
    ['a zero byte', entry(Uint8Array.of(65, 0), utf8('Goa'), utf8('a:1'))],
    ['the same hub twice', encodeList([hub, hub])],
    ['a byte behind it', concat(encodeList([hub]), Uint8Array.of(1))],
  ])('is not read with %s', (_name, bytes) => {
    expect(() => decodeList(bytes)).toThrow(MalformedError);
  });

  it('is not read wherever it is cut, but between two hubs', () => {
    const bytes = encodeList(hubs);
    const between = encodeList(hubs.slice(0, 1)).length;
    for (let length = 1; length < bytes.length; length++) {
      if (length === between) continue;
      expect(() => decodeList(bytes.slice(0, length)), `${length} bytes`).toThrow(MalformedError);
    }
    expect(decodeList(bytes.slice(0, between))).toEqual(hubs.slice(0, 1));
  });

  it('gives back from random bytes what it would write, or refuses them', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
        try {
          expect(encodeList(decodeList(bytes))).toEqual(bytes);
        } catch (error) {
          expect(error).toBeInstanceOf(MalformedError);
        }
      }),
    );
  });
});

describe('a location', () => {
  it('has 1 to 28 bytes, none of them zero', () => {
    expect(decodeLoc(encodeLoc('Zürich'))).toBe('Zürich');
    expect(() => encodeLoc('x'.repeat(29))).toThrow(/1 to 28 bytes/);
    expect(() => decodeLoc(new Uint8Array(0))).toThrow(MalformedError);
    expect(() => decodeLoc(Uint8Array.of(65, 0, 65))).toThrow(MalformedError);
    expect(() => decodeLoc(Uint8Array.of(0xff))).toThrow(MalformedError);
  });
});
