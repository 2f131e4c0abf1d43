import type { VirtualI2cDevice } from './virtual-board.ts';

/** The MPR121's registers that matter: soft reset, and how many electrodes it measures. */
const SOFT_RESET = 0x80;
const ELECTRODES = 0x5e;

const DEFAULT_LAYOUT = '123456789*0#';

/** An MPR121 with twelve keys. It tells touches only once it was set to measure its electrodes. */
export class VirtualKeypad implements VirtualI2cDevice {
  readonly #layout: string;
  readonly #registers = new Map<number, number>();
  #touched = 0;

  /** `layout`: the keys at electrodes 0 to 11. */
  constructor(layout: string = DEFAULT_LAYOUT) {
    this.#layout = layout;
  }

  press(key: string): void {
    this.#touched |= this.#bit(key);
  }

  release(key: string): void {
    this.#touched &= ~this.#bit(key);
  }

  write([register = 0, ...values]: Uint8Array): void {
    if (register === SOFT_RESET) this.#registers.clear();
    else for (const [offset, value] of values.entries()) this.#registers.set(register + offset, value);
  }

  read(register: number, count: number): Uint8Array {
    const measured = (this.#registers.get(ELECTRODES) ?? 0) === 0 ? 0 : this.#touched;
    const status = [measured & 0xff, measured >> 8];
    return Uint8Array.from(
      { length: count },
      (_, offset) => status[register + offset] ?? this.#registers.get(register + offset) ?? 0,
    );
  }

  #bit(key: string): number {
    const electrode = this.#layout.indexOf(key);
    if (electrode < 0) throw new RangeError(`the virtual keypad has no key ${key}`);
    return 1 << electrode;
  }
}
