import { Duplex } from 'node:stream';
import type { Clock } from './clock.ts';
import type { ByteStream } from './network.ts';

/** What somebody on the line can do to bytes in passing; TCP itself does none of it. */
export type Tampering =
  /** They never arrive, and nobody is told. */
  | 'lose'
  /** They arrive twice. */
  | 'repeat'
  /** They are held back until the next have arrived; where none follow, they never do. */
  | 'swap';

/** Somebody on the line keeps bytes, and all that is sent after them, until `arrive` is called, once. */
export interface Holding {
  hold(arrive: () => void): void;
}

/**
 * What happens to the next bytes one end sends: how long they take, and what is done to them; or that somebody keeps
 * them, or the connection breaks. Infinity: they are stuck, and so is all that is sent after them.
 */
export type NextTransit = () =>
  | { readonly delayMs: number; readonly tampering?: Tampering | undefined }
  | Holding
  | 'cut';

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
  /** Bytes that are to arrive after the next. */
  #heldBack: Buffer | undefined;

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
    this.#send((peer, tampering) => {
      const arriving = this.#tamper(chunk, tampering);
      if (peer.destroyed || peer.readableEnded) {
        this.cut();
      } else if (arriving.length === 0 || peer.push(arriving)) {
        done();
      } else {
        peer.#onRoom = done;
      }
    });
  }

  /** What arrives in place of `chunk`. */
  #tamper(chunk: Buffer, tampering: Tampering | undefined): Buffer {
    const before = this.#heldBack ?? Buffer.alloc(0);
    switch (tampering) {
      case 'lose':
        return Buffer.alloc(0);
      case 'swap':
        this.#heldBack = Buffer.concat([chunk, before]);
        return Buffer.alloc(0);
      case 'repeat':
        this.#heldBack = undefined;
        return Buffer.concat([chunk, chunk, before]);
      case undefined:
        this.#heldBack = undefined;
        return Buffer.concat([chunk, before]);
    }
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

  #send(arrive: (peer: SimulatedStream, tampering: Tampering | undefined) => void): void {
    const transit = this.#transit();
    const peer = this.#peer;
    if (transit === 'cut' || peer === undefined) {
      this.cut();
      return;
    }
    if ('hold' in transit) {
      transit.hold(() => arrive(peer, undefined));
      return;
    }
    const now = this.#clock.monotonic();
    this.#lastArrival = Math.max(this.#lastArrival, now + transit.delayMs);
    if (this.#lastArrival === Infinity) return;
    this.#clock.after(this.#lastArrival - now, () => arrive(peer, transit.tampering));
  }
}
