import { MalformedError } from './errors.ts';

/** Where random bytes come from. Passed in, so that every run can be replayed. */
export type Random = (length: number) => Uint8Array;

const encoder = new TextEncoder();
const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** UTF-8 of `text`, normalised to NFC (PROTOCOL, conventions). */
export function utf8(text: string): Uint8Array {
  return encoder.encode(text.normalize('NFC'));
}

/** @throws MalformedError when `bytes` is not UTF-8. */
export function fromUtf8(bytes: Uint8Array): string {
  try {
    return decoder.decode(bytes);
  } catch (cause) {
    throw new MalformedError('text is not UTF-8', { cause });
  }
}

/**
 * Text as {@link utf8} writes it, and no other writing of it (PROTOCOL, conventions).
 * @throws MalformedError when `bytes` is not UTF-8, or not in NFC
 */
export function fromNfc(bytes: Uint8Array): string {
  const text = fromUtf8(bytes);
  if (text !== text.normalize('NFC')) throw new MalformedError('text is not in NFC');
  return text;
}

export function concat(...parts: readonly Uint8Array[]): Uint8Array {
  const out = new Uint8Array(parts.reduce((length, part) => length + part.length, 0));
  let at = 0;
  for (const part of parts) {
    out.set(part, at);
    at += part.length;
  }
  return out;
}

/** Equality in time that depends on the lengths alone: for secrets, tags and public keys. */
export function equalConstantTime(a: Uint8Array, b: Uint8Array): boolean {
  if (a.length !== b.length) return false;
  let difference = 0;
  for (const [i, byte] of a.entries()) difference |= byte ^ (b[i] ?? 0);
  return difference === 0;
}

/** True for bytes that are all zero; looks at every one of them. */
export function isZero(bytes: Uint8Array): boolean {
  let seen = 0;
  for (const byte of bytes) seen |= byte;
  return seen === 0;
}

/** Overwrites secrets that are not needed any more. */
export function wipe(...secrets: readonly (Uint8Array | undefined)[]): void {
  for (const secret of secrets) secret?.fill(0);
}

/** Of every byte; and of every character code below 128, its digit or -1: pages of the feed are millions of them. */
const HEX_OF_BYTE = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, '0'));
const DIGIT_OF_CODE = new Int8Array(128).fill(-1);
for (let digit = 0; digit < 16; digit++) DIGIT_OF_CODE[digit.toString(16).charCodeAt(0)] = digit;

/** Lower-case hex, the form of bytes in JSON (PROTOCOL 2). */
export function toHex(bytes: Uint8Array): string {
  let hex = '';
  for (let i = 0; i < bytes.length; i++) hex += HEX_OF_BYTE[bytes[i] ?? 0];
  return hex;
}

/** @throws MalformedError for anything but an even number of lower-case hex digits. */
export function fromHex(hex: string): Uint8Array {
  if (hex.length % 2 !== 0) throw new MalformedError('not lower-case hex');
  const out = new Uint8Array(hex.length / 2);
  for (let i = 0; i < out.length; i++) out[i] = (hexDigit(hex, 2 * i) << 4) | hexDigit(hex, 2 * i + 1);
  return out;
}

function hexDigit(hex: string, at: number): number {
  const digit = DIGIT_OF_CODE[hex.charCodeAt(at)] ?? -1;
  if (digit < 0) throw new MalformedError('not lower-case hex');
  return digit;
}

export function u8(value: number): Uint8Array {
  return unsigned(value, 1);
}

export function u16(value: number): Uint8Array {
  return unsigned(value, 2);
}

export function u32(value: number): Uint8Array {
  return unsigned(value, 4);
}

/** 64 bits, big-endian; `value` is a safe integer. */
export function u64(value: number): Uint8Array {
  return unsigned(value, 8);
}

function unsigned(value: number, length: number): Uint8Array {
  if (!Number.isSafeInteger(value) || value < 0 || value >= 2 ** (8 * length)) {
    throw new RangeError(`${value} does not fit in ${length} unsigned bytes`);
  }
  const out = new Uint8Array(length);
  for (let i = length - 1, rest = value; i >= 0; i--) {
    out[i] = rest % 256;
    rest = Math.floor(rest / 256);
  }
  return out;
}

/** Reads fields from the front of `bytes`; every read checks that they are there. */
export class Reader {
  readonly #bytes: Uint8Array;
  #at = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  get remaining(): number {
    return this.#bytes.length - this.#at;
  }

  /** A copy of the next `length` bytes. @throws MalformedError when fewer are left. */
  bytes(length: number): Uint8Array {
    if (length > this.remaining)
      throw new MalformedError(`cut short: ${length} bytes wanted, ${this.remaining} left`);
    const out = this.#bytes.slice(this.#at, this.#at + length);
    this.#at += length;
    return out;
  }

  u8(): number {
    return this.#unsigned(1);
  }

  u16(): number {
    return this.#unsigned(2);
  }

  u32(): number {
    return this.#unsigned(4);
  }

  /** @throws MalformedError also when the value is no safe integer. */
  u64(): number {
    const value = this.#unsigned(8);
    if (!Number.isSafeInteger(value)) throw new MalformedError('number out of range');
    return value;
  }

  rest(): Uint8Array {
    return this.bytes(this.remaining);
  }

  /** @throws MalformedError when anything is left. */
  end(): void {
    if (this.remaining !== 0) throw new MalformedError(`${this.remaining} bytes too many`);
  }

  #unsigned(length: number): number {
    return this.bytes(length).reduce((value, byte) => value * 256 + byte, 0);
  }
}
