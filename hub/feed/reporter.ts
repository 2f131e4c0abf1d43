import { RcUnreachableError } from '../../certs/rc-errors.ts';
import type { Surroundings } from '../../runtime/surroundings.ts';
import type { HubStore } from '../store/store.ts';
import type { Rc } from './rc.ts';
import { Backoff, type Reach } from './reach.ts';

/** Delivers the outbox to the RC, in order, again until it has answered (PROTOCOL 2.5, tries; 2.6). */
export class Reporter {
  readonly #rc: Rc;
  readonly #outbox: HubStore['outbox'];
  readonly #lists: HubStore['lists'];
  readonly #reach: Reach;
  readonly #surroundings: Surroundings;
  readonly #onRevoked: (uids: readonly Uint8Array[]) => void;
  #turn: Promise<boolean> = Promise.resolve(true);
  #waiting = 0;
  #wake: () => void = () => {};
  #isDue = true;
  /** Since when something waits that the RC has not heard; monotonic, ms. */
  #behindSince: number | undefined;

  constructor(options: {
    readonly rc: Rc;
    readonly outbox: HubStore['outbox'];
    readonly lists: HubStore['lists'];
    readonly reach: Reach;
    readonly surroundings: Surroundings;
    readonly onRevoked: (uids: readonly Uint8Array[]) => void;
  }) {
    this.#rc = options.rc;
    this.#outbox = options.outbox;
    this.#lists = options.lists;
    this.#reach = options.reach;
    this.#surroundings = options.surroundings;
    this.#onRevoked = options.onRevoked;
  }

  /** How long the oldest of what the RC has not heard waits, in ms; 0 where it has heard everything. */
  get lagMs(): number {
    if (this.#behindSince === undefined) return 0;
    return this.#surroundings.clock.monotonic() - this.#behindSince;
  }

  /** Something may be due. */
  wake(): void {
    this.#isDue = true;
    this.#wake();
  }

  /**
   * Delivers what is due at this moment; those who ask while it goes on wait for the same next round.
   * @returns whether the RC has heard everything. Never rejects.
   */
  deliver(): Promise<boolean> {
    if (this.#waiting === 0) {
      this.#waiting = 1;
      this.#turn = this.#turn.then(() => {
        this.#waiting = 0;
        return this.#deliverAll();
      });
    }
    return this.#turn;
  }

  /** Delivers whenever something is due, until `signal` is aborted. */
  async run(signal: AbortSignal): Promise<void> {
    const backoff = new Backoff(this.#surroundings);
    while (!signal.aborted) {
      this.#isDue = false;
      if (await this.deliver()) {
        backoff.reset();
        await this.#untilDue(signal);
      } else {
        await backoff.pause(signal).catch(() => {});
      }
    }
  }

  async #deliverAll(): Promise<boolean> {
    try {
      for (;;) {
        const batch = await this.#outbox.next();
        const { tries, pins, held } = batch;
        if (tries.length + pins.length + held.length === 0) {
          this.#behindSince = undefined;
          return true;
        }
        this.#behindSince ??= this.#surroundings.clock.monotonic();
        const { cards } = await this.#rc.report({
          tries: [...tries],
          pins: [...pins],
          ...(held.length > 0 && { held: [...held] }),
        });
        this.#reach.succeeded();
        await this.#outbox.delivered(batch);
        this.#onRevoked(await this.#lists.apply(cards));
      }
    } catch (cause) {
      this.#reach.failed();
      const { log } = this.#surroundings;
      const reason = cause instanceof Error ? cause.message : String(cause);
      if (cause instanceof RcUnreachableError)
        log.info('the registration centre was not told yet', { reason });
      else log.warn('telling the registration centre failed', { reason });
      return false;
    }
  }

  #untilDue(signal: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      if (this.#isDue || signal.aborted) {
        resolve();
        return;
      }
      const go = () => {
        this.#wake = () => {};
        signal.removeEventListener('abort', go);
        resolve();
      };
      this.#wake = go;
      signal.addEventListener('abort', go, { once: true });
    });
  }
}
