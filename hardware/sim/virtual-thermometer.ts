import type { VirtualI2cDevice } from './virtual-board.ts';

/** Where each chip has its temperature, and how far up in its two bytes the sixteenths of a degree begin. */
const CHIPS = { MCP9808: { register: 0x05, shift: 0 }, TMP102: { register: 0x00, shift: 4 } } as const;

/** A thermometer on I2C, for temperatures above zero. */
export class VirtualThermometer implements VirtualI2cDevice {
  readonly #chip: (typeof CHIPS)[keyof typeof CHIPS];
  readonly #celsius: () => number;

  constructor(chip: keyof typeof CHIPS, celsius: () => number) {
    this.#chip = CHIPS[chip];
    this.#celsius = celsius;
  }

  write(): void {}

  read(register: number, count: number): Uint8Array {
    const { register: own, shift } = this.#chip;
    const word = register === own ? Math.round(this.#celsius() * 16) << shift : 0;
    return Uint8Array.of((word >> 8) & 0xff, word & 0xff).subarray(0, count);
  }
}
