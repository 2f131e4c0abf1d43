import { ristretto255_oprf } from '@noble/curves/ed25519.js';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { fromHex, toHex, utf8 } from '../../protocol/bytes.ts';
import { noble } from '../../protocol/crypto/noble.ts';
import { MalformedError } from '../../protocol/errors.ts';
import { blind, blindWith, deriveKey, evaluate, finalize } from '../../protocol/oprf.ts';
import { flipped, readVectors } from './support.ts';

interface Rfc9497 {
  readonly seed: string;
  readonly key_info: string;
  readonly sk_sm: string;
  readonly cases: readonly {
    readonly input: string;
    readonly blind: string;
    readonly blinded_element: string;
    readonly evaluation_element: string;
    readonly output: string;
  }[];
}

const rfc = readVectors<Rfc9497>('rfc9497-a1.json');
const key = fromHex(rfc.sk_sm);
/** The order of the group: the first scalar that is not reduced (RFC 9496, 4). */
const ORDER = 'edd3f55c1a631258d69cf7a2def9de1400000000000000000000000000000010';
const IDENTITY = new Uint8Array(32);

describe('RFC 9497, appendix A.1.1', () => {
  it('derives the key of the seed and the info', () => {
    expect(toHex(deriveKey(noble, fromHex(rfc.seed), fromHex(rfc.key_info)))).toBe(rfc.sk_sm);
  });

  it.each(rfc.cases)('blinds, evaluates and finalizes the input $input', (vector) => {
    const input = fromHex(vector.input);
    const scalar = fromHex(vector.blind);
    const blinded = blindWith(noble, input, scalar);
    const evaluated = evaluate(noble, key, blinded);
    expect(toHex(blinded)).toBe(vector.blinded_element);
    expect(toHex(evaluated)).toBe(vector.evaluation_element);
    expect(toHex(finalize(noble, input, scalar, evaluated))).toBe(vector.output);
  });
});

describe('the OPRF', () => {
  it('gives for any input and blind what the library gives for another blind', () => {
    const bytes = (length: number) => fc.uint8Array({ minLength: length, maxLength: length });
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 64 }), bytes(64), bytes(32), (input, random, seed) => {
        fc.pre(random.some((byte) => byte !== 0));
        const own = deriveKey(noble, seed, utf8('info'));
        const library = ristretto255_oprf.oprf.deriveKeyPair(seed, utf8('info'));
        expect(own).toEqual(library.secretKey);
        const { blind: scalar, blinded } = blind(noble, input, () => random.slice());
        const output = finalize(noble, input, scalar, evaluate(noble, own, blinded));
        const other = ristretto255_oprf.oprf.blind(input, (length = 48) => new Uint8Array(length).fill(7));
        const answer = ristretto255_oprf.oprf.blindEvaluate(own, other.blinded);
        expect(output).toEqual(ristretto255_oprf.oprf.finalize(input, other.blind, answer));
      }),
      { numRuns: 20 },
    );
  });

  it('blinds the same input differently each time', () => {
    let next = 1;
    const random = (length: number) => new Uint8Array(length).fill(next++);
    const first = blind(noble, utf8('482913'), random);
    const second = blind(noble, utf8('482913'), random);
    expect(first.blinded).not.toEqual(second.blinded);
  });

  it('reduces all 64 random bytes to the blind, and wipes them', () => {
    const random = fromHex(ORDER + '00'.repeat(32));
    random[63] = 1;
    const { blind: scalar } = blind(noble, utf8('482913'), () => random);
    expect(scalar.some((byte) => byte !== 0)).toBe(true);
    expect(random.every((byte) => byte === 0)).toBe(true);
    expect(noble.isElement(blindWith(noble, utf8('482913'), scalar))).toBe(true);
  });

  it('refuses a random source that gives nothing but zeros', () => {
    expect(() => blind(noble, utf8('482913'), (length) => new Uint8Array(length))).toThrow(MalformedError);
  });

  it('refuses a blind that is zero or not reduced', () => {
    expect(() => blindWith(noble, utf8('482913'), new Uint8Array(32))).toThrow(MalformedError);
    expect(() => blindWith(noble, utf8('482913'), fromHex(ORDER))).toThrow(MalformedError);
  });

  it.each([
    ['the identity', IDENTITY],
    ['31 bytes', new Uint8Array(31).fill(2)],
    ['33 bytes', new Uint8Array(33).fill(2)],
    ['nothing', new Uint8Array(0)],
    // RFC 9496, A.2: non-canonical, negative, and no square.
    ['a field element that is not reduced', fromHex(`00${'ff'.repeat(31)}`)],
    ['2^255 - 19 + 1, another way to write 1', fromHex(`ee${'ff'.repeat(30)}7f`)],
    ['a negative field element', fromHex(`01${'00'.repeat(31)}`)],
    [
      'a field element that gives no square',
      fromHex('26948d35ca62e643e26a83177332e6b6afeb9d08e4268b650f1f5bbd8d81d371'),
    ],
  ])('refuses %s as an element, to evaluate or to finalize', (_name, bytes) => {
    expect(noble.isElement(bytes)).toBe(false);
    expect(() => evaluate(noble, key, bytes)).toThrow(MalformedError);
    expect(() => finalize(noble, utf8('482913'), key, bytes)).toThrow(MalformedError);
  });

  it('takes the elements of the RFC for what they are', () => {
    for (const vector of rfc.cases) {
      expect(noble.isElement(fromHex(vector.blinded_element))).toBe(true);
      expect(noble.isElement(fromHex(vector.evaluation_element))).toBe(true);
    }
  });

  it('derives another key for each other seed or info', () => {
    const seed = fromHex(rfc.seed);
    const info = fromHex(rfc.key_info);
    expect(toHex(deriveKey(noble, flipped(seed, 31), info))).not.toBe(rfc.sk_sm);
    expect(toHex(deriveKey(noble, seed, flipped(info, 0)))).not.toBe(rfc.sk_sm);
  });

  it('refuses a seed of any length but 32', () => {
    expect(() => deriveKey(noble, new Uint8Array(31), utf8('info'))).toThrow(MalformedError);
    expect(() => deriveKey(noble, new Uint8Array(33), utf8('info'))).toThrow(MalformedError);
  });

  it('gives up where the hash yields zero for all 256 counters', () => {
    let hashes = 0;
    const zeros = {
      ...noble,
      sha512: () => {
        hashes += 1;
        return new Uint8Array(64);
      },
    };
    expect(() => deriveKey(zeros, fromHex(rfc.seed), utf8('info'))).toThrow(MalformedError);
    expect(hashes).toBe(2 * 256);
  });
});
