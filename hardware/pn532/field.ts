import { CardUnreadableError, HardwareError, ReaderFailedError, ReaderSilentError } from '../errors.ts';
import type { Command } from './command-machine.ts';
import {
  type ExchangeOptions,
  inCommunicateThru,
  inDataExchange,
  listTypeA,
  radioField,
  releaseAll,
} from './commands.ts';
import type { Pn532 } from './reader.ts';
import { STATUS, STATUS_ERROR_MASK, STATUS_MORE, statusMeaning } from './status.ts';

/** What a card says of itself when it is listed (HARDWARE 3, InListPassiveTarget). */
export interface ListedCard {
  /** SENS_RES, high byte first. */
  readonly atqa: number;
  /** SEL_RES. */
  readonly sak: number;
  readonly uid: Uint8Array;
}

/** An exchange with the card failed, and the card may have done what it was told or not. */
export class ExchangeError extends HardwareError {
  readonly code = 'exchange-failed';
  /** The chip's status, or undefined where the chip gave none. */
  readonly status: number | undefined;

  constructor(message: string, options: { readonly status?: number; readonly cause?: unknown } = {}) {
    super(message, options);
    this.status = options.status;
  }
}

/** More than this is no answer of a card that means well: a short APDU brings 258 bytes. */
const MAX_ANSWER = 1_024;

/** What the chip's antenna sees: lists cards and speaks to the one that was listed. */
export class Field {
  readonly #pn532: Pn532;
  #selected: Uint8Array | undefined;

  constructor(pn532: Pn532) {
    this.#pn532 = pn532;
  }

  /** The UID of the card that exchanges go to: the one that was listed last. */
  get selected(): Uint8Array | undefined {
    return this.#selected;
  }

  /**
   * Looks for a card, 150 ms at most. One that was listed before is released first, else it would not
   * answer every second time (HARDWARE 7).
   *
   * @throws CardUnreadableError when a card is there whose answer makes no sense
   */
  async list(): Promise<ListedCard | undefined> {
    this.#selected = undefined;
    await this.#pn532.run(releaseAll);
    const listed = parseListed(await this.#pn532.run(listTypeA));
    this.#selected = listed?.uid;
    return listed;
  }

  /** Takes the cards' power away for a moment: they start anew. */
  async restart(): Promise<void> {
    this.#selected = undefined;
    await this.#pn532.run(radioField(false));
    await this.#pn532.run(radioField(true));
  }

  /**
   * Sends `data` to the listed card by its own protocol; its answer.
   * @throws ExchangeError; CardUnreadableError for an answer without end
   */
  async exchange(data: Uint8Array, options: ExchangeOptions): Promise<Uint8Array> {
    const parts: Uint8Array[] = [];
    let length = 0;
    let command = inDataExchange(data, options);
    for (;;) {
      const { answer, more } = await this.#ask(command);
      parts.push(answer);
      length += answer.length;
      if (!more) return joined(parts, length);
      // Empty parts are a chain without end as well.
      if (length > MAX_ANSWER || parts.length > MAX_ANSWER) {
        throw new CardUnreadableError('the card sends an answer without end: use another card');
      }
      command = inDataExchange(new Uint8Array(0), { ...options, repeatable: false });
    }
  }

  /** Sends `data` to the listed card as it stands. @throws ExchangeError */
  async through(data: Uint8Array): Promise<Uint8Array> {
    return (await this.#ask(inCommunicateThru(data))).answer;
  }

  async #ask(command: Command): Promise<{ answer: Uint8Array; more: boolean }> {
    const [status, ...answer] = await this.#runForCard(command);
    if (status === undefined) throw new ExchangeError('the reader gave no status');
    const error = status & STATUS_ERROR_MASK;
    if (error === STATUS.overheated || error === STATUS.overCurrent) {
      throw new ReaderFailedError(
        `the reader gave up (${statusMeaning(error)}): let it cool, check its power`,
      );
    }
    if (error !== STATUS.ok) throw new ExchangeError(statusMeaning(error), { status: error });
    return { answer: Uint8Array.from(answer), more: (status & STATUS_MORE) !== 0 };
  }

  /**
   * A chip that answers with an error frame, or not at all, has failed this one exchange. Whether it is
   * silent for good shows at the next listing.
   */
  async #runForCard(command: Command): Promise<Uint8Array> {
    try {
      return await this.#pn532.run(command);
    } catch (cause) {
      const onlyThis = cause instanceof ReaderSilentError || cause instanceof ReaderFailedError;
      throw onlyThis ? new ExchangeError(cause.message, { cause }) : cause;
    }
  }
}

/** Lengths an ISO 14443-3 UID can have. */
const UID_LENGTHS: readonly number[] = [4, 7, 10];

function parseListed(data: Uint8Array): ListedCard | undefined {
  const [count, , atqaHigh, atqaLow, sak, uidLength] = data;
  if (count === undefined || count === 0) return undefined;
  if (atqaHigh === undefined || atqaLow === undefined || sak === undefined || uidLength === undefined) {
    throw malformedListing();
  }
  const uid = data.slice(6, 6 + uidLength);
  if (!UID_LENGTHS.includes(uidLength) || uid.length !== uidLength) throw malformedListing();
  return { atqa: atqaHigh * 256 + atqaLow, sak, uid };
}

function malformedListing(): CardUnreadableError {
  return new CardUnreadableError('the card cannot be read: lay it flat on the reader, alone');
}

function joined(parts: readonly Uint8Array[], length: number): Uint8Array {
  const whole = new Uint8Array(length);
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}
