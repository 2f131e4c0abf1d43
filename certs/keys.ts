import { createPrivateKey, createPublicKey, generateKeyPairSync } from 'node:crypto';
import { concat, fromHex } from '../protocol/bytes.ts';
import { CertificateError, isP256 } from './certificate.ts';

/** RFC 8410: what stands before the 32 raw bytes of an X25519 key. */
const X25519_SPKI_PREFIX = fromHex('302a300506032b656e032100');
const X25519_PKCS8_PREFIX = fromHex('302e020100300506032b656e04220420');

/** A P-256 pair for TLS, as DER. */
export interface TlsKeyPair {
  /** PKCS#8. */
  readonly privateKey: Uint8Array;
  /** SubjectPublicKeyInfo. */
  readonly publicKey: Uint8Array;
}

/** A new P-256 pair from the system's own randomness: OpenSSL takes no other. */
export function newTlsKeyPair(): TlsKeyPair {
  const { privateKey, publicKey } = generateKeyPairSync('ec', {
    namedCurve: 'P-256',
    privateKeyEncoding: { type: 'pkcs8', format: 'der' },
    publicKeyEncoding: { type: 'spki', format: 'der' },
  });
  return { privateKey: new Uint8Array(privateKey), publicKey: new Uint8Array(publicKey) };
}

/** SubjectPublicKeyInfo of the public half of a PKCS#8 private key. */
export function publicKeyOf(privateKey: Uint8Array): Uint8Array {
  const key = createPublicKey(
    createPrivateKey({ key: Buffer.from(privateKey), type: 'pkcs8', format: 'der' }),
  );
  return new Uint8Array(key.export({ type: 'spki', format: 'der' }));
}

/**
 * Checks a key that somebody wants certified for TLS: a P-256 key in its canonical form.
 * @throws CertificateError `key`
 */
export function checkTlsPublicKey(spki: Uint8Array): void {
  let canonical: Uint8Array;
  try {
    const key = createPublicKey({ key: Buffer.from(spki), type: 'spki', format: 'der' });
    canonical = isP256(key) ? key.export({ type: 'spki', format: 'der' }) : new Uint8Array(0);
  } catch (cause) {
    throw new CertificateError('key', 'the key to be certified cannot be read', { cause });
  }
  if (!Buffer.from(spki).equals(canonical)) {
    throw new CertificateError('key', 'the key to be certified is no P-256 key');
  }
}

/** SubjectPublicKeyInfo of a raw X25519 public key (32 bytes). */
export function x25519PublicKeyToSpki(publicKey: Uint8Array): Uint8Array {
  return concat(X25519_SPKI_PREFIX, publicKey);
}

/** PKCS#8 of a raw X25519 private key (32 bytes). */
export function x25519PrivateKeyToPkcs8(privateKey: Uint8Array): Uint8Array {
  return concat(X25519_PKCS8_PREFIX, privateKey);
}

/** The raw 32 bytes out of `x25519PublicKeyToSpki`'s form; undefined for anything else. */
export function x25519PublicKeyFromSpki(spki: Uint8Array): Uint8Array | undefined {
  return rawAfter(X25519_SPKI_PREFIX, spki);
}

/** The raw 32 bytes out of `x25519PrivateKeyToPkcs8`'s form; undefined for anything else. */
export function x25519PrivateKeyFromPkcs8(pkcs8: Uint8Array): Uint8Array | undefined {
  return rawAfter(X25519_PKCS8_PREFIX, pkcs8);
}

function rawAfter(prefix: Uint8Array, der: Uint8Array): Uint8Array | undefined {
  const fits = der.length === prefix.length + 32 && prefix.every((byte, i) => der[i] === byte);
  return fits ? der.slice(prefix.length) : undefined;
}
