import type { CardKind, FormatOptions, PresentedCard, Slot } from './cards/card.ts';
import { IsoDepCard } from './cards/iso-dep-card.ts';
import { type CardLink, sameBytes } from './cards/link.ts';
import { TagPages } from './cards/tag-pages.ts';
import { TypeTwoTag } from './cards/type-two-tag.ts';
import { UnsupportedCard } from './cards/unsupported-card.ts';
import type { HardwareClock } from './clock.ts';
import {
  CardRemovedError,
  CardUnreadableError,
  type HardwareError,
  ReaderFailedError,
  ReaderLostError,
  ReaderSilentError,
} from './errors.ts';
import type { Subscription } from './listeners.ts';
import type { ExchangeOptions } from './pn532/commands.ts';
import { ExchangeError, type ListedCard } from './pn532/field.ts';
import {
  type CardReaderOptions,
  type ConnectedReader,
  ReaderConnection,
  type ReaderStateListener,
} from './reader-connection.ts';
import { abortable, pauseUnlessAborted } from './waiting.ts';

export type { CardKind, CardReaderOptions, FormatOptions, PresentedCard, ReaderStateListener, Slot };

/** What is known of a reader's chip. */
export interface ChipInfo {
  /** Its name and version, `PN532 1.6`. */
  readonly firmware: string;
  /** Bits per second on the line to it. */
  readonly speed: number;
}

/** A reader that cards are laid on. It opens its port by itself, and again whenever it was lost. */
export interface CardReader {
  /** Undefined while the chip cannot be reached. */
  readonly chip: ChipInfo | undefined;
  /** Resolves once the chip answers. @throws HardwareError: why one try to reach it failed */
  ready(): Promise<void>;
  /**
   * The next card that is laid on, or lies there already; waits for the reader, too, however long that is
   * lost. @throws the signal's reason; ReaderClosedError
   */
  waitForCard(signal?: AbortSignal): Promise<PresentedCard>;
  /**
   * Resolves when the card presented last does not lie on the reader any more (several polls in a row do not
   * see it), or the reader is lost. @throws the signal's reason; ReaderClosedError
   */
  waitForRemoval(signal?: AbortSignal): Promise<void>;
  /** Calls `listener` with the state as soon as it is known, and at every change, until the subscription is ended. */
  onState(listener: ReaderStateListener): Subscription;
  /** Rejects whoever waits with `ReaderClosedError`; leaves the chip at its power-up speed, antenna off. */
  close(): Promise<void>;
}

/** Between two polls while there is nothing: with the poll itself, a tap is seen within 100 ms. */
const POLL_PAUSE_MS = 30;
/** Between two looks at whether a card still lies there. */
const PRESENCE_PAUSE_MS = 100;
/** So many polls in a row that miss a card, the antenna restarted in between, mean that it was taken away. */
const MISSES_OF_REMOVED = 3;
/** So many polls in a row that the chip refuses mean that it wants to be started anew. */
const FAILURES_OF_STUCK = 3;

/** Opens a reader. It is connected in the background: see `ready` and `onState`. */
export function openCardReader(options: CardReaderOptions): CardReader {
  return new Pn532CardReader(options);
}

class Pn532CardReader implements CardReader {
  readonly #clock: HardwareClock;
  readonly #connection: ReaderConnection;
  /** Polls and work with a card take turns: nothing comes between two exchanges that belong together. */
  #lastTurn: Promise<unknown> = Promise.resolve();
  #presented: Uint8Array | undefined;
  #failedPolls = 0;

  constructor(options: CardReaderOptions) {
    this.#clock = options.clock;
    this.#connection = new ReaderConnection(options);
  }

  get chip(): ChipInfo | undefined {
    const reader = this.#connection.current;
    return reader && { firmware: reader.firmware, speed: reader.pn532.speed };
  }

  ready(): Promise<void> {
    return this.#connection.ready();
  }

  onState(listener: ReaderStateListener): Subscription {
    return this.#connection.onState(listener);
  }

  close(): Promise<void> {
    return this.#connection.close();
  }

  async waitForCard(signal?: AbortSignal): Promise<PresentedCard> {
    for (;;) {
      const reader = await abortable(this.#connection.connected(), signal);
      const listed = await abortable(this.#poll(reader), signal);
      if (listed !== undefined) {
        this.#presented = listed.uid;
        return this.#present(reader, listed);
      }
      await pauseUnlessAborted(this.#clock, POLL_PAUSE_MS, signal);
    }
  }

  async waitForRemoval(signal?: AbortSignal): Promise<void> {
    const reader = this.#connection.current;
    const uid = this.#presented;
    if (reader === undefined || uid === undefined) return;
    for (let misses = 0; misses < MISSES_OF_REMOVED; ) {
      const listed = await abortable(this.#poll(reader, { restart: misses > 0 }), signal);
      if (this.#connection.current !== reader) return;
      if (listed !== undefined && !sameBytes(listed.uid, uid)) return;
      misses = listed === undefined ? misses + 1 : 0;
      await pauseUnlessAborted(this.#clock, PRESENCE_PAUSE_MS, signal);
    }
  }

  /** The card that lies there. A reader that fails on the way is dropped, and nothing was seen. */
  #poll(reader: ConnectedReader, { restart = false } = {}): Promise<ListedCard | undefined> {
    return this.#inTurn(reader, async () => {
      if (restart) await reader.field.restart();
      return reader.field.list();
    }).then(
      (listed) => {
        this.#failedPolls = 0;
        return listed;
      },
      (error: unknown) => this.#afterFailedPoll(reader, error),
    );
  }

  #afterFailedPoll(reader: ConnectedReader, error: unknown): undefined {
    if (error instanceof CardUnreadableError || error instanceof ReaderLostError) return;
    if (error instanceof ReaderSilentError) return;
    if (!(error instanceof ReaderFailedError)) throw error;
    this.#failedPolls += 1;
    if (this.#failedPolls < FAILURES_OF_STUCK) return;
    this.#failedPolls = 0;
    this.#connection.drop(reader, error);
  }

  #present(reader: ConnectedReader, listed: ListedCard): PresentedCard {
    const link = new ReaderLink(reader, listed.uid);
    const card = cardOn(link, listed, reader);
    const inTurn = <T>(work: () => Promise<T>) => this.#inTurn(reader, work);
    return {
      kind: card.kind,
      uid: card.uid,
      describe: () => inTurn(() => card.describe()),
      largestSlotBytes: () => inTurn(() => card.largestSlotBytes()),
      readSlots: () => inTurn(() => card.readSlots()),
      writeSlot: (slot, bytes) => inTurn(() => card.writeSlot(slot, bytes)),
      format: (format) => inTurn(() => card.format(format)),
    };
  }

  #inTurn<T>(reader: ConnectedReader, work: () => Promise<T>): Promise<T> {
    const result = this.#lastTurn.then(async () => {
      this.#connection.check(reader);
      try {
        return await work();
      } catch (error) {
        if (error instanceof ReaderSilentError) this.#connection.drop(reader, error);
        throw error;
      }
    });
    this.#lastTurn = result.catch(() => {});
    return result;
  }
}

/** SAK: the card speaks ISO-DEP. */
const SAK_ISO_DEP = 0x20;
const SAK_TYPE_TWO = 0x00;

function cardOn(link: CardLink, { uid, sak }: ListedCard, reader: ConnectedReader): PresentedCard {
  if ((sak & SAK_ISO_DEP) !== 0) return new IsoDepCard(link);
  if (sak === SAK_TYPE_TWO) return new TypeTwoTag(link, new TagPages(link, reader.fastRead));
  return new UnsupportedCard(uid, sak);
}

/** Looks for a card that does not answer, the antenna restarted in between, before it counts as removed. */
const RESELECT_TRIES = 4;

/** A card in the reader's field; speaks to no other. */
class ReaderLink implements CardLink {
  readonly uid: Uint8Array;
  readonly #reader: ConnectedReader;

  constructor(reader: ConnectedReader, uid: Uint8Array) {
    this.uid = uid;
    this.#reader = reader;
  }

  async exchange(data: Uint8Array, options: ExchangeOptions): Promise<Uint8Array> {
    this.#checkSelected();
    return this.#reader.field.exchange(data, options);
  }

  async through(data: Uint8Array): Promise<Uint8Array> {
    this.#checkSelected();
    return this.#reader.field.through(data);
  }

  async reselect(): Promise<void> {
    let failure: HardwareError | undefined;
    for (let attempt = 0; attempt < RESELECT_TRIES; attempt++) {
      try {
        if (attempt > 0) await this.#reader.field.restart();
        const listed = await this.#reader.field.list();
        if (listed !== undefined) return this.#checkSame(listed);
        failure = undefined;
      } catch (error) {
        // The chip may stumble, or the card be half in the field: looked at again.
        if (!(error instanceof ReaderFailedError || error instanceof CardUnreadableError)) throw error;
        failure = error;
      }
    }
    throw failure ?? new CardRemovedError('the card was taken away too early: lay it on again');
  }

  #checkSame({ uid }: ListedCard): void {
    if (sameBytes(uid, this.uid)) return;
    throw new CardRemovedError('another card was laid on in between: tap one card at a time');
  }

  /** A poll in between may have seen another card, or none. */
  #checkSelected(): void {
    const { selected } = this.#reader.field;
    if (selected === undefined || !sameBytes(selected, this.uid)) {
      throw new ExchangeError('it is not selected');
    }
  }
}
