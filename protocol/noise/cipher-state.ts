import { wipe } from '../bytes.ts';
import type { Primitives } from '../crypto/primitives.ts';
import { NonceExhaustedError, WrongTurnError } from '../errors.ts';

/**
 * The last nonce that may be used. Noise reserves 2^64-1; a JavaScript number counts exactly up to
 * 2^53-1, which is reserved here in its place.
 */
export const MAX_NONCE = Number.MAX_SAFE_INTEGER - 1;

/**
 * A key and its counter (Noise, 5.1), in one object so that neither outlives the other: a nonce can
 * never come again under the same key. Takes `key` (32 bytes) over and wipes it.
 */
export class CipherState {
  readonly #p: Primitives;
  readonly #key: Uint8Array;
  #nonce: number;
  #dead = false;

  /** `nonce` is the first one to be used; a new key begins at 0. */
  constructor(p: Primitives, key: Uint8Array, nonce = 0) {
    this.#p = p;
    this.#key = key;
    this.#nonce = nonce;
  }

  /**
   * Seals `plaintext` under the next nonce: 16 bytes longer.
   * @throws NonceExhaustedError after which the key is gone; WrongTurnError once it is.
   */
  encryptWithAd(ad: Uint8Array, plaintext: Uint8Array): Uint8Array {
    return this.#p.seal(this.#key, this.#nextNonce(), ad, plaintext);
  }

  /**
   * Opens what the other side sealed under the same nonce. A failure wipes the key: nothing that
   * follows a forged or lost message is believed.
   * @throws AuthenticationError, NonceExhaustedError; WrongTurnError once the key is gone.
   */
  decryptWithAd(ad: Uint8Array, ciphertext: Uint8Array): Uint8Array {
    const nonce = this.#nextNonce();
    try {
      return this.#p.open(this.#key, nonce, ad, ciphertext);
    } catch (error) {
      this.wipe();
      throw error;
    }
  }

  wipe(): void {
    wipe(this.#key);
    this.#dead = true;
  }

  /** 32 zero bits, then the counter in 64 bits, little-endian (Noise, 12.3). */
  #nextNonce(): Uint8Array {
    if (this.#dead) throw new WrongTurnError('this key is gone');
    if (this.#nonce > MAX_NONCE) {
      this.wipe();
      throw new NonceExhaustedError('no nonce is left under this key; log in again');
    }
    const nonce = new Uint8Array(12);
    new DataView(nonce.buffer).setBigUint64(4, BigInt(this.#nonce), true);
    this.#nonce += 1;
    return nonce;
  }
}
