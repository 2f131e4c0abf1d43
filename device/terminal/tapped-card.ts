import type { CardReader, PresentedCard } from '../../hardware/card-reader.ts';
import { equalConstantTime, isZero } from '../../protocol/bytes.ts';
import type { CardImage } from '../../protocol/card-image.ts';
import { currentImage, type SlotIndex } from '../../protocol/card-slots.ts';
import type { Primitives } from '../../protocol/crypto/primitives.ts';
import type { Clock } from '../../runtime/clock.ts';
import { CardChangedError } from '../errors.ts';
import { TapRefusedError } from './failures.ts';

/** How long the reader waits for a card that was taken away before the write. */
const CARD_WAIT_MS = 60_000;
const SLOT_NAMES = ['A', 'B'] as const;

/** What of a terminal has to do with the card. */
interface CardTools {
  readonly primitives: Primitives;
  readonly reader: CardReader;
  readonly surroundings: { readonly clock: Clock };
}

/** The card of a tap: what it said, and which of its slots is current (PROTOCOL 2.2). One piece of work at a time. */
export class TappedCard {
  readonly image: CardImage;
  readonly #tools: CardTools;
  readonly #first: PresentedCard;
  #card: PresentedCard;
  #slot: SlotIndex;
  /** Whether the slot that is not current holds anything. */
  #hasOld: boolean;
  /** A write failed, and the card has not been there since. */
  #lost = false;
  #work: Promise<unknown> = Promise.resolve();

  private constructor(
    tools: CardTools,
    card: PresentedCard,
    read: { readonly image: CardImage; readonly slot: SlotIndex; readonly hasOld: boolean },
  ) {
    this.#tools = tools;
    this.#first = card;
    this.#card = card;
    this.image = read.image;
    this.#slot = read.slot;
    this.#hasOld = read.hasOld;
  }

  /** Reads both slots and picks the current image. @throws HardwareError, EmptyCardError, DamagedCardError */
  static async read(tools: CardTools, card: PresentedCard): Promise<TappedCard> {
    const slots = await card.readSlots();
    const { slot, image } = currentImage(tools.primitives, slots);
    return new TappedCard(tools, card, { image, slot, hasOld: !isZero(slots[other(slot)]) });
  }

  /** Where the current image lies: A or B. */
  get slotName(): string {
    return SLOT_NAMES[this.#slot];
  }

  /**
   * Writes an image into the slot that is not current, and has it read back; then it is the current one. When
   * an earlier write failed, it waits first for the card to be laid on again.
   * @throws CardChangedError when another one was laid there; HardwareError
   */
  writeNext(image: Uint8Array, signal: AbortSignal): Promise<void> {
    return this.#inTurn(async () => {
      if (this.#lost) this.#card = await this.#again(signal);
      this.#lost = true;
      this.#hasOld = true;
      await this.#card.writeSlot(other(this.#slot), image);
      this.#lost = false;
      this.#slot = other(this.#slot);
    });
  }

  /**
   * Zeros in the slot that is not current: the card carries no old copy of itself. A card that is gone keeps
   * it until the next login. @returns what an engineer reads of it
   */
  clearOld(): Promise<string> {
    return this.#inTurn(async () => {
      if (!this.#hasOld) return 'no old image on the card';
      const name = SLOT_NAMES[other(this.#slot)];
      try {
        await this.#card.writeSlot(other(this.#slot), new Uint8Array(0));
      } catch {
        return `slot ${name} still holds the old image: the next login clears it`;
      }
      this.#hasOld = false;
      return `slot ${name} cleared of the old image`;
    });
  }

  /** Resolves when no work on the card is under way. */
  async settled(): Promise<void> {
    await this.#work;
  }

  async #again(signal: AbortSignal): Promise<PresentedCard> {
    const { reader, surroundings } = this.#tools;
    const patience = new AbortController();
    const timer = surroundings.clock.after(CARD_WAIT_MS, () =>
      patience.abort(new TapRefusedError('cancelled')),
    );
    try {
      const card = await reader.waitForCard(AbortSignal.any([signal, patience.signal]));
      if (!equalConstantTime(card.uid, this.#first.uid)) {
        throw new CardChangedError('another card was laid on the reader');
      }
      return card;
    } finally {
      timer.cancel();
    }
  }

  #inTurn<T>(work: () => Promise<T>): Promise<T> {
    const done = this.#work.then(work);
    this.#work = done.catch(() => undefined);
    return done;
  }
}

function other(slot: SlotIndex): SlotIndex {
  return slot === 0 ? 1 : 0;
}
