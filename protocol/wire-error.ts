import { concat, fromUtf8, Reader, u8, utf8 } from './bytes.ts';
import { MalformedError } from './errors.ts';
import { decodeBody, encodeBody, FRAME } from './frames.ts';

/** Codes of the ERROR frame (PROTOCOL 2.5). */
export const WIRE_ERROR = {
  malformed: 1,
  unsupported: 2,
  timeout: 3,
  busy: 4,
  notAuthenticated: 5,
  sessionExpired: 6,
  internal: 7,
  clock: 8,
} as const;

const MAX_TEXT = 200;

export interface WireError {
  /** One of `WIRE_ERROR`, or one that a later version knows. */
  readonly code: number;
  /** For logs alone; a device shows its own words for the code. */
  readonly text: string;
}

/** The whole ERROR body. `text` is cut to 200 bytes, never within a character. */
export function encodeWireError(code: number, text: string): Uint8Array {
  return encodeBody(FRAME.error, concat(u8(code), utf8(cut(text.normalize('NFC')))));
}

/** @throws MalformedError */
export function decodeWireError(body: Uint8Array): WireError {
  const reader = new Reader(decodeBody(FRAME.error, body));
  const code = reader.u8();
  if (reader.remaining > MAX_TEXT) throw new MalformedError('the text of an ERROR is at most 200 bytes');
  return { code, text: fromUtf8(reader.rest()) };
}

function cut(text: string): string {
  let length = 0;
  let kept = '';
  for (const character of text) {
    length += utf8(character).length;
    if (length > MAX_TEXT) break;
    kept += character;
  }
  return kept;
}
