import { checksum, ERROR_TFI, type Frame, MAX_LEN } from './frame.ts';

/** What the deframer found: a frame, or one whose length was right and whose content was not. */
export type Deframed = Frame | { readonly kind: 'damaged' };

const START_CODE_LENGTH = 2;

/** What stands at a place of the stream. */
type Found =
  /** Too few bytes to tell. */
  | { readonly what: 'more' }
  /** No frame begins here. */
  | { readonly what: 'nothing' }
  /** A frame, or a damaged one; the stream goes on `length` bytes further. */
  | { readonly what: 'frame'; readonly frame: Deframed; readonly length: number };

/**
 * Finds frames in the bytes of a serial line, whatever lies between them (HARDWARE 1: "parser rules").
 *
 * It hunts for the start code `00 FF`, trusts a length only after its checksum LCS and not above
 * {@link MAX_LEN}, and after a wrong LCS or DCS goes on one byte further, so that a frame that begins inside
 * a broken one is found. It holds at most one frame's bytes back, however much noise comes in.
 */
export class Deframer {
  #held: Uint8Array = new Uint8Array(0);

  /** How many bytes are held back: the beginning of a frame, perhaps. */
  get pending(): number {
    return this.#held.length;
  }

  /** Frames completed by `chunk`, in order. */
  push(chunk: Uint8Array): Deframed[] {
    const bytes = new Uint8Array(this.#held.length + chunk.length);
    bytes.set(this.#held);
    bytes.set(chunk, this.#held.length);
    const frames: Deframed[] = [];
    let at = 0;
    while (at < bytes.length) {
      const found = frameAt(bytes.subarray(at));
      if (found.what === 'more') break;
      if (found.what === 'frame') frames.push(found.frame);
      at += found.what === 'frame' ? found.length : 1;
    }
    this.#held = bytes.slice(at);
    return frames;
  }

  /** Forgets the beginning of a frame that will not be completed. */
  reset(): void {
    this.#held = new Uint8Array(0);
  }
}

const MORE: Found = { what: 'more' };
const NOTHING: Found = { what: 'nothing' };

/** Looks for a frame that begins with a start code at `bytes[0]`. Preamble and postamble are just skipped. */
function frameAt(bytes: Uint8Array): Found {
  const [zero, ff, len, lcs] = bytes;
  if (zero !== 0x00) return NOTHING;
  if (ff === undefined) return MORE;
  if (ff !== 0xff) return NOTHING;
  if (len === undefined || lcs === undefined) return MORE;
  if (len === 0x00 && lcs === 0xff) return { what: 'frame', frame: { kind: 'ack' }, length: 4 };
  if (len === 0xff && lcs === 0x00) return { what: 'frame', frame: { kind: 'nack' }, length: 4 };
  if (len === 0xff && lcs === 0xff) return extendedFrameAt(bytes);
  if (checksum([len, lcs]) !== 0) return NOTHING;
  return bodyAt(bytes, START_CODE_LENGTH + 2, len);
}

function extendedFrameAt(bytes: Uint8Array): Found {
  const lengthAt = START_CODE_LENGTH + 2;
  const [lenM, lenL, lcs] = bytes.subarray(lengthAt);
  if (lenM === undefined || lenL === undefined || lcs === undefined) return MORE;
  if (checksum([lenM, lenL, lcs]) !== 0) return NOTHING;
  return bodyAt(bytes, lengthAt + 3, lenM * 256 + lenL);
}

/** The body (TFI, PD0…PDn, DCS) of a frame whose length is trusted. */
function bodyAt(bytes: Uint8Array, start: number, len: number): Found {
  if (len === 0 || len > MAX_LEN) return NOTHING;
  const end = start + len;
  if (bytes.length <= end) return MORE;
  if (checksum(bytes.subarray(start, end + 1)) !== 0) {
    // One byte on: what stands inside the damaged frame may be a good one.
    return { what: 'frame', frame: { kind: 'damaged' }, length: 1 };
  }
  const frame = bodyFrame(bytes.slice(start, end));
  return frame === undefined ? NOTHING : { what: 'frame', frame, length: end + 1 };
}

/** An information frame has at least a code; an error frame only its TFI. */
function bodyFrame(body: Uint8Array): Frame | undefined {
  const [tfi] = body;
  if (tfi === undefined) return undefined;
  if (tfi === ERROR_TFI && body.length === 1) return { kind: 'error' };
  if (body.length === 1) return undefined;
  return { kind: 'information', tfi, data: body.slice(1) };
}
