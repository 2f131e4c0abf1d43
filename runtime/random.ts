import { createHash, randomFillSync } from 'node:crypto';

/** Cryptographically strong random bytes from the operating system. */
export function systemRandom(length: number): Uint8Array {
  return randomFillSync(new Uint8Array(length));
}

/**
 * The same bytes for the same seed, in every run: for simulations and tests, to play a failure again. Never
 * for keys in life.
 */
export function seededRandom(seed: string): (length: number) => Uint8Array {
  let block = 0;
  let rest = new Uint8Array(0);
  return (length) => {
    const out = new Uint8Array(length);
    let filled = 0;
    while (filled < length) {
      if (rest.length === 0) {
        rest = new Uint8Array(createHash('sha256').update(`${block}:${seed}`).digest());
        block += 1;
      }
      const taken = rest.subarray(0, length - filled);
      out.set(taken, filled);
      filled += taken.length;
      rest = rest.subarray(taken.length);
    }
    return out;
  };
}
