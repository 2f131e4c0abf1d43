import { concat, utf8, wipe } from '../bytes.ts';
import type { Primitives } from '../crypto/primitives.ts';
import { WrongTurnError } from '../errors.ts';
import { CipherState } from './cipher-state.ts';

const HASH_LENGTH = 32;
const NO_INFO = new Uint8Array(0);

/** Chaining key, handshake hash and the key of the moment (Noise, 5.2), with SHA-256. */
export class SymmetricState {
  readonly #p: Primitives;
  #ck: Uint8Array;
  #h: Uint8Array;
  #cipher: CipherState | undefined;

  /** InitializeSymmetric. */
  constructor(p: Primitives, protocolName: string) {
    const name = utf8(protocolName);
    this.#p = p;
    this.#h =
      name.length <= HASH_LENGTH ? concat(name, new Uint8Array(HASH_LENGTH - name.length)) : p.sha256(name);
    this.#ck = this.#h.slice();
  }

  /** A copy of h. After the last message it names the session and may be shown (Noise, 11.2). */
  get handshakeHash(): Uint8Array {
    return this.#h.slice();
  }

  mixKey(inputKeyMaterial: Uint8Array): void {
    const output = this.#derive(inputKeyMaterial, 2);
    this.#setKeys(output.subarray(0, HASH_LENGTH), output.subarray(HASH_LENGTH));
  }

  mixHash(data: Uint8Array): void {
    this.#h = this.#p.sha256(concat(this.#h, data));
  }

  mixKeyAndHash(inputKeyMaterial: Uint8Array): void {
    const output = this.#derive(inputKeyMaterial, 3);
    const hashInput = output.subarray(HASH_LENGTH, 2 * HASH_LENGTH);
    this.mixHash(hashInput);
    wipe(hashInput);
    this.#setKeys(output.subarray(0, HASH_LENGTH), output.subarray(2 * HASH_LENGTH));
  }

  encryptAndHash(plaintext: Uint8Array): Uint8Array {
    const ciphertext = this.#key.encryptWithAd(this.#h, plaintext);
    this.mixHash(ciphertext);
    return ciphertext;
  }

  /** @throws AuthenticationError */
  decryptAndHash(ciphertext: Uint8Array): Uint8Array {
    const plaintext = this.#key.decryptWithAd(this.#h, ciphertext);
    this.mixHash(ciphertext);
    return plaintext;
  }

  /** The two transport keys, first the initiator's. They belong to the caller; all else is wiped. */
  split(): [CipherState, CipherState] {
    const output = this.#derive(NO_INFO, 2);
    this.wipe();
    return [
      new CipherState(this.#p, output.subarray(0, HASH_LENGTH)),
      new CipherState(this.#p, output.subarray(HASH_LENGTH)),
    ];
  }

  wipe(): void {
    wipe(this.#ck, this.#h);
    this.#cipher?.wipe();
    this.#cipher = undefined;
  }

  /** Noise's HKDF is RFC 5869 with the chaining key as salt and no info (Noise, 4.3). */
  #derive(inputKeyMaterial: Uint8Array, outputs: 2 | 3): Uint8Array {
    return this.#p.hkdf(inputKeyMaterial, this.#ck, NO_INFO, outputs * HASH_LENGTH);
  }

  #setKeys(ck: Uint8Array, key: Uint8Array): void {
    wipe(this.#ck);
    this.#cipher?.wipe();
    this.#ck = ck;
    this.#cipher = new CipherState(this.#p, key);
  }

  /** Noise would send in the clear while there is no key. No pattern here does, so nothing ever may. */
  get #key(): CipherState {
    if (this.#cipher === undefined) throw new WrongTurnError('there is no key yet');
    return this.#cipher;
  }
}
