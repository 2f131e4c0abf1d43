import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { concat, toHex, utf8 } from '../../protocol/bytes.ts';
import { MalformedError } from '../../protocol/errors.ts';
import { decodeWireError, encodeWireError, WIRE_ERROR } from '../../protocol/wire-error.ts';

describe('an ERROR', () => {
  it('is its type, the code and the text', () => {
    expect(toHex(encodeWireError(WIRE_ERROR.busy, 'later'))).toBe(`0004${toHex(utf8('later'))}`);
  });

  it('is read as it was written', () => {
    const text = fc.string({ unit: 'grapheme', maxLength: 20 }).map((value) => value.normalize('NFC'));
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 255 }), text, (code, value) => {
        fc.pre(utf8(value).length <= 200);
        expect(decodeWireError(encodeWireError(code, value))).toEqual({ code, text: value });
      }),
    );
  });

  it('carries at most 200 bytes of text, cut between characters', () => {
    expect(encodeWireError(1, 'x'.repeat(201))).toHaveLength(202);
    const { text } = decodeWireError(encodeWireError(1, `x${'é'.repeat(200)}`));
    expect(text).toBe(`x${'é'.repeat(99)}`);
  });

  it('is refused without a code, with too long a text, with text that is none, and of another type', () => {
    expect(() => decodeWireError(Uint8Array.of(0))).toThrow(MalformedError);
    expect(() => decodeWireError(new Uint8Array(0))).toThrow(MalformedError);
    expect(() => decodeWireError(concat(Uint8Array.of(0, 1), new Uint8Array(201).fill(120)))).toThrow(
      MalformedError,
    );
    expect(() => decodeWireError(Uint8Array.of(0, 1, 0xff))).toThrow(MalformedError);
    expect(() => decodeWireError(Uint8Array.of(1, 1))).toThrow(MalformedError);
  });

  it('of random bytes is read, or a typed error', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 250 }), (bytes) => {
        try {
          expect(decodeWireError(bytes).code).toBe(bytes[1]);
        } catch (error) {
          expect(error).toBeInstanceOf(MalformedError);
        }
      }),
    );
  });
});
