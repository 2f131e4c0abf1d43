import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { concat, fromHex, u16, u32 } from '../../protocol/bytes.ts';
import {
  type CardImage,
  DamagedCardError,
  decodeCardImage,
  encodeCardImage,
} from '../../protocol/card-image.ts';
import { SUITE } from '../../protocol/constants.ts';
import { noble } from '../../protocol/crypto/noble.ts';
import { cardeaCases } from './cards.ts';
import { flipped } from './support.ts';

const image = fromHex(cardeaCases[0]?.card.image ?? '');

/** The image with other bytes at `at`, and a checksum that is right for them. */
function rewritten(at: number, ...bytes: number[]): Uint8Array {
  const checked = image.slice(0, image.length - 8);
  checked.set(bytes, at);
  return withChecksum(checked);
}

function withChecksum(checked: Uint8Array): Uint8Array {
  return concat(checked, noble.sha256(checked).subarray(0, 8));
}

/** An image of a suite with a body, right in every respect but perhaps these. */
function imageOf(suite: number, body: Uint8Array): Uint8Array {
  const head = Uint8Array.of(0x43, 0x44, 0x41, 1, suite, 0);
  return withChecksum(concat(head, u32(1), u16(body.length), body));
}

function codeOf(bytes: Uint8Array): string {
  try {
    decodeCardImage(noble, bytes);
  } catch (error) {
    if (error instanceof DamagedCardError) return error.code;
    throw error;
  }
  return 'accepted';
}

const bytes = (length: number) => fc.uint8Array({ minLength: length, maxLength: length });
const cardea = fc.record({
  suite: fc.constant(SUITE.cardea1),
  keyId: fc.integer({ min: 0, max: 255 }),
  sequence: fc.integer({ min: 0, max: 0xffff_ffff }),
  uid: bytes(16),
  caPin: bytes(16),
  pinVersion: fc.integer({ min: 1, max: 65_535 }),
  logN: fc.constantFrom(0, 10, 11, 12, 13, 14, 15, 16, 17),
  salt: bytes(16),
  pinBox: bytes(48),
  recoveryBox: bytes(48),
  uskBox: bytes(48),
});
const limbasiya = fc.record({
  suite: fc.constant(SUITE.limbasiya2021),
  keyId: fc.integer({ min: 0, max: 255 }),
  sequence: fc.integer({ min: 0, max: 0xffff_ffff }),
  w: bytes(32),
  x: bytes(32),
  y: bytes(32),
  e: bytes(32),
  z: fc.uint8Array({ maxLength: 400 }),
});

describe('a card image', () => {
  it('is 215 bytes for cardea-1', () => {
    expect(image).toHaveLength(215);
  });

  it('is read back as it was written, whatever it says', () => {
    fc.assert(
      fc.property(fc.oneof(cardea, limbasiya), fc.nat(20), (card: CardImage, padding) => {
        const slot = concat(encodeCardImage(noble, card), new Uint8Array(padding));
        expect(decodeCardImage(noble, slot)).toEqual(card);
      }),
    );
  });

  it('takes zeros behind it, and nothing else', () => {
    expect(codeOf(concat(image, new Uint8Array(200)))).toBe('accepted');
    expect(codeOf(concat(image, Uint8Array.of(0, 0, 1)))).toBe('damaged-card');
  });

  it('is damaged when any bit of it is flipped', () => {
    for (let at = 0; at < image.length; at++)
      expect(codeOf(flipped(image, at)), `byte ${at}`).toBe('damaged-card');
  });

  it('is damaged wherever it is cut', () => {
    for (let length = 0; length < image.length; length++) {
      expect(codeOf(image.slice(0, length)), `${length} bytes`).toBe('damaged-card');
      expect(codeOf(concat(image.slice(0, length), new Uint8Array(216 - length))), `${length} bytes`).toBe(
        // The last byte of this checksum is no zero, so the padding does not stand for it.
        'damaged-card',
      );
    }
  });

  it.each([
    ['another magic', rewritten(0, 0x44)],
    ['version 0', rewritten(3, 0)],
    ['version 2', rewritten(3, 2)],
    ['suite 0', rewritten(4, 0)],
    ['suite 3', rewritten(4, 3)],
    ['the other suite', rewritten(4, SUITE.limbasiya2021)],
    ['pinVersion 0', rewritten(44, 0, 0)],
    ['logN 1', rewritten(46, 1)],
    ['logN 9', rewritten(46, 9)],
    ['logN 18', rewritten(46, 18)],
    ['logN 255', rewritten(46, 255)],
    ['a body cut by one byte', imageOf(SUITE.cardea1, image.slice(12, 12 + 194))],
    ['a body with a byte too many', imageOf(SUITE.cardea1, image.slice(12, 12 + 196))],
    ['no body', imageOf(SUITE.cardea1, new Uint8Array(0))],
  ])('is damaged with %s, though its checksum is right', (_name, changed) => {
    expect(codeOf(changed)).toBe('damaged-card');
  });

  it('is right with the checksum alone, which protects against no forger', () => {
    expect(codeOf(rewritten(46, 17))).toBe('accepted');
  });

  it.each([
    ['a list cut by one byte', concat(new Uint8Array(128), u16(10), new Uint8Array(9))],
    ['a byte behind the list', concat(new Uint8Array(128), u16(10), new Uint8Array(11))],
    ['no length of the list', new Uint8Array(129)],
    ['half of E', new Uint8Array(112)],
  ])('of limbasiya-2021 is damaged with %s', (_name, body) => {
    expect(codeOf(imageOf(SUITE.limbasiya2021, body))).toBe('damaged-card');
  });

  it('of limbasiya-2021 may hold an empty list', () => {
    expect(codeOf(imageOf(SUITE.limbasiya2021, new Uint8Array(130)))).toBe('accepted');
  });

  it('is never found in random bytes', () => {
    fc.assert(fc.property(fc.uint8Array({ maxLength: 500 }), (noise) => codeOf(noise) === 'damaged-card'));
  });

  it('is never accepted, and crashes nothing, with random bytes behind a right checksum', () => {
    fc.assert(
      fc.property(fc.nat(255), fc.uint8Array({ maxLength: 194 }), (suite, body) => {
        fc.pre(suite !== SUITE.limbasiya2021);
        expect(codeOf(imageOf(suite, body))).toBe('damaged-card');
      }),
    );
  });

  it('is not written out of bounds', () => {
    const card = decodeCardImage(noble, image);
    if (card.suite !== SUITE.cardea1) throw new Error('the vector is of the other suite');
    expect(() => encodeCardImage(noble, { ...card, logN: 9 })).toThrow(DamagedCardError);
    expect(() => encodeCardImage(noble, { ...card, logN: 10.5 })).toThrow(DamagedCardError);
    expect(() => encodeCardImage(noble, { ...card, pinVersion: 0 })).toThrow(DamagedCardError);
    expect(() => encodeCardImage(noble, { ...card, pinVersion: 65_536 })).toThrow(RangeError);
    expect(() => encodeCardImage(noble, { ...card, sequence: 2 ** 32 })).toThrow(RangeError);
    expect(() => encodeCardImage(noble, { ...card, uid: new Uint8Array(15) })).toThrow(RangeError);
    expect(() => encodeCardImage(noble, { ...card, pinBox: new Uint8Array(49) })).toThrow(RangeError);
  });
});
