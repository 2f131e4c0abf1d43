import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { fromHex, isZero, type Random } from '../../protocol/bytes.ts';
import type { Primitives } from '../../protocol/crypto/primitives.ts';
import { fast } from '../support/fast.ts';

/** A file of test/protocol/vectors. */
export function readVectors<T>(name: string): T {
  return JSON.parse(readFileSync(fileURLToPath(new URL(`vectors/${name}`, import.meta.url)), 'utf8'));
}

/** Gives the hex strings out in turn, each as a fresh array of just the length asked for. */
export function fixedRandom(...values: readonly string[]): Random {
  const left = [...values];
  return (length) => {
    const value = fromHex(left.shift() ?? '');
    if (value.length !== length) throw new Error(`the test has no ${length} random bytes to give`);
    return value;
  };
}

/** Not random at all, but never twice the same: 1, 1, 1 … then 2, 2, 2 … */
export function countingRandom(): Random {
  let next = 0;
  return (length) => {
    next += 1;
    return new Uint8Array(length).fill(next);
  };
}

/**
 * The real primitives, with every secret that comes out of them kept by reference, and random bytes
 * likewise: what a step object has wiped is zero here too.
 */
export class Recorder {
  readonly secrets: Uint8Array[] = [];
  readonly hashes: Uint8Array[] = [];
  /** Copies of what HKDF gave, which the wiping does not reach. */
  readonly derived: Uint8Array[] = [];
  readonly primitives: Primitives = {
    ...fast,
    sha256: (data) => {
      const hash = fast.sha256(data);
      this.hashes.push(hash.slice());
      return hash;
    },
    hkdf: (...input) => {
      const output = this.#keep(fast.hkdf(...input));
      this.derived.push(output.slice());
      return output;
    },
    x25519: (...input) => this.#keep(fast.x25519(...input)),
    x25519Key: (privateKey) => {
      const key = fast.x25519Key(privateKey);
      return { ...key, agree: (publicKey) => this.#keep(key.agree(publicKey)) };
    },
    open: (...input) => this.#keep(fast.open(...input)),
  };

  random(source: Random): Random {
    return (length) => this.#keep(source(length));
  }

  /** How many of the secrets are not zero. */
  get alive(): number {
    return this.secrets.filter((secret) => !isZero(secret)).length;
  }

  #keep(secret: Uint8Array): Uint8Array {
    this.secrets.push(secret);
    return secret;
  }
}

/** `bytes` with one bit of byte `at` flipped. */
export function flipped(bytes: Uint8Array, at: number): Uint8Array {
  return bytes.map((byte, i) => (i === at ? byte ^ 1 : byte));
}

/** What `act` throws; fails the test when it throws nothing. */
export function thrownBy(act: () => unknown): unknown {
  try {
    act();
  } catch (error) {
    return error;
  }
  throw new Error('nothing was thrown');
}
