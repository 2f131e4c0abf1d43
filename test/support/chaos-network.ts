import { Duplex, Transform, type TransformCallback } from 'node:stream';
import type { ByteStream, Network } from '../../runtime/network.ts';

/** What a bad line does to one chunk of bytes. */
export type Mischief = 'flip' | 'drop' | 'repeat' | 'delay' | 'cut';

/** Decides the fate of a chunk; undefined leaves it as it is. */
export type Chaos = (direction: 'toHub' | 'toDevice', chunk: number) => Mischief | undefined;

/**
 * A network whose connections do mischief to what they carry, chunk by chunk, in both directions. It counts
 * the connections that were made.
 */
export class ChaosNetwork implements Network {
  readonly #network: Network;
  readonly #delay: (run: () => void) => void;
  chaos: Chaos = () => undefined;
  /** Which byte of a chunk of `length` bytes is flipped. */
  flipAt: (length: number) => number = (length) => Math.floor(length / 2);
  connections = 0;

  constructor(network: Network, delay: (run: () => void) => void) {
    this.#network = network;
    this.#delay = delay;
  }

  listen: Network['listen'] = (address, onConnection) => this.#network.listen(address, onConnection);

  connect: Network['connect'] = async (address, options) => {
    const wire = await this.#network.connect(address, options);
    this.connections += 1;
    return this.#between(wire);
  };

  #between(wire: ByteStream): ByteStream {
    const toHub = this.#line('toHub', wire);
    const toDevice = this.#line('toDevice', wire);
    wire.pipe(toDevice);
    toHub.pipe(wire);
    const end = Object.assign(Duplex.from({ writable: toHub, readable: toDevice }), {
      remoteAddress: wire.remoteAddress,
    });
    end.on('close', () => wire.destroy());
    wire.on('close', () => end.destroy());
    wire.on('error', () => end.destroy());
    return end;
  }

  #line(direction: 'toHub' | 'toDevice', wire: ByteStream): Transform {
    let count = 0;
    return new Transform({
      transform: (chunk: Buffer, _encoding, done: TransformCallback) => {
        const mischief = this.chaos(direction, count);
        count += 1;
        switch (mischief) {
          case 'flip': {
            const flipped = Buffer.from(chunk);
            const at = this.flipAt(flipped.length);
            flipped[at] = (flipped[at] ?? 0) ^ 0x01;
            done(null, flipped);
            return;
          }
          case 'drop':
            done();
            return;
          case 'repeat':
            done(null, Buffer.concat([chunk, chunk]));
            return;
          case 'delay':
            this.#delay(() => done(null, chunk));
            return;
          case 'cut':
            wire.destroy();
            done();
            return;
          case undefined:
            done(null, chunk);
            return;
        }
      },
    });
  }
}
