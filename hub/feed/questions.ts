import { toHex } from '../../protocol/bytes.ts';
import { CardeaError } from '../../runtime/errors.ts';
import type { Surroundings } from '../../runtime/surroundings.ts';
import { LIMITS, SlidingCounter } from '../limits.ts';
import type { HubStore } from '../store/store.ts';
import type { Rc } from './rc.ts';
import type { Reach } from './reach.ts';
import type { Reporter } from './reporter.ts';

/** What a login asks the RC before it is answered (PROTOCOL 2.5, tries; 2.6). None of it fails: a hub that gets no answer goes by what it knows. */
export class Questions {
  readonly #rc: Rc;
  readonly #lists: HubStore['lists'];
  readonly #reporter: Reporter;
  readonly #reach: Reach;
  readonly #surroundings: Surroundings;
  readonly #onRevoked: (uids: readonly Uint8Array[]) => void;
  readonly #all = new SlidingCounter({ max: LIMITS.questionsPerSecond, windowMs: 1_000 });
  readonly #same = new SlidingCounter({
    max: 1,
    windowMs: LIMITS.sameQuestionMs,
    keysMax: (2 * LIMITS.questionsPerSecond * LIMITS.sameQuestionMs) / 1_000,
  });

  constructor(options: {
    readonly rc: Rc;
    readonly lists: HubStore['lists'];
    readonly reporter: Reporter;
    readonly reach: Reach;
    readonly surroundings: Surroundings;
    readonly onRevoked: (uids: readonly Uint8Array[]) => void;
  }) {
    this.#rc = options.rc;
    this.#lists = options.lists;
    this.#reporter = options.reporter;
    this.#reach = options.reach;
    this.#surroundings = options.surroundings;
    this.#onRevoked = options.onRevoked;
  }

  /** Asks for a card, or a PIN version of it, that is not known here; within the bounds of PROTOCOL 2.6. */
  async askForCard(uid: Uint8Array, pinVersion: number): Promise<void> {
    await this.ask(`${toHex(uid)} ${pinVersion}`, () => this.#fetchCard(uid));
  }

  /**
   * Has a question asked, within the bounds of PROTOCOL 2.6, and waits a little for its answer.
   *
   * @param what tells it from others
   * @param question never rejects
   */
  async ask(what: string, question: () => Promise<void>): Promise<void> {
    const now = this.#surroundings.clock.monotonic();
    if (!this.#reach.isLikely || !this.#all.take('all', now)) return;
    if (!this.#same.take(what, now)) return;
    await this.#within(question());
  }

  /** Tells the RC what is due, and hears how the cards stand afterwards. @returns whether it has heard */
  async tellFirst(): Promise<boolean> {
    if (!this.#reach.isLikely) return false;
    return (await this.#within(this.#reporter.deliver())) ?? false;
  }

  async #fetchCard(uid: Uint8Array): Promise<void> {
    try {
      const { card } = await this.#rc.feedCard(toHex(uid));
      this.#reach.succeeded();
      if (card !== null) this.#onRevoked(await this.#lists.apply([card]));
    } catch (cause) {
      this.#reach.failed();
      // The code alone: a message may name the card.
      const code = cause instanceof CardeaError ? cause.code : 'unexpected';
      this.#surroundings.log.info('asking the registration centre for a card failed', { code });
    }
  }

  /** Waits for `work`, which never fails, but no longer than a patient should. */
  #within<T>(work: Promise<T>): Promise<T | undefined> {
    return new Promise((resolve) => {
      const timer = this.#surroundings.clock.after(LIMITS.questionMs, () => resolve(undefined));
      void work.then((result) => {
        timer.cancel();
        resolve(result);
      });
    });
  }
}
