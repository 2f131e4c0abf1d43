import type { BytePort } from '../../../hardware/byte-port.ts';
import type { HardwareClock } from '../../../hardware/clock.ts';
import { ReaderLostError } from '../../../hardware/errors.ts';
import { bytes, hex } from '../bytes.ts';

/** A line whose other end is the test: it sees what was written, and when, and says what comes back. */
export class FakePort implements BytePort {
  speed = 115_200;
  readonly written: { readonly frame: string; readonly at: number }[] = [];
  readonly #clock: HardwareClock;
  #onData: (chunk: Uint8Array) => void = () => {};
  #onClose: (() => void)[] = [];
  #open = true;

  constructor(clock: HardwareClock) {
    this.#clock = clock;
  }

  get isOpen(): boolean {
    return this.#open;
  }

  get frames(): readonly string[] {
    return this.written.map(({ frame }) => frame);
  }

  async write(data: Uint8Array): Promise<void> {
    if (!this.#open) throw new ReaderLostError('gone');
    this.written.push({ frame: hex(data), at: this.#clock.monotonic() });
  }

  onData(listener: (chunk: Uint8Array) => void): void {
    this.#onData = listener;
  }

  onClose(listener: () => void): void {
    this.#onClose.push(listener);
  }

  async close(): Promise<void> {
    this.vanish();
  }

  async setSpeed(baud: number): Promise<void> {
    this.speed = baud;
  }

  /** What the chip says. */
  say(...frames: string[]): void {
    for (const frame of frames) this.#onData(bytes(frame));
  }

  vanish(): void {
    if (!this.#open) return;
    this.#open = false;
    for (const listener of this.#onClose) listener();
  }
}
