import { closeSync, openSync, readSync, statSync, writeSync } from 'node:fs';
import { CardGoneError, type CardMemory } from './card-memory.ts';
import type { Field } from './field.ts';
import { ntagKindOfSize } from './ntag-models.ts';
import type { VirtualCard } from './virtual-card.ts';
import { NotASmartCardError, VirtualIsoDep } from './virtual-iso-dep.ts';
import { VirtualNtag } from './virtual-ntag.ts';

/** Bytes at the start of a dump that tell one card from another: the UID of either kind is in them. */
const IDENTITY_LENGTH = 8;

/**
 * The card of a memory: 180, 540 or 924 bytes are an NTAG213, 215 or 216, any other number an ISO-DEP card.
 * @throws NotASmartCardError when it is too small or too large for that, too
 */
export function cardOf(memory: CardMemory): VirtualNtag | VirtualIsoDep {
  return ntagKindOfSize(memory.size) === null ? new VirtualIsoDep(memory) : new VirtualNtag(memory);
}

/**
 * The card whose dump is the file at `path`; each page is read from there, and written there, on its own.
 * @throws CardGoneError when there is no such file; NotASmartCardError when it is no card's dump
 */
export function cardInFile(path: string): VirtualNtag | VirtualIsoDep {
  const stat = statSync(path, { throwIfNoEntry: false });
  if (!stat?.isFile()) throw new CardGoneError(path);
  return cardOf(fileMemory(path, stat.size));
}

/**
 * A field on which the card in a file lies for as long as the file exists. Nothing is kept in between: each
 * page is read from the file and written to it, so that a program killed while it writes leaves behind what a
 * card pulled away would hold. A file that is no card's dump is nothing that the reader could see.
 */
export class FileField implements Field {
  readonly #path: string;
  #lying: { readonly identity: string; readonly card: VirtualCard } | null = null;

  constructor(path: string) {
    this.#path = path;
  }

  card(): VirtualCard | null {
    const identity = this.#identity();
    if (identity === null) this.#lying = null;
    else if (this.#lying?.identity !== identity) this.#lying = this.#layDown(identity);
    return this.#lying?.card ?? null;
  }

  /** What changes when another card's file is put in place; null when there is none. */
  #identity(): string | null {
    const stat = statSync(this.#path, { throwIfNoEntry: false });
    if (!stat?.isFile()) return null;
    try {
      const uid = fileMemory(this.#path, stat.size).read(0, Math.min(IDENTITY_LENGTH, stat.size));
      return `${stat.ino} ${stat.size} ${Buffer.from(uid).toString('hex')}`;
    } catch (error) {
      if (error instanceof CardGoneError) return null;
      throw error;
    }
  }

  #layDown(identity: string): { identity: string; card: VirtualCard } | null {
    try {
      return { identity, card: cardInFile(this.#path) };
    } catch (error) {
      if (error instanceof NotASmartCardError || error instanceof CardGoneError) return null;
      throw error;
    }
  }
}

/** A memory of `size` bytes that is the file at `path`. */
function fileMemory(path: string, size: number): CardMemory {
  return {
    size,
    read(offset, length) {
      const bytes = new Uint8Array(length);
      const count = withFile(path, 'r', (fd) => readSync(fd, bytes, 0, length, offset));
      if (count < length) throw new CardGoneError(path);
      return bytes;
    },
    write(offset, bytes) {
      withFile(path, 'r+', (fd) => writeSync(fd, bytes, 0, bytes.length, offset));
    },
  };
}

/** A file that this program cannot read or write is as good as not there: the reader sees no card. */
function withFile<T>(path: string, flags: 'r' | 'r+', use: (fd: number) => T): T {
  let fd: number | undefined;
  try {
    fd = openSync(path, flags);
    return use(fd);
  } catch (cause) {
    throw new CardGoneError(path, { cause });
  } finally {
    if (fd !== undefined) closeSync(fd);
  }
}
