import type { Sodium } from 'libsodium-sumo';
import { isZero, wipe } from '../bytes.ts';
import { ELEMENT_LENGTH } from '../constants.ts';
import { AuthenticationError, MalformedError } from '../errors.ts';
import type { ElementPrimitives, Primitives } from './primitives.ts';
import { Scratch } from './scratch.ts';

const SCALAR_LENGTH = 32;
const UNIFORM_LENGTH = 64;
const HASH_LENGTH = 32;
const TAG_LENGTH = 16;
const NONCE_LENGTH = 12;
const KEY_LENGTH = 32;
/** The order of the group, little-endian (RFC 9496, 4.4). */
const ORDER = Uint8Array.from([
  0xed, 0xd3, 0xf5, 0x5c, 0x1a, 0x63, 0x12, 0x58, 0xd6, 0x9c, 0xf7, 0xa2, 0xde, 0xf9, 0xde, 0x14, 0, 0, 0, 0,
  0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x10,
]);

type ShortPrimitives = Pick<Primitives, 'sha256' | 'hmacSha256' | 'hkdf' | 'seal' | 'open'>;

/**
 * libsodium, compiled to WebAssembly, for 65 ms and 12 MB once: the group, ten times as fast as noble; and hashes,
 * keys and seals of short messages, for which node:crypto takes two to four times as long, with an object for each.
 *
 * @param forLong for messages so long that OpenSSL is faster, and keys that libsodium does not take
 * @throws what WebAssembly throws where it may not run
 */
export async function loadSodium(forLong: ShortPrimitives): Promise<ElementPrimitives & ShortPrimitives> {
  const { default: load } = await import('libsodium-sumo');
  // Not `sodium_init`: in WebAssembly it does no more than look for where randomness comes from, and none is used here.
  const sodium = await load();
  const scratch = new Scratch(sodium);
  return {
    ...elements(sodium, scratch),
    ...hashes(sodium, scratch, forLong),
    ...seals(sodium, scratch, forLong),
  };
}

function hashes(
  sodium: Sodium,
  scratch: Scratch,
  forLong: ShortPrimitives,
): Pick<Primitives, 'sha256' | 'hmacSha256' | 'hkdf'> {
  const prkPlace = new Uint8Array(HASH_LENGTH);
  return {
    sha256(data) {
      if (!scratch.hasRoom(HASH_LENGTH + data.length, 2)) return forLong.sha256(data);
      return sure(
        scratch.run(HASH_LENGTH, [data], (out, at) => sodium._crypto_hash_sha256(out, at, data.length, 0)),
      );
    },
    hmacSha256(key, data) {
      if (key.length > KEY_LENGTH || !scratch.hasRoom(HASH_LENGTH + data.length + KEY_LENGTH, 3)) {
        return forLong.hmacSha256(key, data);
      }
      // HMAC itself fills shorter keys up with zeros (RFC 2104).
      const filled = new Uint8Array(KEY_LENGTH);
      filled.set(key);
      const tag = scratch.run(HASH_LENGTH, [data, filled], (out, at, keyAt) =>
        sodium._crypto_auth_hmacsha256(out, at, data.length, 0, keyAt),
      );
      wipe(filled);
      return sure(tag);
    },
    hkdf(ikm, salt, info, length) {
      if (!scratch.hasRoom(length + ikm.length + salt.length + info.length + HASH_LENGTH, 5)) {
        return forLong.hkdf(ikm, salt, info, length);
      }
      return sure(
        scratch.run(length, [ikm, salt, info, prkPlace], (out, ikmAt, saltAt, infoAt, prk) => {
          sodium._crypto_kdf_hkdf_sha256_extract(prk, saltAt, salt.length, ikmAt, ikm.length);
          return sodium._crypto_kdf_hkdf_sha256_expand(out, length, infoAt, info.length, prk);
        }),
      );
    },
  };
}

function seals(
  sodium: Sodium,
  scratch: Scratch,
  forLong: ShortPrimitives,
): Pick<Primitives, 'seal' | 'open'> {
  const isShort = (key: Uint8Array, nonce: Uint8Array, aad: Uint8Array, message: Uint8Array) =>
    key.length === KEY_LENGTH &&
    nonce.length === NONCE_LENGTH &&
    scratch.hasRoom(KEY_LENGTH + NONCE_LENGTH + aad.length + 2 * message.length + TAG_LENGTH, 5);
  return {
    seal(key, nonce, aad, plaintext) {
      if (!isShort(key, nonce, aad, plaintext)) return forLong.seal(key, nonce, aad, plaintext);
      const { length } = plaintext;
      return sure(
        scratch.run(length + TAG_LENGTH, [key, nonce, aad, plaintext], (out, keyAt, nonceAt, aadAt, at) =>
          sodium._crypto_aead_chacha20poly1305_ietf_encrypt(
            out,
            0,
            at,
            length,
            0,
            aadAt,
            aad.length,
            0,
            0,
            nonceAt,
            keyAt,
          ),
        ),
      );
    },
    open(key, nonce, aad, sealed) {
      if (sealed.length < TAG_LENGTH || !isShort(key, nonce, aad, sealed)) {
        return forLong.open(key, nonce, aad, sealed);
      }
      const { length } = sealed;
      const plaintext = scratch.run(
        length - TAG_LENGTH,
        [key, nonce, aad, sealed],
        (out, keyAt, nonceAt, aadAt, at) =>
          sodium._crypto_aead_chacha20poly1305_ietf_decrypt(
            out,
            0,
            0,
            at,
            length,
            0,
            aadAt,
            aad.length,
            0,
            nonceAt,
            keyAt,
          ),
      );
      if (plaintext === null) throw new AuthenticationError('the tag does not verify');
      return plaintext;
    },
  };
}

function elements(sodium: Sodium, scratch: Scratch): ElementPrimitives {
  return {
    multiplyElement(scalar, element) {
      // libsodium would reduce a scalar that is too large.
      if (!isReduced(scalar) || isZero(scalar)) throw new MalformedError('no valid ristretto255 scalar');
      if (element.length !== ELEMENT_LENGTH || isZero(element)) {
        throw new MalformedError('the identity element, or none');
      }
      const product = scratch.run(ELEMENT_LENGTH, [scalar, element], (out, scalarAt, elementAt) =>
        sodium._crypto_scalarmult_ristretto255(out, scalarAt, elementAt),
      );
      if (product === null) throw new MalformedError('no valid ristretto255 element');
      return product;
    },
    deriveElement(uniform) {
      if (uniform.length !== UNIFORM_LENGTH) throw new MalformedError('an element is derived from 64 bytes');
      return sure(
        scratch.run(ELEMENT_LENGTH, [uniform], (out, at) =>
          sodium._crypto_core_ristretto255_from_hash(out, at),
        ),
      );
    },
    isElement: (bytes) =>
      // libsodium takes the identity, all zeros, for a valid encoding, which it is.
      bytes.length === ELEMENT_LENGTH &&
      !isZero(bytes) &&
      scratch.run(0, [bytes], (_, at) => 1 - sodium._crypto_core_ristretto255_is_valid_point(at)) !== null,
  };
}

/** Of what fails for no input that gets there. */
function sure(result: Uint8Array | null): Uint8Array {
  if (result === null) throw new Error('libsodium could not compute');
  return result;
}

/** Below the group's order, in 32 bytes; looks at every one of them. */
function isReduced(scalar: Uint8Array): boolean {
  if (scalar.length !== SCALAR_LENGTH) return false;
  let borrow = 0;
  for (let i = 0; i < SCALAR_LENGTH; i++) {
    borrow = ((scalar[i] ?? 0) - (ORDER[i] ?? 0) - borrow) >>> 31;
  }
  return borrow === 1;
}
