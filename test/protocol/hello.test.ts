import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { concat, fromHex, toHex } from '../../protocol/bytes.ts';
import { MalformedError, ProtocolError, UnsupportedError } from '../../protocol/errors.ts';
import { decodeHello, encodeHello, type Hello } from '../../protocol/hello.ts';
import { readVectors } from './support.ts';

const { cases } = readVectors<{ readonly cases: readonly { readonly login: { readonly hello: string } }[] }>(
  'cardea-1.json',
);

const hello: fc.Arbitrary<Hello> = fc.record({
  nonce: fc.uint8Array({ minLength: 32, maxLength: 32 }),
  suites: fc.array(fc.integer({ min: 0, max: 255 }), { minLength: 1, maxLength: 255 }),
  certificates: fc.array(fc.uint8Array({ minLength: 1, maxLength: 600 }), { minLength: 2, maxLength: 4 }),
});

const sample: Hello = {
  nonce: new Uint8Array(32).fill(1),
  suites: [2],
  certificates: [Uint8Array.of(48, 1), Uint8Array.of(48, 2)],
};

describe('a HELLO', () => {
  it.each(cases.map((vector, i) => [i, vector.login.hello] as const))(
    'of vector %i is read and written byte for byte',
    (_, hex) => {
      const decoded = decodeHello(fromHex(hex));
      expect(toHex(encodeHello(decoded))).toBe(hex);
      expect(decoded.suites).toContain(2);
      expect(decoded.certificates[0]?.[0]).toBe(0x30);
    },
  );

  it('is read as it was written', () => {
    fc.assert(
      fc.property(hello, (value) => {
        expect(decodeHello(encodeHello(value))).toEqual(value);
      }),
    );
  });

  it('is refused cut anywhere, and lengthened', () => {
    const body = encodeHello(sample);
    for (let length = 0; length < body.length; length++) {
      expect(() => decodeHello(body.slice(0, length))).toThrow(MalformedError);
    }
    expect(() => decodeHello(concat(body, Uint8Array.of(0)))).toThrow(MalformedError);
  });

  it('of another version is told as such, whatever follows', () => {
    const body = encodeHello(sample).slice(0, 5);
    body[1] = 2;
    expect(() => decodeHello(body)).toThrow(UnsupportedError);
  });

  it('of another type is refused', () => {
    const body = encodeHello(sample);
    body[0] = 0;
    expect(() => decodeHello(body)).toThrow(MalformedError);
  });

  it('is refused, both ways, with fields out of bounds', () => {
    const certificate = Uint8Array.of(48);
    for (const wrong of [
      { ...sample, nonce: new Uint8Array(31) },
      { ...sample, suites: [] },
      { ...sample, certificates: [certificate] },
      { ...sample, certificates: Array.from({ length: 5 }, () => certificate) },
      { ...sample, certificates: [certificate, new Uint8Array(0)] },
    ]) {
      expect(() => encodeHello(wrong)).toThrow(MalformedError);
    }
    const nonce = '11'.repeat(32);
    for (const rest of ['00020001300001 30', '010100013 0', '010205', '01020200013 00000']) {
      const body = fromHex(`0101${nonce}${rest.replaceAll(' ', '')}`);
      expect(() => decodeHello(body)).toThrow(MalformedError);
    }
    expect(decodeHello(fromHex(`0101${nonce}0102020001300001 31`.replaceAll(' ', ''))).suites).toEqual([2]);
  });

  it('of random bytes is a typed error', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), fc.boolean(), (bytes, started) => {
        const body = started ? concat(Uint8Array.of(1, 1), bytes) : bytes;
        try {
          expect(encodeHello(decodeHello(body))).toEqual(body);
        } catch (error) {
          expect(error).toBeInstanceOf(ProtocolError);
        }
      }),
    );
  });
});
