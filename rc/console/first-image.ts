import type { PresentedCard } from '../../hardware/card-reader.ts';
import { BlankCardError, ForeignCardError, HardwareError } from '../../hardware/errors.ts';
import { equalConstantTime, isZero } from '../../protocol/bytes.ts';
import { CardeaError } from '../../runtime/errors.ts';

/** The card could not be written: nothing is registered. */
export class CardNotRegisteredError extends CardeaError {
  readonly code = 'card-not-registered';
}

/** What of the card is in use; in life the whole of hardware's. */
export type WritableCard = Pick<PresentedCard, 'readSlots' | 'writeSlot' | 'format'>;

/**
 * Makes two empty slots, whatever was there: what may be overwritten was found out before. Slots of another
 * size are zeroed first, so that nothing of an old card is left behind them.
 */
export async function emptyCard(card: WritableCard, slotBytes?: number): Promise<void> {
  try {
    await card.readSlots();
    for (const slot of [0, 1] as const) await card.writeSlot(slot, new Uint8Array(0));
  } catch (error) {
    if (!(error instanceof BlankCardError || error instanceof ForeignCardError)) throw error;
  }
  await card.format(slotBytes === undefined ? { force: true } : { force: true, slotBytes });
}

/** Writes the first image into slot A of an empty card, and reads it back. @throws CardNotRegisteredError */
export async function writeFirstImage(card: WritableCard, image: Uint8Array): Promise<void> {
  await card.writeSlot(0, image);
  const [a, b] = await card.readSlots();
  const isAsWritten = equalConstantTime(a.subarray(0, image.length), image) && isZero(b);
  if (!isAsWritten) {
    throw new CardNotRegisteredError(
      'the card does not hold what was written to it, so nothing was registered: use another card',
    );
  }
}

/** Has a failure of card or reader say that nothing was registered. */
export async function atCard<Result>(work: () => Promise<Result>): Promise<Result> {
  try {
    return await work();
  } catch (cause) {
    if (!(cause instanceof HardwareError)) throw cause;
    throw new CardNotRegisteredError(`nothing was registered: ${cause.message}`, { cause });
  }
}
