import type { VirtualI2cDevice } from './virtual-board.ts';

/** The PCF8574's outputs: to RS, RW, E, the light behind the display, and D4 to D7. */
const RS = 0x01;
const ENABLE = 0x04;
const BACKLIGHT = 0x08;

/** Where each row of the display begins in its memory. */
const ROW_STARTS = [0x00, 0x40, 0x14, 0x54];

/** An HD44780 display behind a PCF8574, with the parts of its instructions that write text. */
export class VirtualDisplay implements VirtualI2cDevice {
  readonly #columns: number;
  readonly #rowCount: number;
  readonly #memory = new Map<number, string>();
  #outputs = 0;
  /** The first half of a byte; undefined between two. */
  #upper: number | undefined;
  /** Each half is a whole instruction until the display is told that it gets bytes in halves. */
  #halves = false;
  #address = 0;

  constructor({ columns, rows }: { readonly columns: number; readonly rows: number }) {
    this.#columns = columns;
    this.#rowCount = rows;
  }

  /** What can be read on it. */
  get rows(): readonly string[] {
    return ROW_STARTS.slice(0, this.#rowCount).map((start) =>
      Array.from({ length: this.#columns }, (_, column) => this.#memory.get(start + column) ?? ' ').join(''),
    );
  }

  get lit(): boolean {
    return (this.#outputs & BACKLIGHT) !== 0;
  }

  write(bytes: Uint8Array): void {
    for (const byte of bytes) {
      const before = this.#outputs;
      this.#outputs = byte;
      // It takes what lies on its lines as E falls.
      if ((before & ENABLE) !== 0 && (byte & ENABLE) === 0) this.#take(before >> 4, (before & RS) !== 0);
    }
  }

  read(): Uint8Array {
    return Uint8Array.of(this.#outputs);
  }

  #take(half: number, isText: boolean): void {
    if (!this.#halves) {
      this.#halves = half === 0x2;
      return;
    }
    if (this.#upper === undefined) {
      this.#upper = half;
      return;
    }
    const byte = (this.#upper << 4) | half;
    this.#upper = undefined;
    if (isText) this.#memory.set(this.#address++, String.fromCharCode(byte));
    else this.#obey(byte);
  }

  #obey(instruction: number): void {
    if (instruction >= 0x80) this.#address = instruction & 0x7f;
    else if (instruction === 0x01) this.#memory.clear();
    if (instruction === 0x01 || instruction === 0x02) this.#address = 0;
  }
}
