import { WIRE_ERROR } from '../protocol/wire-error.ts';
import type { ByteStream } from '../runtime/network.ts';
import { serveConnection } from './connection.ts';
import type { ConnectionServices } from './services.ts';
import { Wire } from './wire.ts';

/** The connections that are open now in this process. */
export class Connections {
  readonly #services: ConnectionServices;
  readonly #open = new Map<Wire, Promise<void>>();
  #isClosing = false;

  constructor(services: ConnectionServices) {
    this.#services = services;
  }

  serve(stream: ByteStream): void {
    if (this.#isClosing) {
      stream.destroy();
      return;
    }
    const wire = new Wire(stream, this.#services.surroundings.clock);
    if (this.#services.load.isTooMuch) {
      this.#turnAway(wire, stream);
      return;
    }
    const served = serveConnection(this.#services, wire, stream.remoteAddress);
    this.#open.set(wire, served);
    stream.once('close', () => void served.then(() => this.#open.delete(wire)));
  }

  /** At once, with nothing counted and nobody asked. */
  #turnAway(wire: Wire, stream: ByteStream): void {
    this.#open.set(wire, Promise.resolve());
    stream.once('close', () => this.#open.delete(wire));
    wire.refuse(WIRE_ERROR.busy, 'busy');
  }

  /** Ends every connection; resolves when what each of them took is settled. */
  async close(): Promise<void> {
    this.#isClosing = true;
    for (const wire of this.#open.keys()) wire.refuse(WIRE_ERROR.busy, 'the hub is stopping');
    await Promise.all(this.#open.values());
    for (const wire of this.#open.keys()) wire.destroy();
  }
}
