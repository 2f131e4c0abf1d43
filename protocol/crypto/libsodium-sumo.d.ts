/** What is used of libsodium in WebAssembly, by the names of its C API: pointers are addresses in its memory. */
declare module 'libsodium-sumo' {
  /** A length has 64 bits and comes in two halves, the lower one first. */
  type High = 0;
  type Null = 0;

  export interface Sodium {
    /** All of its memory; another array once it has grown. */
    readonly HEAPU8: Uint8Array;
    _malloc(length: number): number;
    _crypto_hash_sha256(out: number, data: number, length: number, high: High): number;
    /** The key has 32 bytes. */
    _crypto_auth_hmacsha256(out: number, data: number, length: number, high: High, key: number): number;
    _crypto_kdf_hkdf_sha256_extract(
      prk: number,
      salt: number,
      saltLength: number,
      ikm: number,
      ikmLength: number,
    ): number;
    _crypto_kdf_hkdf_sha256_expand(
      out: number,
      length: number,
      info: number,
      infoLength: number,
      prk: number,
    ): number;
    _crypto_aead_chacha20poly1305_ietf_encrypt(
      sealed: number,
      sealedLength: Null,
      plaintext: number,
      length: number,
      high: High,
      aad: number,
      aadLength: number,
      aadHigh: High,
      secretNonce: Null,
      nonce: number,
      key: number,
    ): number;
    _crypto_aead_chacha20poly1305_ietf_decrypt(
      plaintext: number,
      plaintextLength: Null,
      secretNonce: Null,
      sealed: number,
      length: number,
      high: High,
      aad: number,
      aadLength: number,
      aadHigh: High,
      nonce: number,
      key: number,
    ): number;
    _crypto_scalarmult_ristretto255(out: number, scalar: number, element: number): number;
    _crypto_core_ristretto255_from_hash(out: number, uniform: number): number;
    _crypto_core_ristretto255_is_valid_point(element: number): number;
  }

  export default function load(): Promise<Sodium>;
}
