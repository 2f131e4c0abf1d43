import { type CardeaCard, encodeCardImage, type LimbasiyaCard } from '../../protocol/card-image.ts';
import { currentImage } from '../../protocol/card-slots.ts';
import { noble } from '../../protocol/crypto/noble.ts';

/** An image of 215 bytes in which every page differs from that of any other `sequence`. */
export function image(sequence: number): Uint8Array {
  const filled = (length: number) => new Uint8Array(length).fill((sequence * 37) & 0xff);
  const card: CardeaCard = {
    suite: 2,
    keyId: sequence & 0xff,
    sequence,
    uid: filled(16),
    caPin: filled(16),
    pinVersion: sequence,
    logN: 14,
    salt: filled(16),
    pinBox: filled(48),
    recoveryBox: filled(48),
    uskBox: filled(48),
  };
  return encodeCardImage(noble, card);
}

/** An image of 419 bytes, of the suite with the list of hubs, in which every page differs likewise. */
export function longImage(sequence: number): Uint8Array {
  const filled = (length: number) => new Uint8Array(length).fill((sequence * 37) & 0xff);
  const card: LimbasiyaCard = {
    suite: 1,
    keyId: sequence & 0xff,
    sequence,
    w: filled(32),
    x: filled(32),
    y: filled(32),
    e: filled(32),
    z: filled(270),
  };
  return encodeCardImage(noble, card);
}

/** The sequence of the image that counts on a card. @throws as `currentImage` */
export function currentSequence(slots: readonly [Uint8Array, Uint8Array]): number {
  return currentImage(noble, slots).image.sequence;
}
