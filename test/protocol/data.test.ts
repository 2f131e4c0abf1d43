import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { fromUtf8, toHex, utf8 } from '../../protocol/bytes.ts';
import {
  DATA_ERROR_CODES,
  DATA_METHODS,
  type DataMethod,
  type DataRequest,
  decodeAnswer,
  decodeRequest,
  encodeAnswer,
  encodeRequest,
  isDataMethod,
  RECOVERY_METHODS,
  type ResultAnswer,
} from '../../protocol/data/index.ts';
import { MalformedError } from '../../protocol/errors.ts';
import { MAX_PLAINTEXT } from '../../protocol/transport.ts';
import { thrownBy } from './support.ts';

const id = fc.maxSafeNat();
const hex = (length: number) => fc.uint8Array({ minLength: length, maxLength: length }).map(toHex);
const pinVersion = fc.integer({ min: 1, max: 65_535 });

const request: fc.Arbitrary<DataRequest> = fc.oneof(
  fc.record({ id, method: fc.constantFrom('session.info', 'session.close'), params: fc.constant({}) }),
  fc.record({ id, method: fc.constant('oprf.evaluate'), params: fc.record({ blinded: hex(32) }) }),
  fc.record({
    id,
    method: fc.constant('pin.prepare'),
    params: fc.record({ pinVersion, cs: hex(32), proof: hex(32) }),
  }),
  fc.record({ id, method: fc.constant('pin.changed'), params: fc.record({ pinVersion }) }),
);

/** A request's method and a result of it. */
const answered: fc.Arbitrary<[DataMethod, ResultAnswer<DataMethod>]> = fc.oneof(
  fc.tuple(
    fc.constant('session.info'),
    fc.record({
      id,
      result: fc.record({
        hubId: fc.constant('goa-01'),
        location: fc.string().map((text) => text.normalize('NFC')),
        subject: hex(16),
        sessionId: hex(16),
        validUntil: fc.maxSafeNat(),
        expiresInSeconds: fc.nat(),
        failed: fc.integer({ min: 0, max: 255 }),
        suite: fc.constantFrom('cardea-1', 'limbasiya-2021'),
      }),
    }),
  ),
  fc.tuple(fc.constantFrom('session.close', 'pin.prepare'), fc.record({ id, result: fc.constant({}) })),
  fc.tuple(
    fc.constant('oprf.evaluate'),
    fc.record({ id, result: fc.record({ pinVersion, evaluated: hex(32) }) }),
  ),
  fc.tuple(fc.constant('pin.changed'), fc.record({ id, result: fc.record({ rc: fc.boolean() }) })),
);

const json = (value: unknown) => utf8(JSON.stringify(value));

describe('a request', () => {
  it('is read as it was written', () => {
    fc.assert(
      fc.property(request, (value) => {
        expect(decodeRequest(encodeRequest(value))).toEqual(value);
      }),
    );
  });

  it('is the JSON of the protocol', () => {
    const bytes = encodeRequest({ id: 1, method: 'session.info', params: {} });
    expect(fromUtf8(bytes)).toBe('{"id":1,"method":"session.info","params":{}}');
  });

  it('may carry fields that are not known, which are dropped', () => {
    const params = { pinVersion: 2, later: [1, { deep: true }] };
    expect(decodeRequest(json({ id: 1, method: 'pin.changed', params, trace: 'x' }))).toEqual({
      id: 1,
      method: 'pin.changed',
      params: { pinVersion: 2 },
    });
  });

  it('for a method that is not known is answered so', () => {
    for (const method of ['records.list', '', 'toString', '__proto__', 'constructor']) {
      expect(decodeRequest(json({ id: 7, method, params: {} }))).toMatchObject({
        id: 7,
        error: { code: 'method-unknown' },
      });
    }
  });

  it.each<[DataMethod, unknown]>([
    ['session.info', undefined],
    ['session.info', null],
    ['session.info', 'text'],
    ['oprf.evaluate', {}],
    ['oprf.evaluate', { blinded: 'AB'.repeat(32) }],
    ['oprf.evaluate', { blinded: 'ab'.repeat(31) }],
    ['oprf.evaluate', { blinded: `${'ab'.repeat(32)}\n` }],
    ['pin.prepare', { pinVersion: 0, cs: 'ab'.repeat(32), proof: 'ab'.repeat(32) }],
    ['pin.prepare', { pinVersion: 65_536, cs: 'ab'.repeat(32), proof: 'ab'.repeat(32) }],
    ['pin.prepare', { pinVersion: 2, cs: 'ab'.repeat(32) }],
    ['pin.changed', { pinVersion: '2' }],
    ['pin.changed', { pinVersion: 1.5 }],
  ])('for %s with params %j is answered as invalid, without quoting them', (method, params) => {
    const decoded = decodeRequest(json({ id: 3, method, params }));
    expect(decoded).toMatchObject({ id: 3, error: { code: 'params-invalid' } });
    expect(JSON.stringify(decoded)).not.toContain('abab');
  });

  it.each([
    ['nothing', ''],
    ['no JSON', '{"id":1'],
    ['no object', '[1,2]'],
    ['a negative id', '{"id":-1,"method":"session.info","params":{}}'],
    ['an id that is no integer', '{"id":1.5,"method":"session.info","params":{}}'],
    ['an id that is not safe', '{"id":9007199254740992,"method":"session.info","params":{}}'],
    ['an id that is text', '{"id":"1","method":"session.info","params":{}}'],
    ['no id', '{"method":"session.info","params":{}}'],
    ['no method', '{"id":1,"params":{}}'],
    ['a method that is no text', '{"id":1,"method":1,"params":{}}'],
  ])('with %s is malformed', (_, text) => {
    expect(() => decodeRequest(utf8(text))).toThrow(MalformedError);
  });

  it('that is malformed is not quoted in the error, nor in its cause', () => {
    const error = thrownBy(() => decodeRequest(utf8('{"id": secret}')));
    expect(error).toBeInstanceOf(MalformedError);
    expect(String(error)).not.toContain('secret');
    expect((error as MalformedError).cause).toBeUndefined();
  });

  it('of the greatest depth that fits a message is a plain error', () => {
    const brackets = '['.repeat(MAX_PLAINTEXT / 2 - 50);
    const deep = `{"id":1,"method":"session.info","params":${brackets}${']'.repeat(brackets.length)}}`;
    expect(utf8(deep).length).toBeLessThanOrEqual(MAX_PLAINTEXT);
    expect(decodeRequest(utf8(deep))).toMatchObject({ error: { code: 'params-invalid' } });
    expect(() => decodeRequest(utf8('['.repeat(MAX_PLAINTEXT)))).toThrow(MalformedError);
  });

  it('of random bytes or random JSON is read, answered, or a typed error', () => {
    const bytes = fc.oneof(fc.uint8Array({ maxLength: 100 }), fc.json().map(utf8));
    fc.assert(
      fc.property(bytes, (plaintext) => {
        expect(thrownBy(() => decodeRequest(plaintext))).toBeInstanceOf(MalformedError);
      }),
    );
  });
});

describe('an answer', () => {
  it('is read as it was written', () => {
    fc.assert(
      fc.property(answered, ([method, answer]) => {
        expect(decodeAnswer(encodeAnswer(answer), { id: answer.id, method })).toEqual(answer);
      }),
    );
  });

  it('may be an error, also one that only a later hub knows', () => {
    for (const code of DATA_ERROR_CODES) {
      const answer = { id: 4, error: { code, message: 'no' } };
      expect(decodeAnswer(encodeAnswer(answer), { id: 4, method: 'pin.changed' })).toEqual(answer);
    }
    const later = { id: 4, error: { code: 'moon-phase', message: 'no' } };
    expect(decodeAnswer(json(later), { id: 4, method: 'pin.changed' })).toEqual(later);
  });

  it('may carry fields that are not known, which are dropped', () => {
    const answer = decodeAnswer(json({ id: 1, result: { rc: true, when: 5 }, more: 1 }), {
      id: 1,
      method: 'pin.changed',
    });
    expect(answer).toEqual({ id: 1, result: { rc: true } });
  });

  it.each([
    ['another id', { id: 2, result: { rc: true } }],
    ['no id', { result: { rc: true } }],
    ['neither result nor error', { id: 1 }],
    ['a result of another method', { id: 1, result: { pinVersion: 1 } }],
    ['both a result and an error', { id: 1, result: { rc: true }, error: { code: 'busy', message: '' } }],
    ['an error without a code', { id: 1, error: { message: 'x' } }],
    ['an error that is text', { id: 1, error: 'x' }],
    ['nothing', null],
  ])('with %s is malformed', (_, value) => {
    expect(() => decodeAnswer(json(value), { id: 1, method: 'pin.changed' })).toThrow(MalformedError);
  });

  it('of random bytes or random JSON is a typed error', () => {
    const bytes = fc.oneof(fc.uint8Array({ maxLength: 100 }), fc.json().map(utf8));
    fc.assert(
      fc.property(bytes, (plaintext) => {
        const read = () => decodeAnswer(plaintext, { id: 1, method: 'session.info' });
        expect(thrownBy(read)).toBeInstanceOf(MalformedError);
      }),
    );
  });
});

describe('the table of methods', () => {
  it('knows its own names and no inherited ones', () => {
    expect(Object.keys(DATA_METHODS).every(isDataMethod)).toBe(true);
    expect(isDataMethod('hasOwnProperty')).toBe(false);
  });

  it('allows on the recovery path what a new PIN takes, and no more', () => {
    expect([...RECOVERY_METHODS].sort()).toEqual([
      'oprf.evaluate',
      'pin.changed',
      'pin.prepare',
      'session.close',
    ]);
  });
});
