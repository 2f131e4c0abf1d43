import { CardUnreadableError } from '../errors.ts';
import type { ExchangeOptions } from '../pn532/commands.ts';
import { ExchangeError } from '../pn532/field.ts';

/** One card on a reader, as the kinds of card see it. */
export interface CardLink {
  readonly uid: Uint8Array;
  /** By the card's own protocol. @throws ExchangeError */
  exchange(data: Uint8Array, options: ExchangeOptions): Promise<Uint8Array>;
  /** As it stands. @throws ExchangeError */
  through(data: Uint8Array): Promise<Uint8Array>;
  /** Selects this very card again. @throws CardRemovedError when it is gone, or another is there */
  reselect(): Promise<void>;
}

/** Tries before a card that is there, and answers nothing useful, is given up. */
export const TRIES = 4;

/**
 * Runs what may be run again (reading), {@link TRIES} times at most, the card selected anew in between.
 *
 * @param read gets the number of the try, from 0
 * @throws CardRemovedError; CardUnreadableError when the card is there, and no try succeeded
 */
export async function reading<T>(link: CardLink, read: (attempt: number) => Promise<T>): Promise<T> {
  for (let attempt = 0; ; attempt++) {
    try {
      return await read(attempt);
    } catch (error) {
      if (!(error instanceof ExchangeError)) throw error;
      await link.reselect();
      if (attempt + 1 === TRIES) throw unreadable(error);
    }
  }
}

function unreadable(cause: ExchangeError): CardUnreadableError {
  return new CardUnreadableError(
    `the card cannot be read (${cause.message}): lay it flat on the reader, or use another`,
    { cause },
  );
}

export function sameBytes(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((byte, i) => byte === b[i]);
}
