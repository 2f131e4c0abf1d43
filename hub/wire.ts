import { encodeFrame, FrameDecoder, MAX_BODY } from '../protocol/frames.ts';
import { encodeWireError, WIRE_ERROR } from '../protocol/wire-error.ts';
import type { Clock, Timer } from '../runtime/clock.ts';
import type { ByteStream } from '../runtime/network.ts';
import { ConnectionLostError, SilentPeerError, TurnedAwayError } from './errors.ts';
import { LIMITS } from './limits.ts';

/** A device asks one thing at a time; more than this unread is not a device. */
const WAITING_BODIES_MAX = 4;

interface Waiter {
  readonly resolve: (body: Uint8Array) => void;
  readonly reject: (reason: unknown) => void;
  readonly timer: Timer | undefined;
}

/**
 * The hub's end of one connection, as bodies of frames: read one at a time, nothing more is taken from the
 * system until it is asked for, so a fast or a slow client costs no memory.
 */
export class Wire {
  readonly #stream: ByteStream;
  readonly #clock: Clock;
  readonly #decoder = new FrameDecoder({ maxBody: LIMITS.bodyBeforeWelcome });
  readonly #arrived: Uint8Array[] = [];
  #waiter: Waiter | undefined;
  #over: Error | undefined;
  #closing: Timer | undefined;

  constructor(stream: ByteStream, clock: Clock) {
    this.#stream = stream;
    this.#clock = clock;
    stream.on('data', (chunk: Uint8Array) => this.#take(chunk));
    stream.on('end', () =>
      this.#stop(() => new ConnectionLostError('the other side has closed the connection')),
    );
    stream.on('error', (cause) =>
      this.#stop(() => new ConnectionLostError('the connection broke', { cause })),
    );
    stream.on('close', () => {
      this.#closing?.cancel();
      this.#stop(() => new ConnectionLostError('the connection is closed'));
    });
    stream.pause();
  }

  /** From now on bodies may have any length. Nothing may be waiting: the other side was to wait for us. */
  openWide(): boolean {
    this.#decoder.maxBody = MAX_BODY;
    return this.#arrived.length === 0 && this.#decoder.pending === 0;
  }

  /**
   * The next body.
   * @param withinMs none for as long as it takes
   * @throws SilentPeerError, MalformedError for what is no frame, ConnectionLostError
   */
  receive(withinMs?: number): Promise<Uint8Array> {
    const body = this.#arrived.shift();
    if (body !== undefined) return Promise.resolve(body);
    if (this.#over !== undefined) return Promise.reject(this.#over);
    return new Promise((resolve, reject) => {
      const timer =
        withinMs === undefined
          ? undefined
          : this.#clock.after(Math.max(0, withinMs), () =>
              this.#settle((waiter) => waiter.reject(new SilentPeerError('the other side kept silent'))),
            );
      this.#waiter = { resolve, reject, timer };
      this.#stream.resume();
    });
  }

  /** Resolves when the system has taken it. @throws SilentPeerError when it does not for 5 s; ConnectionLostError */
  send(body: Uint8Array): Promise<void> {
    if (this.#over !== undefined) return Promise.reject(this.#over);
    return new Promise((resolve, reject) => {
      const timer = this.#clock.after(LIMITS.writeMs, () => {
        reject(new SilentPeerError('the other side does not take what is sent to it'));
        this.destroy();
      });
      this.#stream.write(encodeFrame(body), (failure) => {
        timer.cancel();
        if (failure) reject(new ConnectionLostError('the connection broke', { cause: failure }));
        else resolve();
      });
    });
  }

  /** Says why, and closes: what comes in from now on is thrown away, and in 5 s at the latest it is cut. */
  refuse(code: number, text: string): void {
    this.#finish(encodeFrame(encodeWireError(code, text)));
  }

  /** Closes in order: what was sent still arrives. */
  close(): void {
    this.#finish(undefined);
  }

  /** Cuts the connection. */
  destroy(): void {
    this.#stop(() => new ConnectionLostError('the connection was cut here'));
    this.#stream.destroy();
  }

  #finish(last: Uint8Array | undefined): void {
    if (this.#closing !== undefined || this.#stream.destroyed) return;
    this.#stop(() => new ConnectionLostError('the connection was closed here'));
    this.#closing = this.#clock.after(LIMITS.writeMs, () => this.#stream.destroy());
    if (last === undefined) this.#stream.end();
    else this.#stream.end(last);
    this.#stream.resume();
  }

  #take(chunk: Uint8Array): void {
    if (this.#over !== undefined) return;
    try {
      this.#arrived.push(...this.#decoder.push(chunk));
    } catch (malformed) {
      this.#stop(() => malformed);
      return;
    }
    if (this.#arrived.length > WAITING_BODIES_MAX) {
      const reason = 'the other side does not wait for its answers';
      this.#stop(() => new TurnedAwayError(WIRE_ERROR.malformed, 'out of turn', reason));
      return;
    }
    const body = this.#waiter === undefined ? undefined : this.#arrived.shift();
    if (body !== undefined) this.#settle((waiter) => waiter.resolve(body));
  }

  #settle(act: (waiter: Waiter) => void): void {
    const waiter = this.#waiter;
    this.#waiter = undefined;
    this.#stream.pause();
    waiter?.timer?.cancel();
    if (waiter !== undefined) act(waiter);
  }

  /**
   * Nothing is read or sent any more, but the stream is not closed yet.
   * @param reason asked for the first time alone: every connection ends several times over, and an error is costly
   */
  #stop(reason: () => unknown): void {
    if (this.#over !== undefined) return;
    const error = reason();
    this.#over = error instanceof Error ? error : new ConnectionLostError('the connection is over');
    this.#arrived.length = 0;
    this.#settle((waiter) => waiter.reject(this.#over));
  }
}
