import { isZero } from './bytes.ts';
import {
  type CardImage,
  type CheckedImage,
  checkImage,
  DamagedCardError,
  interpretImage,
} from './card-image.ts';
import { MAX_SEQUENCE } from './constants.ts';
import type { Primitives } from './crypto/primitives.ts';
import { ProtocolError } from './errors.ts';

/** The card is formatted, and holds no image. */
export class EmptyCardError extends ProtocolError {
  readonly code = 'empty-card';

  constructor() {
    super('the card is empty');
  }
}

/** Slot A is 0, slot B is 1 (PROTOCOL 2.2). */
export type SlotIndex = 0 | 1;
export type Slots = readonly [Uint8Array, Uint8Array];

/** The image that counts, and where it lies. */
export interface CurrentImage {
  readonly slot: SlotIndex;
  readonly image: CardImage;
}

/**
 * The image with a right checksum and the higher sequence; on a tie, slot A's (PROTOCOL 2.2).
 * @throws EmptyCardError when both slots are zeros. @throws DamagedCardError when neither checksum is
 * right, or when the image that counts is out of bounds: nothing but a torn write makes the other one count.
 */
export function currentImage(p: Primitives, slots: Slots): CurrentImage {
  if (slots.every(isZero)) throw new EmptyCardError();
  const [a, b] = [checked(p, slots[0]), checked(p, slots[1])];
  if (a !== undefined && (b === undefined || a.sequence >= b.sequence)) {
    return { slot: 0, image: interpretImage(a) };
  }
  if (b !== undefined) return { slot: 1, image: interpretImage(b) };
  throw new DamagedCardError('neither of its two slots holds an image');
}

/**
 * Where the next image goes, and its sequence.
 * @throws DamagedCardError when the sequence cannot be raised (PROTOCOL 2.2).
 */
export function nextImage(current: CurrentImage): { readonly slot: SlotIndex; readonly sequence: number } {
  return { slot: current.slot === 0 ? 1 : 0, sequence: nextSequence(current.image.sequence) };
}

/** @throws DamagedCardError when there is no next one. */
export function nextSequence(sequence: number): number {
  if (sequence >= MAX_SEQUENCE) throw new DamagedCardError('its sequence cannot be raised');
  return sequence + 1;
}

function checked(p: Primitives, slot: Uint8Array): CheckedImage | undefined {
  try {
    return checkImage(p, slot);
  } catch (error) {
    if (error instanceof DamagedCardError) return undefined;
    throw error;
  }
}
