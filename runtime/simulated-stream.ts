import { Duplex } from 'node:stream';
import type { Clock } from './clock.ts';
import type { ByteStream } from './network.ts';

/** What happens to the next bytes one end sends: how long they take, or that the connection breaks. */
export type NextTransit = () => { readonly delayMs: number } | 'cut';

/** One end of a simulated TCP connection. Bytes arrive in order, however long each takes. */
export class SimulatedStream extends Duplex implements ByteStream {
  readonly remoteAddress: string;
  readonly #clock: Clock;
  readonly #transit: NextTransit;
  #peer: SimulatedStream | undefined;
  /** By the clock's monotonic time: nothing sent later arrives before it. */
  #lastArrival = 0;
  /** The peer's wish to go on sending, once our reader has room again. */
  #onRoom: (() => void) | undefined;

  constructor(options: {
    readonly clock: Clock;
    readonly transit: NextTransit;
    readonly remoteAddress: string;
  }) {
    super({ allowHalfOpen: false });
    this.#clock = options.clock;
    this.#transit = options.transit;
    this.remoteAddress = options.remoteAddress;
    // As with TCP: whoever only cares that the connection is over listens for `close` alone.
    this.on('error', () => {});
  }

  static join(a: SimulatedStream, b: SimulatedStream): void {
    a.#peer = b;
    b.#peer = a;
  }

  /** Breaks the connection at once, for both ends. */
  cut(): void {
    const reset = () => Object.assign(new Error('read ECONNRESET'), { code: 'ECONNRESET' });
    this.#peer?.destroy(reset());
    this.destroy(reset());
  }

  override _read(): void {
    const onRoom = this.#onRoom;
    this.#onRoom = undefined;
    onRoom?.();
  }

  override _write(chunk: Buffer, _encoding: BufferEncoding, done: (error?: Error | null) => void): void {
    this.#send((peer) => {
      if (peer.destroyed || peer.readableEnded) {
        this.cut();
      } else if (peer.push(chunk)) {
        done();
      } else {
        peer.#onRoom = done;
      }
    });
  }

  override _writev(
    chunks: readonly { readonly chunk: Buffer }[],
    done: (error?: Error | null) => void,
  ): void {
    this._write(Buffer.concat(chunks.map(({ chunk }) => chunk)), 'utf8', done);
  }

  override _final(done: (error?: Error | null) => void): void {
    this.#send((peer) => {
      peer.push(null);
      done();
    });
  }

  /** What is under way still arrives; then the other end sees that we are gone. */
  override _destroy(error: Error | null, done: (error?: Error | null) => void): void {
    this.#send((peer) => {
      if (!peer.destroyed && !peer.readableEnded) {
        peer.push(null);
      }
    });
    done(error);
  }

  #send(arrive: (peer: SimulatedStream) => void): void {
    const transit = this.#transit();
    const peer = this.#peer;
    if (transit === 'cut' || peer === undefined) {
      this.cut();
      return;
    }
    const now = this.#clock.monotonic();
    this.#lastArrival = Math.max(this.#lastArrival, now + transit.delayMs);
    this.#clock.after(this.#lastArrival - now, () => arrive(peer));
  }
}
