import fc from 'fast-check';
import { describe, expect, it, vi } from 'vitest';
import { fromHex, toHex } from '../../protocol/bytes.ts';
import { clientPrimitives, preferring, serverPrimitives } from '../../protocol/crypto/fastest.ts';
import { KNOWN_ANSWERS } from '../../protocol/crypto/known-answers.ts';
import { noble } from '../../protocol/crypto/noble.ts';
import { nodeCrypto } from '../../protocol/crypto/node-crypto.ts';
import type { Primitives } from '../../protocol/crypto/primitives.ts';
import { AuthenticationError, MalformedError } from '../../protocol/errors.ts';
import { flipped } from './support.ts';

const server = await serverPrimitives();
const client = await clientPrimitives();
const NAMES = Object.keys(KNOWN_ANSWERS) as (keyof Primitives)[];

const bytes = (length: number) => fc.uint8Array({ minLength: length, maxLength: length });
const anyBytes = (maxLength = 300) => fc.uint8Array({ maxLength });
const RUNS = { numRuns: 60 };
const FEW_RUNS = { numRuns: 12 };

const ORDER = 'edd3f55c1a631258d69cf7a2def9de1400000000000000000000000000000010';
const P = `ed${'ff'.repeat(30)}7f`;

/** What came of it: bytes as hex, or the name of what was thrown. */
function outcome(act: () => Uint8Array | boolean): string {
  try {
    const result = act();
    return typeof result === 'boolean' ? String(result) : toHex(result);
  } catch (error) {
    return error instanceof Error ? error.name : 'not an error';
  }
}

/** Both come to the same, be it bytes or a refusal. */
function expectSame(act: (p: Primitives) => Uint8Array | boolean): void {
  expect(outcome(() => act(server))).toBe(outcome(() => act(noble)));
}

describe("the machine's own primitives", () => {
  it('are what hub and RC compute with, every one of them', () => {
    for (const name of NAMES) expect([name, server[name] === noble[name]]).toEqual([name, false]);
  });

  it('are what a terminal computes with, but for the group', () => {
    const fromNoble = NAMES.filter((name) => client[name] === noble[name]);
    expect(fromNoble.toSorted()).toEqual(['deriveElement', 'isElement', 'multiplyElement']);
  });

  it('hash like noble', () => {
    fc.assert(
      fc.property(anyBytes(), anyBytes(), (key, data) => {
        expectSame((p) => p.sha256(data));
        expectSame((p) => p.sha512(data));
        expectSame((p) => p.sha3_256(data));
        expectSame((p) => p.hmacSha256(key, data));
      }),
      RUNS,
    );
  });

  it('derive keys like noble, from empty salts, for any length', () => {
    fc.assert(
      fc.property(anyBytes(), anyBytes(130), anyBytes(), fc.nat(200), (ikm, salt, info, length) => {
        expectSame((p) => p.hkdf(ikm, salt, info, length));
        expectSame((p) => p.hkdf(ikm, new Uint8Array(0), info, length));
      }),
      RUNS,
    );
    expectSame((p) => p.hkdf(new Uint8Array(32), new Uint8Array(0), new Uint8Array(0), 0));
    expectSame((p) => p.hkdf(new Uint8Array(32), new Uint8Array(0), new Uint8Array(0), 255 * 32));
    for (const p of [server, noble]) {
      const tooLong = () => p.hkdf(new Uint8Array(32), new Uint8Array(0), new Uint8Array(0), 255 * 32 + 1);
      expect(tooLong).toThrow();
    }
  });

  it('come to the same for what is short, long, and just between', () => {
    const [key, nonce] = [new Uint8Array(32).fill(1), new Uint8Array(12).fill(2)];
    for (const length of [
      800,
      900,
      950,
      1_000,
      1_900,
      1_950,
      ...Array.from({ length: 64 }, (_, i) => 1_968 + i),
    ]) {
      const data = new Uint8Array(length).fill(3);
      expectSame((p) => p.sha256(data));
      expectSame((p) => p.hmacSha256(key, data));
      expectSame((p) => p.hkdf(data, key, nonce, 64));
      expectSame((p) => p.hkdf(key, nonce, data, 64));
      expectSame((p) => p.seal(key, nonce, nonce, data.subarray(length >> 1)));
      expectSame((p) => p.seal(key, nonce, data, key));
      expectSame((p) => p.open(key, nonce, data, noble.seal(key, nonce, data, key)));
    }
  });

  it('agree on keys like noble', () => {
    fc.assert(
      fc.property(bytes(32), bytes(32), (ours, theirs) => {
        expectSame((p) => p.x25519Public(ours));
        expectSame((p) => p.x25519(ours, noble.x25519Public(theirs)));
        expectSame((p) => p.x25519(ours, theirs));
        expectSame((p) => p.x25519Key(ours).publicKey);
        expectSame((p) => p.x25519Key(ours).agree(theirs));
      }),
      FEW_RUNS,
    );
  });

  it.each([
    ['0', '00'.repeat(32)],
    ['1', `01${'00'.repeat(31)}`],
    ['a point of order 8', 'e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800'],
    ['another point of order 8', '5f9c95bca3508c24b1d0b1559c83ef5b04445cc4581c8e86d8224eddd09f1157'],
    ['p - 1', `ec${'ff'.repeat(30)}7f`],
    ['p, which is 0', P],
    ['p + 1, which is 1', `ee${'ff'.repeat(30)}7f`],
    ['0 with the bit that does not count', `${'00'.repeat(31)}80`],
  ])('abort at the X25519 key %s: the result is all zeros', (_name, key) => {
    for (const p of [server, client, noble]) {
      const private7 = new Uint8Array(32).fill(7);
      expect(() => p.x25519(private7, fromHex(key))).toThrow(AuthenticationError);
      expect(() => p.x25519Key(private7).agree(fromHex(key))).toThrow(AuthenticationError);
    }
  });

  it('read X25519 keys that are not reduced like noble', () => {
    const private7 = new Uint8Array(32).fill(7);
    for (const key of [`ff${'ff'.repeat(31)}`, `f6${'ff'.repeat(30)}7f`, `09${'00'.repeat(30)}80`]) {
      expectSame((p) => p.x25519(private7, fromHex(key)));
    }
  });

  it.each([0, 31, 33, 64])('take no X25519 key of %i bytes', (length) => {
    for (const p of [server, noble]) {
      expect(() => p.x25519(new Uint8Array(32).fill(7), new Uint8Array(length).fill(9))).toThrow();
      expect(() => p.x25519(new Uint8Array(length).fill(7), new Uint8Array(32).fill(9))).toThrow();
      expect(() => p.x25519Public(new Uint8Array(length).fill(7))).toThrow();
      expect(() => p.x25519Key(new Uint8Array(length).fill(7))).toThrow();
      expect(() => p.x25519Key(new Uint8Array(32).fill(7)).agree(new Uint8Array(length).fill(9))).toThrow();
    }
  });

  it('seal and open like noble, nothing included', () => {
    fc.assert(
      fc.property(bytes(32), bytes(12), anyBytes(), anyBytes(3_000), (key, nonce, aad, plaintext) => {
        expectSame((p) => p.seal(key, nonce, aad, plaintext));
        const sealed = noble.seal(key, nonce, aad, plaintext);
        expect(server.open(key, nonce, aad, sealed)).toEqual(plaintext);
      }),
      RUNS,
    );
    const [key, nonce, nothing] = [new Uint8Array(32), new Uint8Array(12), new Uint8Array(0)];
    expectSame((p) => p.seal(key, nonce, nothing, nothing));
    expect(server.open(key, nonce, nothing, noble.seal(key, nonce, nothing, nothing))).toEqual(nothing);
    expectSame((p) => p.seal(key, nonce, nothing, new Uint8Array(65_518)));
  });

  it('open nothing of which a bit, the key, the nonce or the associated data is another', () => {
    const [key, nonce, aad] = [new Uint8Array(32).fill(1), new Uint8Array(12), Uint8Array.of(1, 2)];
    const sealed = noble.seal(key, nonce, aad, Uint8Array.of(5, 6, 7));
    const wrong: [Uint8Array, Uint8Array, Uint8Array, Uint8Array][] = [
      ...Array.from(sealed.keys(), (at): [Uint8Array, Uint8Array, Uint8Array, Uint8Array] => [
        key,
        nonce,
        aad,
        flipped(sealed, at),
      ]),
      [flipped(key, 31), nonce, aad, sealed],
      [key, flipped(nonce, 0), aad, sealed],
      [key, nonce, Uint8Array.of(1), sealed],
      [key, nonce, aad, sealed.subarray(1)],
      [key, nonce, aad, sealed.subarray(0, 15)],
      [key, nonce, aad, new Uint8Array(0)],
    ];
    for (const p of [server, client, noble]) {
      for (const input of wrong) expect(() => p.open(...input)).toThrow(AuthenticationError);
    }
  });

  it('stretch like noble', async () => {
    const salt = new Uint8Array(16).fill(3);
    for (const [password, logN] of [
      [new Uint8Array(0), 1],
      [new Uint8Array(64).fill(9), 4],
      [new Uint8Array(64).fill(9), 10],
    ] as const) {
      expect(await server.scrypt(password, salt, logN, 32)).toEqual(
        await noble.scrypt(password, salt, logN, 32),
      );
    }
    expect(await server.scrypt(new Uint8Array(1), new Uint8Array(0), 1, 40)).toEqual(
      await noble.scrypt(new Uint8Array(1), new Uint8Array(0), 1, 40),
    );
  });

  it('have more memory for scrypt than node:crypto gives it by itself', async () => {
    expect(await server.scrypt(new Uint8Array(64), new Uint8Array(16), 15, 32)).toHaveLength(32);
  });

  it('compute in the group like noble', () => {
    fc.assert(
      fc.property(bytes(64), bytes(64), bytes(32), (uniform, other, scalar) => {
        expectSame((p) => p.deriveElement(uniform));
        const element = noble.deriveElement(other);
        const reduced = scalar.map((byte, at) => (at === 31 ? byte & 0x0f : byte));
        expectSame((p) => p.multiplyElement(reduced, element));
        expectSame((p) => p.multiplyElement(scalar, element));
        expectSame((p) => p.multiplyElement(reduced, scalar));
        expectSame((p) => p.isElement(scalar));
        expectSame((p) => p.isElement(element));
      }),
      FEW_RUNS,
    );
  });

  it.each([
    ['zero', '00'.repeat(32)],
    ['the order', ORDER],
    ['the order and 1', ORDER.replace(/^ed/, 'ee')],
    ['2^256 - 1', 'ff'.repeat(32)],
    ['31 bytes', '01'.repeat(31)],
    ['33 bytes', '01'.repeat(33)],
    ['nothing', ''],
  ])('take no scalar that is %s', (_name, scalar) => {
    const element = noble.deriveElement(new Uint8Array(64).fill(1));
    for (const p of [server, noble]) {
      expect(() => p.multiplyElement(fromHex(scalar), element)).toThrow(MalformedError);
    }
  });

  it.each([
    ['1', `01${'00'.repeat(31)}`],
    ['the order less 1', ORDER.replace(/^ed/, 'ec')],
  ])('take the scalar %s', (_name, scalar) => {
    const element = noble.deriveElement(new Uint8Array(64).fill(1));
    expectSame((p) => p.multiplyElement(fromHex(scalar), element));
    expect(server.multiplyElement(fromHex(scalar), element)).toHaveLength(32);
  });

  it.each([
    ['the identity', '00'.repeat(32)],
    ['31 bytes', '02'.repeat(31)],
    ['33 bytes', '02'.repeat(33)],
    ['nothing', ''],
    // RFC 9496, A.2: not canonical, negative, no square, t negative, s = -1.
    ['a field element that is not reduced', `00${'ff'.repeat(31)}`],
    ['another not reduced', `f3${'ff'.repeat(30)}7f`],
    ['a negative field element', `01${'00'.repeat(31)}`],
    ['another negative one', 'ed57ffd8c914fb201471d1c3d245ce3c746fcbe63a3679d51b6a516ebebe0e20'],
    ['no square', '26948d35ca62e643e26a83177332e6b6afeb9d08e4268b650f1f5bbd8d81d371'],
    ['a negative xy', '3eb858e78f5a7254d8c9731174a94f76755fd3941c0ac93735c07ba14579630e'],
    ['s = -1', `ec${'ff'.repeat(30)}7f`],
  ])('take no element that is %s', (_name, element) => {
    const one = Uint8Array.from({ length: 32 }, (_, at) => (at === 0 ? 1 : 0));
    for (const p of [server, client, noble]) {
      expect(p.isElement(fromHex(element))).toBe(false);
      expect(() => p.multiplyElement(one, fromHex(element))).toThrow(MalformedError);
    }
  });

  it('leave what they are given as it was, and give memory of its own', () => {
    for (const p of [server, noble]) {
      const input = Uint8Array.from({ length: 64 }, (_, at) => at);
      const before = input.slice();
      const [key, nonce] = [input.subarray(0, 32), input.subarray(0, 12)];
      const results = [
        p.sha256(input),
        p.hmacSha256(key, input),
        p.hkdf(input, key, nonce, 64),
        p.x25519Public(key),
        p.seal(key, nonce, key, input),
        p.deriveElement(input),
      ];
      expect(input).toEqual(before);
      for (const result of results) {
        const copy = result.slice();
        expect(Object.getPrototypeOf(result)).toBe(Uint8Array.prototype);
        result.fill(0);
        expect(copy.some((byte) => byte !== 0)).toBe(true);
      }
    }
  });
});

describe('the choice of primitives', () => {
  it.each(NAMES)('trusts a %s that gives the known answer, and no other', async (name) => {
    const right: unknown = (...input: never[]) => (noble[name] as (...given: never[]) => unknown)(...input);
    expect((await preferring({ [name]: right as never }))[name]).toBe(right);
    const wrong = await preferring({ [name]: () => new Uint8Array(32) });
    expect(wrong[name]).toBe(noble[name]);
  });

  it.each(NAMES)('falls back to noble where %s throws or is missing', async (name) => {
    const broken = await preferring({
      ...nodeCrypto,
      [name]: () => {
        throw new Error('not in this build');
      },
    });
    expect(broken[name]).toBe(noble[name]);
    expect((await preferring({ ...nodeCrypto, [name]: undefined }))[name]).toBe(noble[name]);
    expect((await preferring({})).sha256).toBe(noble.sha256);
  });

  it('serves without libsodium where that does not load', async () => {
    vi.resetModules();
    vi.doMock('libsodium-sumo', () => ({
      default: () => Promise.reject(new Error('no WebAssembly here')),
    }));
    try {
      const fresh = await import('../../protocol/crypto/fastest.ts');
      const p = await fresh.serverPrimitives();
      expect(p).toBe(await fresh.clientPrimitives());
      const { ask, answer } = KNOWN_ANSWERS.multiplyElement;
      expect(toHex(await ask(p.multiplyElement))).toBe(answer);
    } finally {
      vi.doUnmock('libsodium-sumo');
      vi.resetModules();
    }
  });
});
