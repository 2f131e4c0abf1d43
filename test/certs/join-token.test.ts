import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { decodeJoinToken, encodeJoinToken, type JoinToken, JoinTokenError } from '../../certs/join-token.ts';

const TOKEN: JoinToken = {
  kind: 'hub',
  rc: { host: 'rc.example', port: 8440 },
  fingerprint: new Uint8Array(32).fill(0xfb),
  secret: new Uint8Array(16).fill(7),
  expires: Date.UTC(2026, 10, 24),
};

const bytes = (length: number) => fc.uint8Array({ minLength: length, maxLength: length });
const tokens: fc.Arbitrary<JoinToken> = fc.record({
  kind: fc.constantFrom('hub', 'device', 'operator'),
  rc: fc.record({
    host: fc.oneof(fc.ipV4(), fc.constantFrom('rc.example', 'localhost', '::1', '2001:db8::8440')),
    port: fc.integer({ min: 0, max: 65_535 }),
  }),
  fingerprint: bytes(32),
  secret: bytes(16),
  expires: fc.maxSafeNat(),
});

describe('a join string', () => {
  test('brings back what was put into it', () => {
    fc.assert(
      fc.property(tokens, (token) => {
        expect(decodeJoinToken(encodeJoinToken(token))).toEqual(token);
      }),
    );
  });

  test('is one word that says what it is', () => {
    const text = encodeJoinToken(TOKEN);
    expect(text).toMatch(/^cardea-join-[A-Za-z0-9_-]+$/);
    expect(text.length).toBeLessThan(120);
  });

  test('stays what it is: those that were handed out must be redeemable by a later version', () => {
    expect(encodeJoinToken(TOKEN)).toBe(
      'cardea-join-AQAAAAGiCtosAAcHBwcHBwcHBwcHBwcHBwf7-_v7-_v7-_v7-_v7-_v7-_v7-_v7-_v7-_v7-_v7-yD4cmMuZXhhbXBsZQWJqBA',
    );
  });

  test('may have white space around it, from copying', () => {
    expect(decodeJoinToken(` \n${encodeJoinToken(TOKEN)}\r\n`)).toEqual(TOKEN);
  });

  test('may have expired: that is for the RC to say', () => {
    expect(decodeJoinToken(encodeJoinToken({ ...TOKEN, expires: 0 })).expires).toBe(0);
  });
});

describe('what is no join string is refused', () => {
  const good = encodeJoinToken(TOKEN);

  test('with any one character typed wrong', () => {
    for (const at of good.split('').keys()) {
      for (const typed of ['A', 'b', '-', 'é']) {
        const text = good.slice(0, at) + typed + good.slice(at + 1);
        if (text !== good) expect(code(text)).toBe('join-token-malformed');
      }
    }
  });

  test('with two neighbours exchanged', () => {
    for (let at = 0; at + 1 < good.length; at++) {
      const [a = '', b = ''] = good.slice(at, at + 2);
      if (a !== b) expect(code(good.slice(0, at) + b + a + good.slice(at + 2))).toBe('join-token-malformed');
    }
  });

  test('cut, or with something at its end', () => {
    for (let length = 0; length < good.length; length++) {
      expect(code(good.slice(0, length))).toBe('join-token-malformed');
    }
    for (const end of ['A', '=', '==', ' x', good]) expect(code(good + end)).toBe('join-token-malformed');
  });

  test.each([
    ['another version', (body: Buffer) => body.writeUInt8(2, 0)],
    ['a kind that does not exist', (body: Buffer) => body.writeUInt8(3, 1)],
    ['a time beyond all numbers', (body: Buffer) => body.fill(0xff, 2, 10)],
    ['a host that is none', (body: Buffer) => body.write('rc example', 60)],
    ['a host that is no UTF-8', (body: Buffer) => body.fill(0xff, 60)],
  ])('with a right checksum and %s', async (_, spoil) => {
    const body = Buffer.from(good.slice('cardea-join-'.length), 'base64url').subarray(0, -4);
    spoil(body);
    expect(code(await withChecksum(body))).toBe('join-token-malformed');
    expect(code(await withChecksum(body.subarray(0, 30)))).toBe('join-token-malformed');
  });

  test('whatever text it is', () => {
    const texts = fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.base64String().map((text) => `cardea-join-${text}`),
      fc
        .uint8Array({ maxLength: 200 })
        .map((noise) => `cardea-join-${Buffer.from(noise).toString('base64url')}`),
    );
    fc.assert(fc.property(texts, (text) => code(text) === 'join-token-malformed'));
    expect(code(`cardea-join-${'A'.repeat(10_000_000)}`)).toBe('join-token-malformed');
  });

  test('without its secret in the message', () => {
    for (const text of [good.slice(0, -1), `${good}A`, good.replace('cardea', 'Cardea')]) {
      expect(() => decodeJoinToken(text)).toThrow(JoinTokenError);
      expect(() => decodeJoinToken(text)).not.toThrow(/BwcH|0707/);
    }
  });
});

function code(text: string): string {
  try {
    return `read for a ${decodeJoinToken(text).kind}`;
  } catch (error) {
    if (error instanceof JoinTokenError) return error.code;
    throw error;
  }
}

async function withChecksum(body: Uint8Array): Promise<string> {
  const digest = new Uint8Array(await crypto.subtle.digest('SHA-256', body)).subarray(0, 4);
  return `cardea-join-${Buffer.concat([body, digest]).toString('base64url')}`;
}
