import type { Sodium } from 'libsodium-sumo';

/** So many bytes, with all that goes in and comes out. */
const SIZE = 2_048;
/** Each of them begins at a multiple of it. */
const ALIGNMENT = 16;

/** Computes on addresses, the result's first. @returns 0 where it succeeded */
type Compute = (result: number, ...inputs: number[]) => number;

/** A piece of WebAssembly's memory where inputs lie while something is computed on them; nothing stays there. */
export class Scratch {
  readonly #sodium: Sodium;
  readonly #start: number;

  constructor(sodium: Sodium) {
    this.#sodium = sodium;
    this.#start = sodium._malloc(SIZE);
  }

  /** Whether inputs and a result of so many bytes in all find room. */
  hasRoom(length: number, pieces: number): boolean {
    return length + pieces * ALIGNMENT <= SIZE;
  }

  /**
   * @param length of the result, in bytes
   * @returns a copy of the result; null where `compute` failed
   */
  run(length: number, inputs: readonly Uint8Array[], compute: Compute): Uint8Array | null {
    const heap = this.#sodium.HEAPU8;
    const result = this.#start;
    let end = result + aligned(length);
    const addresses: number[] = [];
    for (const input of inputs) {
      heap.set(input, end);
      addresses.push(end);
      end += aligned(input.length);
    }
    try {
      return compute(result, ...addresses) === 0 ? heap.slice(result, result + length) : null;
    } finally {
      heap.fill(0, this.#start, end);
    }
  }
}

function aligned(length: number): number {
  return Math.ceil(length / ALIGNMENT) * ALIGNMENT;
}
