import { EventEmitter } from 'node:events';
import type { Transport } from 'firmata-io';
import type { BytePort } from '../byte-port.ts';

/**
 * A port as Firmata wants it. Firmata writes messages of three to seven bytes one by one; what comes while
 * the line is busy is written in one piece.
 */
export class PortTransport extends EventEmitter implements Transport {
  #port: BytePort | undefined;
  #waiting: Uint8Array[] = [];
  #writing: Promise<void> | undefined;

  constructor(port: BytePort) {
    super();
    this.#port = port;
    port.onData((chunk) => this.emit('data', chunk));
  }

  write(bytes: Uint8Array, written: () => void): void {
    this.#waiting.push(bytes);
    this.#writing ??= this.#writeAll();
    written();
  }

  /** Resolves when nothing waits to be written, or the line is gone. */
  async flushed(): Promise<void> {
    await this.#writing;
  }

  /** Lets go of the port: firmata-io and johnny-five keep all they ever had, and its buffers are large. */
  release(): void {
    this.#port = undefined;
  }

  async #writeAll(): Promise<void> {
    // After all that is written in this turn.
    await Promise.resolve();
    try {
      while (this.#waiting.length > 0) await this.#port?.write(Buffer.concat(this.#waiting.splice(0)));
    } catch {
      // The line is gone, which its `onClose` tells.
      this.#waiting = [];
    } finally {
      this.#writing = undefined;
    }
  }
}
