import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { concat, toHex, u16 } from '../../protocol/bytes.ts';
import { MalformedError } from '../../protocol/errors.ts';
import { decodeBody, encodeBody, encodeFrame, FRAME, FrameDecoder, MAX_BODY } from '../../protocol/frames.ts';

const body = fc.uint8Array({ minLength: 1, maxLength: 300 });

/** `stream` in pieces of the given sizes; what is left goes last. */
function pieces(stream: Uint8Array, sizes: readonly number[]): Uint8Array[] {
  const chunks: Uint8Array[] = [];
  let at = 0;
  for (const size of sizes) {
    chunks.push(stream.slice(at, at + size));
    at += size;
  }
  return [...chunks, stream.slice(at)];
}

describe('a frame', () => {
  it('is a length of two bytes and the body', () => {
    expect(toHex(encodeFrame(Uint8Array.of(6, 1, 2)))).toBe('0003060102');
  });

  it('holds 1 to 65,535 bytes, no more and no less', () => {
    expect(encodeFrame(new Uint8Array(MAX_BODY))).toHaveLength(MAX_BODY + 2);
    expect(() => encodeFrame(new Uint8Array(MAX_BODY + 1))).toThrow(MalformedError);
    expect(() => encodeFrame(new Uint8Array(0))).toThrow(MalformedError);
  });

  it('comes out as it went in, however the stream is cut', () => {
    fc.assert(
      fc.property(
        fc.array(body, { maxLength: 6 }),
        fc.array(fc.nat({ max: 40 }), { maxLength: 60 }),
        (bodies, sizes) => {
          const decoder = new FrameDecoder({ maxBody: 300 });
          const stream = concat(...bodies.map(encodeFrame));
          const out = pieces(stream, sizes).flatMap((chunk) => decoder.push(chunk));
          expect(out.map(toHex)).toEqual(bodies.map(toHex));
          expect(decoder.pending).toBe(0);
        },
      ),
    );
  });

  it('comes out byte by byte, and two in one chunk', () => {
    const bodies = [Uint8Array.of(1, 2, 3), Uint8Array.of(4)];
    const stream = concat(...bodies.map(encodeFrame));
    const slow = new FrameDecoder({ maxBody: 3 });
    const out = [...stream].map((byte) => slow.push(Uint8Array.of(byte)));
    expect(out.map((found) => found.length)).toEqual([0, 0, 0, 0, 1, 0, 0, 1]);
    expect(new FrameDecoder({ maxBody: 3 }).push(stream).map(toHex)).toEqual(bodies.map(toHex));
  });

  it('comes out at its longest', () => {
    const longest = new Uint8Array(MAX_BODY).fill(9);
    expect(new FrameDecoder({ maxBody: MAX_BODY }).push(encodeFrame(longest))).toEqual([longest]);
  });

  it('does not change when the chunk it came in is used again', () => {
    const decoder = new FrameDecoder({ maxBody: 3 });
    const chunk = encodeFrame(Uint8Array.of(1, 2, 3));
    const [out] = decoder.push(chunk);
    chunk.fill(0);
    expect(out).toEqual(Uint8Array.of(1, 2, 3));
  });
});

describe('a frame decoder', () => {
  it('refuses an empty body, at once and for ever', () => {
    const decoder = new FrameDecoder({ maxBody: 10 });
    expect(() => decoder.push(Uint8Array.of(0, 0))).toThrow(MalformedError);
    expect(() => decoder.push(encodeFrame(Uint8Array.of(1)))).toThrow(MalformedError);
    expect(() => decoder.push(new Uint8Array(0))).toThrow(MalformedError);
  });

  it('refuses a body above its limit as soon as the length is there', () => {
    const decoder = new FrameDecoder({ maxBody: 10 });
    expect(decoder.push(Uint8Array.of(0))).toEqual([]);
    expect(() => decoder.push(Uint8Array.of(11))).toThrow(MalformedError);
    expect(new FrameDecoder({ maxBody: 10 }).push(encodeFrame(new Uint8Array(10)))).toHaveLength(1);
  });

  it('takes longer bodies once its limit is raised', () => {
    const decoder = new FrameDecoder({ maxBody: 4 });
    expect(decoder.push(encodeFrame(new Uint8Array(4)))).toHaveLength(1);
    decoder.maxBody = 5;
    expect(decoder.push(encodeFrame(new Uint8Array(5)))).toHaveLength(1);
    expect(() => decoder.push(u16(6))).toThrow(MalformedError);
  });

  it('never holds more than its limit and the length, and says how much it holds', () => {
    fc.assert(
      fc.property(fc.array(fc.uint8Array({ maxLength: 50 }), { maxLength: 20 }), (chunks) => {
        const decoder = new FrameDecoder({ maxBody: 20 });
        let given = 0;
        let taken = 0;
        for (const chunk of chunks) {
          try {
            taken += decoder.push(chunk).reduce((length, found) => length + found.length + 2, 0);
          } catch (error) {
            expect(error).toBeInstanceOf(MalformedError);
            return;
          }
          given += chunk.length;
          expect(decoder.pending).toBe(given - taken);
          expect(decoder.pending).toBeLessThan(22);
        }
      }),
    );
  });
});

describe('a body', () => {
  it('is its type and what follows', () => {
    fc.assert(
      fc.property(fc.constantFrom(...Object.values(FRAME)), fc.uint8Array(), (type, rest) => {
        const encoded = encodeBody(type, rest);
        expect(encoded[0]).toBe(type);
        expect(toHex(decodeBody(type, encoded))).toBe(toHex(rest));
      }),
    );
  });

  it('is refused where another type is due', () => {
    expect(() => decodeBody(FRAME.welcome, Uint8Array.of(FRAME.data, 1))).toThrow(MalformedError);
    expect(() => decodeBody(FRAME.error, new Uint8Array(0))).toThrow(MalformedError);
  });
});
