import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { concat, fromHex } from '../../protocol/bytes.ts';
import {
  type CardeaCard,
  DamagedCardError,
  decodeCardImage,
  encodeCardImage,
} from '../../protocol/card-image.ts';
import { currentImage, EmptyCardError, nextImage, type Slots } from '../../protocol/card-slots.ts';
import { MAX_SEQUENCE, SUITE } from '../../protocol/constants.ts';
import { noble } from '../../protocol/crypto/noble.ts';
import { cardeaCases } from './cards.ts';
import { flipped } from './support.ts';

const SLOT = 216;
const ZEROS = new Uint8Array(SLOT);
const decoded = decodeCardImage(noble, fromHex(cardeaCases[0]?.card.image ?? ''));
if (decoded.suite !== SUITE.cardea1) throw new Error('the vector is of the other suite');
const card: CardeaCard = decoded;

/** A slot with the card's image of that sequence; `uid` tells the slots apart on a tie. */
function slot(sequence: number, uid = 0): Uint8Array {
  const image = encodeCardImage(noble, { ...card, sequence, uid: new Uint8Array(16).fill(uid) });
  return concat(image, new Uint8Array(SLOT - image.length));
}

/** A slot whose image has a right checksum and a logN that no card may have. */
function outOfBounds(sequence: number): Uint8Array {
  const changed = slot(sequence);
  changed[46] = 9;
  changed.set(noble.sha256(changed.subarray(0, 207)).subarray(0, 8), 207);
  return changed;
}

describe('the two slots of a card', () => {
  it.each<[string, Slots, 0 | 1, number]>([
    ['A when it is higher', [slot(8), slot(7)], 0, 8],
    ['B when it is higher', [slot(8), slot(9)], 1, 9],
    ['A on a tie', [slot(8), slot(8, 1)], 0, 8],
    ['A when B is zeros', [slot(1), ZEROS], 0, 1],
    ['B when A is zeros', [ZEROS, slot(2)], 1, 2],
    ['A when B is torn, though higher', [slot(8), flipped(slot(9), 100)], 0, 8],
    ['B when A is torn, though higher', [flipped(slot(9), 100), slot(8)], 1, 8],
    ['the highest there can be', [slot(MAX_SEQUENCE - 1), slot(MAX_SEQUENCE)], 1, MAX_SEQUENCE],
  ])('give %s', (_name, slots, expected, sequence) => {
    const current = currentImage(noble, slots);
    expect(current.slot).toBe(expected);
    expect(current.image.sequence).toBe(sequence);
    expect(current.image).toEqual(decodeCardImage(noble, slots[expected]));
  });

  it('are empty when both are zeros, of whatever length', () => {
    expect(() => currentImage(noble, [ZEROS, ZEROS])).toThrow(EmptyCardError);
    expect(() => currentImage(noble, [new Uint8Array(0), new Uint8Array(0)])).toThrow(EmptyCardError);
  });

  it.each<[string, Slots]>([
    ['both are torn', [flipped(slot(1), 3), flipped(slot(2), 214)]],
    ['one is torn and the other zeros', [flipped(slot(1), 3), ZEROS]],
    ['the first bit is all there is', [ZEROS, flipped(ZEROS, 215)]],
    ['the image that counts is out of bounds, though the other is not', [slot(1), outOfBounds(2)]],
  ])('are damaged when %s', (_name, slots) => {
    expect(() => currentImage(noble, slots)).toThrow(DamagedCardError);
  });

  it('do not mind an image out of bounds that does not count', () => {
    expect(currentImage(noble, [slot(2), outOfBounds(1)]).slot).toBe(0);
  });

  it('hold the old image or the new one wherever a write of the new one is torn', () => {
    const [old, written] = [slot(4), slot(5, 1)];
    for (let at = 0; at <= SLOT; at++) {
      const before = slot(3, 2);
      const torn = concat(written.subarray(0, at), before.subarray(at));
      const current = currentImage(noble, [old, torn]);
      // The last byte of the slot is padding in both.
      expect(current.image.sequence, `torn at ${at}`).toBe(at < 215 ? 4 : 5);
    }
  });

  it('are written in turn, with the sequence raised', () => {
    expect(nextImage(currentImage(noble, [slot(8), slot(7)]))).toEqual({ slot: 1, sequence: 9 });
    expect(nextImage(currentImage(noble, [slot(8), slot(9)]))).toEqual({ slot: 0, sequence: 10 });
    expect(nextImage(currentImage(noble, [slot(MAX_SEQUENCE - 1), ZEROS]))).toEqual({
      slot: 1,
      sequence: MAX_SEQUENCE,
    });
  });

  it('are damaged for who would write when the sequence cannot be raised', () => {
    const current = currentImage(noble, [slot(MAX_SEQUENCE), ZEROS]);
    expect(() => nextImage(current)).toThrow(DamagedCardError);
  });

  it('hold nothing in random bytes, and crash nobody', () => {
    const noise = fc.uint8Array({ maxLength: 300 });
    fc.assert(
      fc.property(noise, noise, (a, b) => {
        expect(() => currentImage(noble, [a, b])).toThrow(/^the card is (empty|damaged)/);
      }),
    );
  });
});
