import { toHex } from './bytes.ts';
import { MalformedError } from './errors.ts';
import { MAX_BODY } from './frames.ts';
import type { CipherState } from './noise/cipher-state.ts';

const TAG_LENGTH = 16;
const FINGERPRINT_LENGTH = 8;
const NO_AD = new Uint8Array(0);

/** The longest plaintext that still fits into one frame behind the type byte, in bytes. */
export const MAX_PLAINTEXT = MAX_BODY - 1 - TAG_LENGTH;

/** One key for each direction, named by it. */
export interface TransportCiphers {
  readonly deviceToHub: CipherState;
  readonly hubToDevice: CipherState;
}

/**
 * The channel after a handshake: WELCOME and DATA (PROTOCOL 2.5). Messages open only in the order in
 * which they were sealed. Owns both keys; when one of them fails or is used up, both are wiped.
 */
export class Transport {
  /** 8 bytes as hex, the same at both ends: names the session in logs and tells nothing of its keys. */
  readonly fingerprint: string;
  readonly #sending: CipherState;
  readonly #receiving: CipherState;

  /** `binding` is what is unique to the handshake and no secret: in Noise, the handshake hash (Noise, 11.2). */
  constructor(role: 'device' | 'hub', ciphers: TransportCiphers, binding: Uint8Array) {
    this.fingerprint = toHex(binding.subarray(0, FINGERPRINT_LENGTH));
    this.#sending = role === 'device' ? ciphers.deviceToHub : ciphers.hubToDevice;
    this.#receiving = role === 'device' ? ciphers.hubToDevice : ciphers.deviceToHub;
  }

  /**
   * The next message to the other side, 16 bytes longer than `plaintext`.
   * @throws MalformedError above 65,518 bytes, which costs nothing; NonceExhaustedError, which ends the
   *   channel; WrongTurnError when it has ended
   */
  seal(plaintext: Uint8Array): Uint8Array {
    if (plaintext.length > MAX_PLAINTEXT) {
      throw new MalformedError(
        `a message of ${plaintext.length} bytes; at most ${MAX_PLAINTEXT} fit a frame`,
      );
    }
    return this.#orEnd(() => this.#sending.encryptWithAd(NO_AD, plaintext));
  }

  /**
   * The next message from the other side.
   * @throws AuthenticationError when it was forged, changed, repeated, lost or put out of order,
   *   NonceExhaustedError: both end the channel; WrongTurnError when it has ended
   */
  open(sealed: Uint8Array): Uint8Array {
    return this.#orEnd(() => this.#receiving.decryptWithAd(NO_AD, sealed));
  }

  /** Ends the channel. */
  wipe(): void {
    this.#sending.wipe();
    this.#receiving.wipe();
  }

  #orEnd(act: () => Uint8Array): Uint8Array {
    try {
      return act();
    } catch (error) {
      this.wipe();
      throw error;
    }
  }
}
