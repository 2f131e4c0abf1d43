import type { BytePort, OpenPort } from './byte-port.ts';
import { FastReadLimit } from './cards/fast-read.ts';
import type { HardwareClock } from './clock.ts';
import { HardwareError, ReaderClosedError, ReaderLostError, ReaderSilentError } from './errors.ts';
import { Listeners, type Subscription } from './listeners.ts';
import { Field } from './pn532/field.ts';
import type { Pn532 } from './pn532/reader.ts';
import { POWER_UP_SPEED, startPn532, stopPn532 } from './pn532/start.ts';
import { describeFrame } from './pn532/trace.ts';

/** `ready`: the chip answers. `lost`: it cannot be reached, and `why`; it is tried again and again. */
export type ReaderStateListener = (state: 'ready' | 'lost', why?: HardwareError) => void;

export interface CardReaderOptions {
  readonly open: OpenPort;
  readonly clock: HardwareClock;
  /** Highest speed of the line to try, bits per second; default 921,600. */
  readonly speed?: number | undefined;
  /** Gets a line for every frame, without anything that a card holds. */
  readonly trace?: ((line: string) => void) | undefined;
}

/** A chip that was started and answers. */
export interface ConnectedReader {
  readonly pn532: Pn532;
  /** `PN532 1.6`, for people. */
  readonly firmware: string;
  readonly field: Field;
  /** What this chip has shown to carry. */
  readonly fastRead: FastReadLimit;
}

interface Waiter<T> {
  resolve(value: T): void;
  reject(error: HardwareError): void;
}

/** Between two tries to reach a reader that is not there. */
const RETRY_MS = 500;

/** Keeps a reader connected: opens its port, starts the chip, and again whenever either is lost. */
export class ReaderConnection {
  readonly #options: CardReaderOptions;
  readonly #listeners = new Listeners<Parameters<ReaderStateListener>>();
  /** Who waits for the reader, however long it takes. */
  #waiting: Waiter<ConnectedReader>[] = [];
  /** Who waits for the outcome of one try. */
  #waitingOnce: Waiter<void>[] = [];
  #state: 'unknown' | 'ready' | 'lost' = 'unknown';
  #why: HardwareError | undefined;
  #current: ConnectedReader | undefined;
  /** Open while the chip is being started. */
  #starting: BytePort | undefined;
  #speed: number | undefined;
  /** Ends what the loop waits for: the loss of the reader, or the next try. */
  #wake = () => {};
  #closed = false;
  readonly #loop: Promise<void>;

  constructor(options: CardReaderOptions) {
    this.#options = options;
    this.#speed = options.speed;
    this.#loop = this.#keepConnected();
  }

  /** The reader, while it is there. */
  get current(): ConnectedReader | undefined {
    return this.#current;
  }

  onState(listener: ReaderStateListener): Subscription {
    const subscription = this.#listeners.add(listener);
    if (this.#state !== 'unknown') listener(this.#state, this.#why);
    return subscription;
  }

  /** The outcome of the try to connect that is under way, or comes next. */
  ready(): Promise<void> {
    if (this.#closed) return Promise.reject(closedError());
    if (this.#current !== undefined) return Promise.resolve();
    return new Promise((resolve, reject) => this.#waitingOnce.push({ resolve, reject }));
  }

  /** The reader, as soon as it is there. @throws ReaderClosedError */
  connected(): Promise<ConnectedReader> {
    if (this.#closed) return Promise.reject(closedError());
    if (this.#current !== undefined) return Promise.resolve(this.#current);
    return new Promise((resolve, reject) => this.#waiting.push({ resolve, reject }));
  }

  /** @throws ReaderLostError when `reader` is not the one connected now; ReaderClosedError */
  check(reader: ConnectedReader): void {
    if (this.#closed) throw closedError();
    if (this.#current !== reader) {
      throw new ReaderLostError('the reader was lost in between: lay the card on again');
    }
  }

  /** Gives up a reader that fails, so that it is started anew. */
  drop(reader: ConnectedReader, why: HardwareError): void {
    if (this.#current !== reader) return;
    // A line that was raised may be what fails: slow and sure from now on.
    if (why instanceof ReaderSilentError && reader.pn532.speed > POWER_UP_SPEED) this.#speed = POWER_UP_SPEED;
    this.#current = undefined;
    this.#change('lost', why);
    this.#wake();
  }

  async close(): Promise<void> {
    if (!this.#closed) {
      this.#closed = true;
      for (const waiter of [...this.#waiting, ...this.#waitingOnce]) waiter.reject(closedError());
      this.#waiting = [];
      this.#waitingOnce = [];
      this.#wake();
      await this.#starting?.close();
    }
    await this.#loop;
  }

  async #keepConnected(): Promise<void> {
    while (!this.#closed) {
      const connected = await this.#connect();
      if (connected === undefined) {
        if (!this.#closed) await this.#sleepUntilWoken(RETRY_MS);
        continue;
      }
      // Lost or closed in the very moment it was connected: nobody would wake this.
      if (!this.#closed && this.#current === connected) await this.#sleepUntilWoken();
      this.#current = undefined;
      await stopPn532(connected.pn532);
    }
  }

  async #connect(): Promise<ConnectedReader | undefined> {
    try {
      const { pn532, firmware } = await this.#start();
      const field = new Field(pn532);
      const connected: ConnectedReader = { pn532, firmware, field, fastRead: new FastReadLimit() };
      if (this.#closed) return connected;
      this.#current = connected;
      this.#change('ready');
      for (const waiter of this.#waitingOnce.splice(0)) waiter.resolve();
      for (const waiter of this.#waiting.splice(0)) waiter.resolve(connected);
      pn532.onLost(() => this.drop(connected, new ReaderLostError('the reader is gone: plug it in again')));
      return connected;
    } catch (cause) {
      if (this.#closed) return undefined;
      const why = cause instanceof HardwareError ? cause : unexpected(cause);
      this.#change('lost', why);
      for (const waiter of this.#waitingOnce.splice(0)) waiter.reject(why);
      return undefined;
    }
  }

  async #start() {
    const { open, clock, trace } = this.#options;
    const port = await open();
    if (this.#closed) await port.close();
    this.#starting = port;
    try {
      return await startPn532({
        port,
        clock,
        speed: this.#speed,
        trace: trace && ((direction, frame) => trace(describeFrame(direction, frame))),
      });
    } finally {
      this.#starting = undefined;
    }
  }

  async #sleepUntilWoken(ms?: number): Promise<void> {
    let timer: { cancel(): void } | undefined;
    await new Promise<void>((resolve) => {
      this.#wake = resolve;
      if (ms !== undefined) timer = this.#options.clock.after(ms, resolve);
    });
    timer?.cancel();
    this.#wake = () => {};
  }

  #change(state: 'ready' | 'lost', why?: HardwareError): void {
    const same = state === this.#state && state === 'ready';
    const knownAlready = state === 'lost' && this.#state === 'lost' && why?.code === this.#why?.code;
    this.#state = state;
    this.#why = why;
    if (same || knownAlready) return;
    this.#listeners.tell(state, this.#why);
  }
}

/** What a port throws that is no HardwareError: the reader is out of reach all the same. */
function unexpected(cause: unknown): ReaderLostError {
  return new ReaderLostError('the reader cannot be opened', { cause });
}

function closedError(): ReaderClosedError {
  return new ReaderClosedError('the reader was closed');
}
