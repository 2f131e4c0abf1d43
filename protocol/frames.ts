import { concat, u8, u16 } from './bytes.ts';
import { MalformedError } from './errors.ts';

/** The type of a body, its first byte (PROTOCOL 2.5). */
export const FRAME = {
  error: 0x00,
  hello: 0x01,
  login: 0x02,
  challenge: 0x03,
  proof: 0x04,
  welcome: 0x05,
  data: 0x06,
} as const;
export type FrameType = (typeof FRAME)[keyof typeof FRAME];

/** The longest body, type byte included. */
export const MAX_BODY = 65_535;

const HEADER_LENGTH = 2;

/** The body of a frame: its type byte and what follows. */
export function encodeBody(type: FrameType, rest: Uint8Array): Uint8Array {
  return concat(u8(type), rest);
}

/** What follows the type byte, without copying. @throws MalformedError when `body` is of another type */
export function decodeBody(type: FrameType, body: Uint8Array): Uint8Array {
  if (body[0] !== type) throw new MalformedError(`a body of type ${type} was due`);
  return body.subarray(1);
}

/** `u16 length || body`. @throws MalformedError when `body` is empty or longer than 65,535 bytes */
export function encodeFrame(body: Uint8Array): Uint8Array {
  if (body.length < 1 || body.length > MAX_BODY) {
    throw new MalformedError(`a body has 1 to ${MAX_BODY} bytes, not ${body.length}`);
  }
  return concat(u16(body.length), body);
}

/**
 * Cuts a byte stream into frames. Holds one frame that is not whole yet, at most `maxBody` + 2 bytes,
 * and makes room for a body only once its length is found to be allowed.
 */
export class FrameDecoder {
  /** The longest body that is taken; may be raised once the other side is known. */
  maxBody: number;
  #header = new Uint8Array(HEADER_LENGTH);
  #body: Uint8Array | undefined;
  #filled = 0;
  #failure: MalformedError | undefined;

  constructor({ maxBody }: { readonly maxBody: number }) {
    this.maxBody = maxBody;
  }

  /** Bytes held of a frame that is not whole; 0 between two frames. */
  get pending(): number {
    return this.#body === undefined ? this.#filled : HEADER_LENGTH + this.#filled;
  }

  /**
   * The bodies that `chunk` completes, in order.
   * @throws MalformedError for a length of 0 or above `maxBody`, now and at every later call: there is no
   *   way to find the next frame. What came whole in the same chunk before it is lost with the connection.
   */
  push(chunk: Uint8Array): Uint8Array[] {
    if (this.#failure !== undefined) throw this.#failure;
    const bodies: Uint8Array[] = [];
    let at = 0;
    while (at < chunk.length) {
      const part = this.#body ?? this.#header;
      const taken = chunk.subarray(at, at + part.length - this.#filled);
      part.set(taken, this.#filled);
      this.#filled += taken.length;
      at += taken.length;
      if (this.#filled < part.length) break;
      this.#filled = 0;
      if (this.#body === undefined) {
        this.#body = new Uint8Array(this.#bodyLength());
      } else {
        bodies.push(this.#body);
        this.#body = undefined;
      }
    }
    return bodies;
  }

  #bodyLength(): number {
    const length = new DataView(this.#header.buffer).getUint16(0);
    if (length === 0 || length > this.maxBody) {
      this.#failure = new MalformedError(`a frame of ${length} bytes; 1 to ${this.maxBody} are taken`);
      throw this.#failure;
    }
    return length;
  }
}
