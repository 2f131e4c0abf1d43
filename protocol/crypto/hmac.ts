import { concat, wipe } from '../bytes.ts';
import type { Primitives } from './primitives.ts';

// HMAC (RFC 2104) and HKDF (RFC 5869) over a SHA-256 that is fast for one call: a handshake makes 25 HMACs
// of a few bytes, and node:crypto's own objects for them cost three times what the hashing does.

const BLOCK_LENGTH = 64;
const HASH_LENGTH = 32;
const INNER = 0x36;
const OUTER = 0x5c;

type Hash = Primitives['sha256'];

export function hmacOver(hash: Hash): Primitives['hmacSha256'] {
  return (key, data) => {
    const pads = new Pads(hash, key);
    try {
      return pads.mac(data);
    } finally {
      pads.wipe();
    }
  };
}

/** @throws RangeError above 255 blocks of output */
export function hkdfOver(hash: Hash): Primitives['hkdf'] {
  const hmac = hmacOver(hash);
  return (ikm, salt, info, length) => {
    const blocks = Math.ceil(length / HASH_LENGTH);
    if (blocks > 255) throw new RangeError('HKDF gives at most 255 blocks');
    const extracted = hmac(salt, ikm);
    const pads = new Pads(hash, extracted);
    const output = new Uint8Array(length);
    let block: Uint8Array = new Uint8Array(0);
    for (let i = 0; i < blocks; i++) {
      const next = pads.mac(block, info, Uint8Array.of(i + 1));
      wipe(block);
      block = next;
      output.set(i === blocks - 1 ? block.subarray(0, length - i * HASH_LENGTH) : block, i * HASH_LENGTH);
    }
    wipe(extracted, block);
    pads.wipe();
    return output;
  };
}

/** One key's two padded blocks. */
class Pads {
  readonly #hash: Hash;
  readonly #inner = new Uint8Array(BLOCK_LENGTH).fill(INNER);
  readonly #outer = new Uint8Array(BLOCK_LENGTH + HASH_LENGTH).fill(OUTER);

  constructor(hash: Hash, key: Uint8Array) {
    this.#hash = hash;
    const short = key.length > BLOCK_LENGTH ? hash(key) : key;
    for (let i = 0; i < short.length; i++) {
      const byte = short[i] ?? 0;
      this.#inner[i] = INNER ^ byte;
      this.#outer[i] = OUTER ^ byte;
    }
    if (short !== key) wipe(short);
  }

  mac(...data: readonly Uint8Array[]): Uint8Array {
    const message = concat(this.#inner, ...data);
    const inner = this.#hash(message);
    this.#outer.set(inner, BLOCK_LENGTH);
    const tag = this.#hash(this.#outer);
    wipe(message, inner);
    return tag;
  }

  wipe(): void {
    wipe(this.#inner, this.#outer);
  }
}
