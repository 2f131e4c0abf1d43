import { Buffer } from 'node:buffer';
import {
  createCipheriv,
  createDecipheriv,
  createPrivateKey,
  createPublicKey,
  diffieHellman,
  hash,
  type KeyObject,
  scrypt,
} from 'node:crypto';
import { wipe } from '../bytes.ts';
import { AuthenticationError, MalformedError } from '../errors.ts';
import { hkdfOver, hmacOver } from './hmac.ts';
import type { ElementPrimitives, Primitives } from './primitives.ts';

// node:crypto computes here and does nothing else: lint lets only what is named above in. Its key objects
// and the text of a key that it imports cannot be wiped; they are gone when the garbage collector has been.

const CIPHER = 'chacha20-poly1305';
const TAG_LENGTH = 16;
const KEY_LENGTH = 32;
/** scrypt works in 128 · N · r bytes and a little; node:crypto refuses more than this. */
const SCRYPT_BLOCK = 128 * 8;
const SCRYPT_SPARE = 1 << 20;

/** A private JWK must name a public key; OpenSSL looks at the private one alone. */
const ANY_PUBLIC = Buffer.alloc(KEY_LENGTH).toString('base64url');

/** Everything but the group: OpenSSL, as it came with Node. */
export const nodeCrypto: Omit<Primitives, keyof ElementPrimitives> = {
  sha256,
  sha512: (data) => plain(hash('sha512', data, 'buffer')),
  sha3_256: (data) => plain(hash('sha3-256', data, 'buffer')),
  hmacSha256: hmacOver(sha256),
  hkdf: hkdfOver(sha256),

  x25519Public: (privateKey) => publicOf(importPrivate(privateKey)),
  x25519: (privateKey, publicKey) => agree(importPrivate(privateKey), publicKey),

  x25519Key(privateKey) {
    const ours = importPrivate(privateKey);
    return { publicKey: publicOf(ours), agree: (publicKey) => agree(ours, publicKey) };
  },

  seal(key, nonce, aad, plaintext) {
    const cipher = createCipheriv(CIPHER, key, nonce, { authTagLength: TAG_LENGTH });
    cipher.setAAD(aad, { plaintextLength: plaintext.length });
    const sealed = new Uint8Array(plaintext.length + TAG_LENGTH);
    sealed.set(cipher.update(plaintext));
    cipher.final();
    sealed.set(cipher.getAuthTag(), plaintext.length);
    return sealed;
  },

  open(key, nonce, aad, sealed) {
    if (sealed.length < TAG_LENGTH) throw new AuthenticationError('cut short: there is no whole tag');
    const end = sealed.length - TAG_LENGTH;
    const decipher = createDecipheriv(CIPHER, key, nonce, { authTagLength: TAG_LENGTH });
    decipher.setAAD(aad, { plaintextLength: end });
    decipher.setAuthTag(sealed.subarray(end));
    const plaintext = plain(decipher.update(sealed.subarray(0, end)));
    try {
      decipher.final();
    } catch (cause) {
      wipe(plaintext);
      throw new AuthenticationError('the tag does not verify', { cause });
    }
    return plaintext;
  },

  scrypt: (password, salt, logN, length) =>
    new Promise((resolve, reject) => {
      const N = 2 ** logN;
      const options = { N, r: 8, p: 1, maxmem: SCRYPT_BLOCK * N + SCRYPT_SPARE };
      scrypt(password, salt, length, options, (error, key) => {
        if (error) reject(error);
        else resolve(plain(key));
      });
    }),
};

/** @throws AuthenticationError */
function agree(privateKey: KeyObject, publicKey: Uint8Array): Uint8Array {
  try {
    return plain(diffieHellman({ privateKey, publicKey: importPublic(publicKey) }));
  } catch (cause) {
    // OpenSSL refuses an all-zero result itself; a public key of another length than 32 ends here, too.
    throw new AuthenticationError('the X25519 result is all zeros', { cause });
  }
}

function publicOf(privateKey: KeyObject): Uint8Array {
  return fromBase64(privateKey.export({ format: 'jwk' }).x ?? '');
}

function sha256(data: Uint8Array): Uint8Array {
  return plain(hash('sha256', data, 'buffer'));
}

/** As JWK: OpenSSL 3 takes ten times as long to read the same key as DER. */
function importPrivate(key: Uint8Array): KeyObject {
  checkLength(key);
  return createPrivateKey({
    format: 'jwk',
    key: { kty: 'OKP', crv: 'X25519', d: toBase64(key), x: ANY_PUBLIC },
  });
}

function importPublic(key: Uint8Array): KeyObject {
  checkLength(key);
  return createPublicKey({ format: 'jwk', key: { kty: 'OKP', crv: 'X25519', x: toBase64(key) } });
}

/** @throws MalformedError; a longer key would be imported by its first 32 bytes */
function checkLength(key: Uint8Array): void {
  if (key.length !== KEY_LENGTH) throw new MalformedError('an X25519 key has 32 bytes');
}

function toBase64(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('base64url');
}

function fromBase64(text: string): Uint8Array {
  return new Uint8Array(Buffer.from(text, 'base64url'));
}

/** The same memory as a plain Uint8Array: a Buffer's `slice` would alias where others copy. */
function plain(buffer: Buffer): Uint8Array {
  return new Uint8Array(buffer.buffer, buffer.byteOffset, buffer.length);
}
