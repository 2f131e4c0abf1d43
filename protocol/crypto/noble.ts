import { chacha20poly1305 } from '@noble/ciphers/chacha.js';
import { ristretto255, ristretto255_hasher, x25519 } from '@noble/curves/ed25519.js';
import { hkdf } from '@noble/hashes/hkdf.js';
import { hmac } from '@noble/hashes/hmac.js';
import { scryptAsync } from '@noble/hashes/scrypt.js';
import { sha256, sha512 } from '@noble/hashes/sha2.js';
import { sha3_256 } from '@noble/hashes/sha3.js';
import { isZero } from '../bytes.ts';
import { ELEMENT_LENGTH } from '../constants.ts';
import { AuthenticationError, MalformedError } from '../errors.ts';
import type { Primitives } from './primitives.ts';

// Optional in the type, which all curves share; ristretto255 has it.
const { deriveToCurve } = ristretto255_hasher;
if (deriveToCurve === undefined) throw new Error('this @noble/curves derives no ristretto255 elements');

/** The audited implementation: no native code, the same on every machine. */
export const noble: Primitives = {
  sha256: (data) => sha256(data),
  sha512: (data) => sha512(data),
  sha3_256: (data) => sha3_256(data),
  hmacSha256: (key, data) => hmac(sha256, key, data),
  hkdf: (ikm, salt, info, length) => hkdf(sha256, ikm, salt, info, length),
  x25519Public: (privateKey) => x25519.getPublicKey(privateKey),

  x25519(privateKey, publicKey) {
    try {
      return x25519.getSharedSecret(privateKey, publicKey);
    } catch (cause) {
      // noble refuses an all-zero result itself; both keys are 32 bytes by then.
      throw new AuthenticationError('the X25519 result is all zeros', { cause });
    }
  },

  x25519Key: (privateKey) => ({
    publicKey: x25519.getPublicKey(privateKey),
    agree: (publicKey) => noble.x25519(privateKey, publicKey),
  }),

  seal: (key, nonce, aad, plaintext) => chacha20poly1305(key, nonce, aad).encrypt(plaintext),

  open(key, nonce, aad, sealed) {
    try {
      return chacha20poly1305(key, nonce, aad).decrypt(sealed);
    } catch (cause) {
      throw new AuthenticationError('the tag does not verify', { cause });
    }
  },

  scrypt: (password, salt, logN, length) =>
    scryptAsync(password, salt, { N: 2 ** logN, r: 8, p: 1, dkLen: length }),

  multiplyElement(scalar, element) {
    try {
      // All zeros is the identity's encoding; noble would throw on the multiplication alone.
      if (isZero(element)) throw new MalformedError('the identity element');
      const point = ristretto255.Point.fromBytes(element);
      return point.multiply(ristretto255.Point.Fn.fromBytes(scalar)).toBytes();
    } catch (cause) {
      if (cause instanceof MalformedError) throw cause;
      throw new MalformedError('no valid ristretto255 element or scalar', { cause });
    }
  },

  deriveElement: (uniform) => deriveToCurve(uniform).toBytes(),

  isElement(bytes) {
    // The identity is all zeros; whether it is one may be seen, so it need not be slow.
    if (bytes.length !== ELEMENT_LENGTH || isZero(bytes)) return false;
    try {
      ristretto255.Point.fromBytes(bytes);
      return true;
    } catch {
      return false;
    }
  },
};
