import type { HardwareClock } from '../clock.ts';

/** The chip wakes on this many rising edges of its RX line (HARDWARE 2). */
const EDGES_TO_WAKE = 5;
/** From then on its oscillator needs this long to start; bytes that come before are lost. */
const START_MS = 1;
const BITS_PER_BYTE = 10;

/**
 * The chip's sleep, and how the serial line ends it. The bytes that wake it are lost, and so are those that
 * come while its oscillator starts. Time passes by the clock, and with every byte as on a real line, since
 * an unpaced one delivers a preamble and the frame behind it at once.
 */
export class WakeUp {
  readonly #clock: HardwareClock;
  #state: 'awake' | 'starting' | 'asleep' = 'asleep';
  #wakesByHsu = true;
  #edges = 0;
  #startedAt = 0;
  #bytesMs = 0;

  constructor(clock: HardwareClock) {
    this.#clock = clock;
  }

  get awake(): boolean {
    return this.#state === 'awake';
  }

  /** PowerDown. Where `wakesByHsu` is false, nothing but a power cycle ends it. */
  sleep(wakesByHsu: boolean): void {
    this.#state = 'asleep';
    this.#edges = 0;
    this.#wakesByHsu = wakesByHsu;
  }

  /** Those of `bytes`, which come in at `baud`, that the chip hears. */
  hear(bytes: Uint8Array, baud: number): Uint8Array {
    for (const [index, byte] of bytes.entries()) {
      if (this.#isUp()) return bytes.slice(index);
      this.#lose(byte, (BITS_PER_BYTE * 1000) / baud);
    }
    return new Uint8Array(0);
  }

  #isUp(): boolean {
    if (this.#state === 'starting') {
      const passed = Math.max(this.#bytesMs, this.#clock.monotonic() - this.#startedAt);
      if (passed >= START_MS) this.#state = 'awake';
    }
    return this.#state === 'awake';
  }

  #lose(byte: number, byteMs: number): void {
    if (this.#state === 'starting') {
      this.#bytesMs += byteMs;
      return;
    }
    if (!this.#wakesByHsu) return;
    this.#edges += risingEdges(byte);
    if (this.#edges < EDGES_TO_WAKE) return;
    this.#state = 'starting';
    this.#startedAt = this.#clock.monotonic();
    this.#bytesMs = 0;
  }
}

/** Rising edges of a byte on the line: a start bit (0), its bits from the lowest on, a stop bit (1). */
function risingEdges(byte: number): number {
  let edges = 0;
  let level = 0;
  for (let bit = 0; bit <= 8; bit++) {
    const next = bit === 8 ? 1 : (byte >> bit) & 1;
    if (level === 0 && next === 1) edges++;
    level = next;
  }
  return edges;
}
