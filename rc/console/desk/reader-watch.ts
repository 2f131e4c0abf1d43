import type { CardReader, PresentedCard } from '../../../hardware/card-reader.ts';
import { BlankCardError } from '../../../hardware/errors.ts';
import { EmptyCardError } from '../../../protocol/card-slots.ts';
import { uidOnCard } from '../find-command.ts';
import { problemOf } from './problem.ts';

/** A card that lies on the desk's reader. */
export interface LyingCard {
  readonly card: PresentedCard;
  /** Of a card of the network, in hex; undefined where none could be read. */
  readonly uid: string | undefined;
}

export interface ReaderListener {
  /** What `status` or `lying` say is no longer what it was. */
  readonly change: () => void;
  /** A card of the network was laid on. */
  readonly tap: (uid: string) => void;
}

/** Codes of a card, or a reader, that is not there any more. */
const GONE = new Set(['card-removed', 'reader-lost', 'reader-silent', 'reader-failed', 'reader-closed']);

/** Keeps an eye on the reader at the desk: whether it is there, and what lies on it. */
export class ReaderWatch {
  readonly #reader: CardReader;
  readonly #on: ReaderListener;
  #state = 'looking for the reader …';
  #lies: string | undefined;
  #lying: LyingCard | undefined;
  /** Looking pauses while somebody works with the card. */
  #pause = new AbortController();
  #work: Promise<unknown> = Promise.resolve();

  constructor(reader: CardReader, on: ReaderListener) {
    this.#reader = reader;
    this.#on = on;
  }

  /** For the line that is always there. */
  get status(): string {
    return `reader: ${this.#state}${this.#lies === undefined ? '' : `, ${this.#lies}`}`;
  }

  get lying(): LyingCard | undefined {
    return this.#lying;
  }

  /** Works with a card, and looks at the reader no more meanwhile. */
  withCard<Result>(work: () => Promise<Result>): Promise<Result> {
    this.#pause.abort();
    const result = work();
    this.#work = result.catch(() => {});
    return result;
  }

  /** Watches until `stop` aborts. */
  async run(stop: AbortSignal): Promise<void> {
    const watched = this.#reader.onState((state, why) => {
      this.#state =
        state === 'ready' ? 'ready' : `not connected${why === undefined ? '' : ` (${why.message})`}`;
      this.#on.change();
    });
    try {
      while (!stop.aborted) await this.#seeOne(stop);
    } catch (error) {
      if (!stop.aborted) throw error;
    } finally {
      watched.end();
    }
  }

  async #seeOne(stop: AbortSignal): Promise<void> {
    const card = await this.#reader.waitForCard(stop);
    await this.#look(card);
    this.#on.change();
    if (this.#lying?.uid !== undefined) this.#on.tap(this.#lying.uid);
    while (this.#lying !== undefined && !(await this.#isRemoved(stop))) {
      await this.#work;
      // It may hold another image now, or have been taken away. Nobody has laid it on for that.
      await this.#look(card);
      this.#on.change();
    }
    this.#lying = undefined;
    this.#lies = undefined;
    this.#on.change();
  }

  async #look(card: PresentedCard): Promise<void> {
    try {
      this.#lying = { card, uid: await uidOnCard(card) };
      this.#lies = 'a card lies on it';
    } catch (error) {
      const problem = problemOf(error);
      this.#lying = GONE.has(problem.code) ? undefined : { card, uid: undefined };
      if (this.#lying === undefined) {
        this.#lies = undefined;
        return;
      }
      const isEmpty = error instanceof BlankCardError || error instanceof EmptyCardError;
      this.#lies = isEmpty ? 'an empty card lies on it' : problem.text;
    }
  }

  /** @returns false when the looking was paused */
  async #isRemoved(stop: AbortSignal): Promise<boolean> {
    this.#pause = new AbortController();
    const { signal } = this.#pause;
    try {
      await this.#reader.waitForRemoval(AbortSignal.any([stop, signal]));
      return true;
    } catch (error) {
      if (!signal.aborted || stop.aborted) throw error;
      return false;
    }
  }
}
