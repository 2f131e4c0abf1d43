/**
 * The one seam between the protocol and the libraries that compute for it. `noble.ts` is the audited
 * implementation without native code; `fastest.ts` puts the machine's own in its place, with the same
 * results. All sizes in bytes; X25519 keys and ristretto255 elements are 32 bytes.
 */
export interface Primitives {
  sha256(data: Uint8Array): Uint8Array;
  sha512(data: Uint8Array): Uint8Array;
  /** SHA3-256 (FIPS 202): the `h` of the suite `limbasiya-2021` (PROTOCOL 1). */
  sha3_256(data: Uint8Array): Uint8Array;
  hmacSha256(key: Uint8Array, data: Uint8Array): Uint8Array;
  /** RFC 5869 with SHA-256. An empty salt is the same as none. */
  hkdf(ikm: Uint8Array, salt: Uint8Array, info: Uint8Array, length: number): Uint8Array;
  /** The public key of an X25519 private key. */
  x25519Public(privateKey: Uint8Array): Uint8Array;
  /** @throws AuthenticationError when the result is all zeros: a peer's key of low order (PROTOCOL 2). */
  x25519(privateKey: Uint8Array, publicKey: Uint8Array): Uint8Array;
  /** The same for a private key that agrees more than once: to make it ready may cost as much as to agree. */
  x25519Key(privateKey: Uint8Array): AgreementKey;
  /** ChaCha20-Poly1305 (RFC 8439), 12-byte nonce: ciphertext || 16-byte tag. */
  seal(key: Uint8Array, nonce: Uint8Array, aad: Uint8Array, plaintext: Uint8Array): Uint8Array;
  /** @throws AuthenticationError when the tag does not verify. */
  open(key: Uint8Array, nonce: Uint8Array, aad: Uint8Array, sealed: Uint8Array): Uint8Array;
  /** RFC 7914 with N = 2^logN, r = 8, p = 1. */
  scrypt(password: Uint8Array, salt: Uint8Array, logN: number, length: number): Promise<Uint8Array>;
  /**
   * scalar · element in ristretto255, the OPRF's one multiplication. `scalar` as RFC 9497 serialises it (32 bytes, LE).
   * @throws MalformedError when `element` is no canonical element or the identity, or `scalar` is zero or not reduced.
   */
  multiplyElement(scalar: Uint8Array, element: Uint8Array): Uint8Array;
  /** The ristretto255 element that 64 uniform bytes stand for (RFC 9496, 4.3.4). */
  deriveElement(uniform: Uint8Array): Uint8Array;
  /** Whether `bytes` are an element in its one encoding, and not the identity. Of any length. */
  isElement(bytes: Uint8Array): boolean;
}

/** An X25519 private key that is ready for use; its owner wipes the bytes it was made of, and lets it go. */
export interface AgreementKey {
  readonly publicKey: Uint8Array;
  /** @throws AuthenticationError when the result is all zeros */
  agree(publicKey: Uint8Array): Uint8Array;
}

/** What is computed in the group ristretto255. */
export type ElementPrimitives = Pick<Primitives, 'multiplyElement' | 'deriveElement' | 'isElement'>;
