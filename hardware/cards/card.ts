/** What a card shows when it is laid on: enough to know how to speak with it, not yet what it is. */
export type CardKind = 'Type 2 tag' | 'ISO-DEP card' | 'unsupported card';

/** A slot of a card: A is 0, B is 1 (PROTOCOL 2.2). */
export type Slot = 0 | 1;

export interface FormatOptions {
  /** Bytes a slot has; default 216, as `cardea-1` needs. A tag wants whole pages of 4. */
  readonly slotBytes?: number;
  /** Overwrite what the card holds, whatever it is. */
  readonly force?: boolean;
}

/**
 * A card that was laid on the reader. Every method throws `CardRemovedError` when the card is gone, or
 * another is there: nothing is ever mixed from two cards. `ReaderLostError` when the reader is.
 */
export interface PresentedCard {
  readonly kind: CardKind;
  /** 4, 7 or 10 bytes. */
  readonly uid: Uint8Array;
  /** What the card says it is: `NTAG215`, `ISO-DEP card with 512 bytes for Cardea`, … */
  describe(): Promise<string>;
  /**
   * Bytes of the largest slots that two fit of, whatever it holds now.
   * @throws as `readSlots`, but no BlankCardError, ForeignCardError, CardTooSmallError
   */
  largestSlotBytes(): Promise<number>;
  /**
   * Slots A and B. One that begins with zeros holds nothing, and is given as zeros without being read.
   * @throws BlankCardError, ForeignCardError, CardTooSmallError, CardLockedError, CardUnsupportedError,
   *   CardUnreadableError
   */
  readSlots(): Promise<readonly [Uint8Array, Uint8Array]>;
  /**
   * Writes a slot, zeros after `bytes`, and reads it back. Done safely at any moment of removal: the other
   * slot is never touched.
   * @throws as `readSlots`; CardTooSmallError when `bytes` is longer than a slot
   */
  writeSlot(slot: Slot, bytes: Uint8Array): Promise<void>;
  /**
   * Makes two empty slots. A card that holds them already, of this size, and empty, is left as it is.
   * @throws as `readSlots` (but no BlankCardError); ForeignCardError when the card holds anything else,
   *   Cardea slots with content included, and `force` is not set
   */
  format(options?: FormatOptions): Promise<void>;
}
