import { createHash, randomFillSync } from 'node:crypto';

/** Drawn at once: one draw costs as much for 4 KB as for 32 bytes, more than hashing the latter. */
const drawn = new Uint8Array(4_096);
let used = drawn.length;

/** Cryptographically strong random bytes. What is handed out is kept nowhere. */
export function systemRandom(length: number): Uint8Array {
  if (length > drawn.length / 8) return randomFillSync(new Uint8Array(length));
  if (used + length > drawn.length) {
    randomFillSync(drawn);
    used = 0;
  }
  const out = drawn.slice(used, used + length);
  drawn.fill(0, used, used + length);
  used += length;
  return out;
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
