import type { RcClient } from '../../certs/rc-client.ts';
import { RcRefusedError } from '../../certs/rc-errors.ts';
import type { PresentedCard } from '../../hardware/card-reader.ts';
import { BlankCardError, ForeignCardError } from '../../hardware/errors.ts';
import { equalConstantTime, toHex } from '../../protocol/bytes.ts';
import { type CardImage, DamagedCardError } from '../../protocol/card-image.ts';
import { currentImage, EmptyCardError } from '../../protocol/card-slots.ts';
import { SUITE } from '../../protocol/constants.ts';
import { clientPrimitives } from '../../protocol/crypto/fastest.ts';
import { CardeaError } from '../../runtime/errors.ts';

/** The card holds something that somebody may still need; nothing was changed on it. */
export class CardOccupiedError extends CardeaError {
  readonly code = 'card-occupied';
}

/**
 * Makes sure that the card may be written. Free to be written are an empty card, and what a registration that
 * was cut short has left: half an image, or a whole one that the registration centre never heard of.
 *
 * @throws CardOccupiedError, and ForeignCardError, unless `force` is set
 * @throws HardwareError when the card cannot be read, or cannot serve; RcUnreachableError
 */
export async function inspectCard(options: {
  readonly card: Pick<PresentedCard, 'readSlots'>;
  readonly client: Pick<RcClient, 'card'>;
  /** Of this network, 16 bytes; left out where no image but none is free to be written over. */
  readonly caPin?: Uint8Array;
  readonly force: boolean;
}): Promise<void> {
  const { card, client, caPin, force } = options;
  const image = await imageOn(card, force);
  if (image === undefined || force) return;
  const isOfThisNetwork =
    image.suite === SUITE.cardea1 && caPin !== undefined && equalConstantTime(image.caPin, caPin);
  if (!isOfThisNetwork) {
    throw new CardOccupiedError(
      'the card is of another network or suite: use an empty one, or overwrite it for ever with --force',
    );
  }
  if (await isRegistered(client, toHex(image.uid))) {
    throw new CardOccupiedError(
      'the card is registered already: use an empty one, or overwrite it for ever with --force',
    );
  }
}

/** The image on the card; undefined where there is none that could be of use to anybody. */
async function imageOn(
  card: Pick<PresentedCard, 'readSlots'>,
  force: boolean,
): Promise<CardImage | undefined> {
  try {
    return currentImage(await clientPrimitives(), await card.readSlots()).image;
  } catch (error) {
    if (error instanceof BlankCardError || error instanceof EmptyCardError) return undefined;
    if (error instanceof DamagedCardError) return undefined;
    if (error instanceof ForeignCardError && force) return undefined;
    throw error;
  }
}

async function isRegistered(client: Pick<RcClient, 'card'>, uid: string): Promise<boolean> {
  try {
    await client.card(uid);
    return true;
  } catch (error) {
    if (error instanceof RcRefusedError && error.problemCode === 'card-unknown') return false;
    throw error;
  }
}
