import { concat, fromNfc, Reader, u8, utf8 } from '../bytes.ts';
import { MalformedError } from '../errors.ts';
import { HASH_LENGTH } from './hash.ts';

/** The longest `Loc_j`, in bytes of UTF-8: what fits into `γ` behind `VT` (PROTOCOL 1.2). */
export const MAX_LOC = 28;
const MAX_TEXT = 255;

/** A hub as the list on a card has it. With `SSK_j`, every card knows every hub's secret. */
export interface ListedHub {
  /** `ID_j`, 1 to 255 bytes of UTF-8. */
  readonly ID: string;
  /** `SSK_j`, 32 bytes. */
  readonly SSK: Uint8Array;
  /** `Loc_j`, 1 to 28 bytes of UTF-8. */
  readonly Loc: string;
  /** `HOST:PORT`, 1 to 255 bytes of UTF-8. */
  readonly address: string;
}

/**
 * `List`, in the order in which the hubs were registered (PROTOCOL 1.1).
 * @throws MalformedError for text that is empty or too long.
 */
export function encodeList(hubs: readonly ListedHub[]): Uint8Array {
  return concat(
    ...hubs.map(({ ID, SSK, Loc, address }) => {
      if (SSK.length !== HASH_LENGTH)
        throw new RangeError(`SSK_j has ${HASH_LENGTH} bytes, not ${SSK.length}`);
      return concat(
        text('id', ID, MAX_TEXT),
        SSK,
        text('location', Loc, MAX_LOC),
        text('address', address, MAX_TEXT),
      );
    }),
  );
}

/** @throws MalformedError for bytes that `encodeList` does not give, or an `ID_j` that is listed twice. */
export function decodeList(bytes: Uint8Array): ListedHub[] {
  const reader = new Reader(bytes);
  const hubs: ListedHub[] = [];
  while (reader.remaining > 0) {
    const hub = {
      ID: readText(reader, 'id', MAX_TEXT),
      SSK: reader.bytes(HASH_LENGTH),
      Loc: readText(reader, 'location', MAX_LOC),
      address: readText(reader, 'address', MAX_TEXT),
    };
    if (hubs.some(({ ID }) => ID === hub.ID)) throw new MalformedError('a hub is listed twice');
    hubs.push(hub);
  }
  return hubs;
}

/**
 * `Loc_j` as bytes, of which there is at least one and none is zero, since zeros fill up `γ`.
 * @throws MalformedError when it is not so, or longer than 28 bytes.
 */
export function encodeLoc(Loc: string): Uint8Array {
  return textBytes('location', Loc, MAX_LOC);
}

/** @throws MalformedError for bytes that `encodeLoc` does not give. */
export function decodeLoc(bytes: Uint8Array): string {
  return textOf(bytes, 'location', MAX_LOC);
}

function text(name: string, value: string, longest: number): Uint8Array {
  const bytes = textBytes(name, value, longest);
  return concat(u8(bytes.length), bytes);
}

function textBytes(name: string, value: string, longest: number): Uint8Array {
  const bytes = utf8(value);
  requireText(bytes, name, longest);
  return bytes;
}

function readText(reader: Reader, name: string, longest: number): string {
  return textOf(reader.bytes(reader.u8()), name, longest);
}

function textOf(bytes: Uint8Array, name: string, longest: number): string {
  requireText(bytes, name, longest);
  return fromNfc(bytes);
}

function requireText(bytes: Uint8Array, name: string, longest: number): void {
  if (bytes.length < 1 || bytes.length > longest) {
    throw new MalformedError(`the ${name} of a hub has 1 to ${longest} bytes here, not ${bytes.length}`);
  }
  if (bytes.includes(0)) throw new MalformedError(`the ${name} of a hub holds a zero byte`);
}
