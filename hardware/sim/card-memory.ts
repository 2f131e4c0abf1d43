import { HardwareError } from '../errors.ts';

/** The file that is a virtual card's memory is not there, or not any more: the card was taken away. */
export class CardGoneError extends HardwareError {
  readonly code = 'virtual-card-gone';

  constructor(path: string, options?: { readonly cause?: unknown }) {
    super(`There is no virtual card in ${path}.`, options);
  }
}

/**
 * A virtual card's memory: its dump, byte by byte. Kept in RAM here, in a file in `card-file.ts`.
 * Reading and writing throw CardGoneError when it vanished.
 */
export interface CardMemory {
  /** Bytes. */
  readonly size: number;
  read(offset: number, length: number): Uint8Array;
  write(offset: number, bytes: Uint8Array): void;
}

/** A memory over `dump` itself: what the card writes appears there. */
export function ramMemory(dump: Uint8Array): CardMemory {
  return {
    size: dump.length,
    read: (offset, length) => dump.slice(offset, offset + length),
    write: (offset, bytes) => dump.set(bytes, offset),
  };
}

/**
 * What a piece of EEPROM holds whose card lost its power while it was programmed: what it held, what it
 * was to hold, zeros, or bits of both (HARDWARE 4, "Tearing").
 */
export type Torn = 'old' | 'new' | 'zero' | 'mix';

/** The content that tearing leaves of `fresh` written over `old`; both of one length. */
export function tornContent(how: Torn, old: Uint8Array, fresh: Uint8Array): Uint8Array {
  switch (how) {
    case 'old':
      return old;
    case 'new':
      return fresh;
    case 'zero':
      return new Uint8Array(old.length);
    case 'mix':
      return old.map((byte, index) => {
        const programmed = index % 2 === 0 ? 0b0101_0101 : 0b1010_1010;
        return (byte & ~programmed) | ((fresh[index] ?? 0) & programmed);
      });
  }
}
