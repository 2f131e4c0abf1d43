/**
 * Every label and length of the protocol, with the section of PROTOCOL.md it comes from.
 * Lengths are in bytes. Labels are ASCII and go into hashes as they stand.
 */

/** The ids of the suites on the wire and on cards (PROTOCOL, the first table). */
export const SUITE = { limbasiya2021: 0x01, cardea1: 0x02 } as const;
export type SuiteId = (typeof SUITE)[keyof typeof SUITE];
export type SuiteName = 'limbasiya-2021' | 'cardea-1';

/** Labels of `cardea-1`: the `info` of HKDF, or its beginning. */
export const LABEL = {
  /** The prologue of the handshake, the `aad` of the boxes, the info of the OPRF's keys (2.1, 2.3, 2.5). */
  suite: 'cardea-1',
  cardKey: 'cardea-1 card key', // 2.1
  recoveryKey: 'cardea-1 recovery key', // 2.1
  usk: 'cardea-1 usk', // 2.1
  psk: 'cardea-1 psk', // 2.1, 2.5
  oprf: 'cardea-1 oprf', // 2.1
  subject: 'cardea-1 subject', // 2.1
  pinBox: 'cardea-1 pin', // 2.3
  uskBox: 'cardea-1 usk box', // 2.3
  recoveryBox: 'cardea-1 recovery', // 2.3
  pinChanged: 'cardea-1 pin changed', // 2.6
} as const;

/** Master keys, `usk`, `psk_ij`, `oprfSeed`, `seed`, `proof`, X25519 and box keys alike (2.1, 2.3). */
export const KEY_LENGTH = 32;
/** A ristretto255 element or scalar (RFC 9497, 4.1). */
export const ELEMENT_LENGTH = 32;
/** `rwd`, the output of the OPRF: one SHA-512 (RFC 9497, 4.1). */
export const RWD_LENGTH = 64;
export const UID_LENGTH = 16; // 2.1
export const CA_PIN_LENGTH = 16; // 2.1
export const PATIENT_ID_LENGTH = 16; // 2.1
export const SUBJECT_LENGTH = 16; // 2.1
export const SALT_LENGTH = 16; // 2.2
/** 32 bytes sealed: ciphertext and tag (2.2). */
export const BOX_LENGTH = 48;

export const MAX_PIN_VERSION = 0xffff; // 2.6
export const MAX_SEQUENCE = 0xffff_ffff; // 2.2
/** The first image of a card is this one, in slot A (2.2). */
export const FIRST_SEQUENCE = 1;
/** How a card is stretched unless somebody chose otherwise (2.3). */
export const DEFAULT_LOG_N = 14;

/** Whether a card may say so: 0 stretches nothing, 10 to 17 is scrypt's N as a power of two (2.2). */
export function isLogN(logN: number): boolean {
  return logN === 0 || (Number.isInteger(logN) && logN >= 10 && logN <= 17);
}
