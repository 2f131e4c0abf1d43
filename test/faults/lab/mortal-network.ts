import type { Address, ByteStream, Listener, Network } from '../../../runtime/network.ts';
import { UnreachableError } from '../../../runtime/network-errors.ts';

/** The network as one process sees it, for as long as it lives: with it go its connections and its address. */
export class MortalNetwork implements Network {
  readonly #network: Network;
  readonly #streams = new Set<ByteStream>();
  readonly #listeners = new Set<Listener>();
  #isDead = false;

  constructor(network: Network) {
    this.#network = network;
  }

  async listen(address: Address, onConnection: (stream: ByteStream) => void): Promise<Listener> {
    if (this.#isDead) throw dead();
    const listener = await this.#network.listen(address, (stream) => {
      this.#keep(stream);
      onConnection(stream);
    });
    this.#listeners.add(listener);
    return listener;
  }

  async connect(address: Address, options: { readonly timeoutMs: number }): Promise<ByteStream> {
    if (this.#isDead) throw dead();
    const stream = await this.#network.connect(address, options);
    if (this.#isDead) {
      stream.destroy();
      throw dead();
    }
    this.#keep(stream);
    return stream;
  }

  /** The process is gone: what it had open, the system closes. */
  kill(): void {
    this.#isDead = true;
    for (const listener of this.#listeners) void listener.close();
    for (const stream of this.#streams) stream.destroy();
  }

  #keep(stream: ByteStream): void {
    this.#streams.add(stream);
    stream.once('close', () => this.#streams.delete(stream));
  }
}

function dead(): UnreachableError {
  return new UnreachableError('this process is dead');
}
