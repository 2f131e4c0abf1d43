import { toHex, utf8 } from '../../protocol/bytes.ts';
import type { DataErrorCode } from '../../protocol/data/messages.ts';
import type { DataMethod } from '../../protocol/data/methods.ts';
import { temperature } from '../protocol/fhir/observations.ts';
import type { SeededRandom } from '../soak/seeded-random.ts';
import { type Json, type Path, placesIn, put, typeOf, without } from './json-surgery.ts';

/** The plaintext of a DATA message, and what a hub must make of it (PROTOCOL 2.5). */
export interface SpoiltRequest {
  readonly plaintext: Uint8Array;
  /** The code of the error that it is answered with; `result`: it is no error, only odd. The session goes on. */
  readonly answered: DataErrorCode | 'result';
}

export type Draw<T> = (random: SeededRandom, id: number) => T;

/** Long enough for every bound that a field has, and for a frame. */
const LONG = { least: 300, most: 20_000 };
/** So deep that whoever walks it by calling himself falls off his stack. */
const DEEP = 12_000;
const KEY = 'ab'.repeat(32);
const NO_ELEMENT = 'ff'.repeat(32);

const BLOOD_PRESSURE: Json = {
  resourceType: 'Observation',
  identifier: [{ system: 'https://example.org/measurement', value: 'bp' }],
  status: 'final',
  category: [{ coding: [{ system: 'https://example.org/category', code: 'vital-signs' }], text: 'Vital' }],
  code: { coding: [{ system: 'http://loinc.org', code: '85354-9' }] },
  effectiveDateTime: '2026-01-01T00:00:00.000Z',
  component: [
    {
      code: { coding: [{ system: 'http://loinc.org', code: '8480-6' }], text: 'Systolic' },
      valueQuantity: { value: 120, unit: 'mmHg', system: 'http://unitsofmeasure.org', code: 'mm[Hg]' },
    },
  ],
};
const TEMPERATURE: Json = JSON.parse(JSON.stringify(temperature()));

/** For each method what it may be asked with: whatever stands there, and is of another type, is wrong. */
const SAMPLES: Readonly<Record<DataMethod, readonly Json[]>> = {
  'session.info': [{}],
  'session.close': [{}],
  'session.renew': [{}],
  'patient.summary': [{ after: '1767225600000.7' }],
  'observation.create': [TEMPERATURE, BLOOD_PRESSURE],
  'encounter.checkIn': [{}],
  'oprf.evaluate': [{ blinded: KEY }],
  'pin.prepare': [{ pinVersion: 2, cs: KEY, proof: KEY }],
  'pin.changed': [{ pinVersion: 2 }],
};
export const METHODS_SPOILT = Object.keys(SAMPLES) as DataMethod[];

/** Of each JSON type at least one. */
const VALUES: readonly Json[] = [
  null,
  true,
  false,
  0,
  -1,
  1e308,
  '',
  'text',
  '7',
  [],
  [[]],
  {},
  { value: 1 },
];

/** What a measurement cannot have, one field at a time. */
const WRONG_FIELDS: readonly (readonly [path: Path, value: Json])[] = [
  [['resourceType'], 'Patient'],
  [['resourceType'], 'observation'],
  [['status'], 'done'],
  [['identifier'], []],
  [['identifier'], Array.from({ length: 5 }, () => ({ system: 'urn:x', value: 'y' }))],
  [['identifier', 0, 'system'], 'no uri'],
  [['identifier', 0, 'value'], ''],
  [['identifier', 0, 'value'], 'two\nlines'],
  [['identifier', 0, 'value'], 'half a pair \ud800'],
  [['code', 'coding'], []],
  [['code', 'coding', 0, 'code'], ' led by a space'],
  [['code', 'text'], 'turned \u202e round'],
  [['effectiveDateTime'], '2026-01-01'],
  [['effectiveDateTime'], '2026-13-01T00:00:00Z'],
  [['effectiveDateTime'], '2026-01-01T00:00:00'],
  [['effectiveDateTime'], '2999-01-01T00:00:00Z'],
  [['valueQuantity', 'system'], 'https://example.org/units'],
  [['valueQuantity', 'code'], 'furlongs per fortnight'],
  [['valueQuantity', 'unit'], ''],
  [['valueQuantity', 'unit'], '\udc00'],
  [['component'], []],
  [['component'], [{ code: {}, valueQuantity: {} }]],
  [['category'], Array.from({ length: 5 }, () => ({ coding: [{ system: 'urn:x', code: 'y' }] }))],
  [['subject'], { identifier: { system: 'urn:cardea:subject:another-hub', value: '00'.repeat(16) } }],
];

/** Numbers that no version of a PIN is. */
const NO_VERSIONS: readonly string[] = ['0', '-1', '1.5', '65536', '1e308', '1e999', '9007199254740993'];

/** Requests that a hub answers, whatever is wrong with them: their ids can be read. */
export const ANSWERED: Readonly<Record<string, Draw<SpoiltRequest>>> = {
  ...Object.fromEntries(
    METHODS_SPOILT.map((method) => [
      `${method} with a value of a wrong type`,
      (random: SeededRandom, id: number) =>
        invalid(id, method, ofAWrongType(random.oneOf(SAMPLES[method]), random)),
    ]),
  ),
  ...Object.fromEntries(
    METHODS_SPOILT.map((method) => [
      `${method} without params`,
      (_: SeededRandom, id: number) => refused(`{"id":${id},"method":"${method}"}`, 'params-invalid'),
    ]),
  ),
  'a method that nobody knows': (random, id) =>
    request(
      id,
      random.oneOf(['patient.delete', '', 'session', 'SESSION.INFO', 'x'.repeat(5_000)]),
      {},
      'method-unknown',
    ),
  'a method that every object has': (random, id) =>
    request(
      id,
      random.oneOf(['__proto__', 'constructor', 'toString', 'hasOwnProperty']),
      {},
      'method-unknown',
    ),
  'a string that is too long': (random, id) => {
    const method = random.oneOf(METHODS_SPOILT.filter((name) => stringsIn(name).length > 0));
    const { sample, path } = random.oneOf(stringsIn(method));
    return invalid(id, method, put(sample, path, 'x'.repeat(random.between(LONG.least, LONG.most))));
  },
  ...Object.fromEntries(
    WRONG_FIELDS.map(([path, value]) => [
      `a measurement with ${path.join('.')} ${JSON.stringify(value).slice(0, 40)}`,
      (_: SeededRandom, id: number) => invalid(id, 'observation.create', put(TEMPERATURE, path, value)),
    ]),
  ),
  'a measurement without a field that it needs': (random, id) => {
    const name = random.oneOf([
      'resourceType',
      'identifier',
      'status',
      'code',
      'effectiveDateTime',
      'valueQuantity',
    ]);
    return invalid(id, 'observation.create', without(TEMPERATURE, name));
  },
  'a measurement with a value beyond all numbers': (random, id) => {
    const params = JSON.stringify(TEMPERATURE).replace('36.8', random.oneOf(['1e999', '-1e999']));
    return refused(`{"id":${id},"method":"observation.create","params":${params}}`, 'params-invalid');
  },
  'a version that no PIN has': (random, id) => {
    const params = `{"pinVersion":${random.oneOf(NO_VERSIONS)},"cs":"${KEY}","proof":"${KEY}"}`;
    const method = random.oneOf(['pin.prepare', 'pin.changed']);
    return refused(`{"id":${id},"method":"${method}","params":${params}}`, 'params-invalid');
  },
  'a PIN that was not evaluated for': (random, id) =>
    request(id, 'pin.prepare', { pinVersion: random.between(2, 65_535), cs: KEY, proof: KEY }, 'conflict'),
  'a PIN that was not prepared': (random, id) =>
    request(id, 'pin.changed', { pinVersion: random.between(2, 65_535) }, 'conflict'),
  'a blinded PIN that is no element': (random, id) =>
    invalid(id, 'oprf.evaluate', {
      blinded: random.oneOf([NO_ELEMENT, '00'.repeat(32), `${'ff'.repeat(31)}7f`]),
    }),
  'bytes that are no lower-case hex of their length': (random, id) =>
    invalid(id, 'oprf.evaluate', {
      blinded: random.oneOf([KEY.toUpperCase(), KEY.slice(1), `${KEY}00`, 'xy'.repeat(32)]),
    }),
  'a page that no summary has': (random, id) =>
    invalid(id, 'patient.summary', {
      after: random.oneOf(['', '1', '1.', '1e9.1', `${'9'.repeat(17)}.1`, "1' OR 1=1"]),
    }),
  'params nested without end': (random, id) => {
    const method = random.oneOf(METHODS_SPOILT);
    return refused(`{"id":${id},"method":"${method}","params":${nested(random)}}`, 'params-invalid');
  },
  'a measurement nested without end': (random, id) => {
    const params = JSON.stringify(TEMPERATURE).replace('36.8', nested(random));
    return refused(`{"id":${id},"method":"observation.create","params":${params}}`, 'params-invalid');
  },
  'fields that nobody knows, nested without end': (random, id) =>
    odd(
      `{"id":${id},"method":"session.info","params":{"more":${nested(random)}},"besides":${nested(random)}}`,
    ),
  'fields that every object has': (_, id) =>
    odd(
      `{"__proto__":{"id":7},"id":${id},"method":"session.info","params":{"__proto__":{},"constructor":null}}`,
    ),
  'its fields twice': (_, id) =>
    odd(`{"id":"first","id":${id},"method":"pin.changed","method":"session.info","params":null,"params":{}}`),
  'much white space': (random, id) =>
    odd(`${' \n\t'.repeat(random.between(1, 15_000))}{"id":${id},"method":"session.info","params":{}}`),
};

/** Plaintexts that are no request: there is nothing to answer, and the session ends. */
export const NO_REQUESTS: Readonly<Record<string, Draw<Uint8Array>>> = {
  'nothing at all': () => new Uint8Array(0),
  'random bytes': (random) => bytes(random, random.between(1, 3_000)),
  'text that is no JSON': (random) =>
    utf8(random.oneOf(['hello', "{'id':1}", '{"id":NaN}', '{id:1}', '// {}'])),
  'JSON that is cut': (random, id) => {
    const whole = `{"id":${id},"method":"session.info","params":{}}`;
    return utf8(whole.slice(0, random.between(1, whole.length - 1)));
  },
  'JSON and more': (random, id) =>
    utf8(`{"id":${id},"method":"session.info","params":{}}${random.oneOf(['}', '{}', ',', '\0'])}`),
  'no UTF-8': (_, id) =>
    Uint8Array.of(...utf8(`{"id":${id},"method":"session.info","params":{"x":"`), 0xc3, 0x28, ...utf8('"}}')),
  'JSON that is no object': (random) => utf8(random.oneOf(['null', '5', 'true', '"id"', '[]', '[{"id":1}]'])),
  'a request without an id': () => utf8('{"method":"session.info","params":{}}'),
  'an id that is none': (random) => {
    const id = random.oneOf([
      '-1',
      '1.5',
      '1e308',
      '1e999',
      '9007199254740993',
      '"7"',
      'null',
      '[1]',
      '{}',
      'true',
    ]);
    return utf8(`{"id":${id},"method":"session.info","params":{}}`);
  },
  'a request without a method': (random, id) =>
    utf8(random.oneOf([`{"id":${id}}`, `{"id":${id},"method":7,"params":{}}`, `{"id":${id},"method":null}`])),
  'brackets without end': (random) => utf8(random.oneOf(['[', '{"a":']).repeat(random.between(1, DEEP))),
  'an answer': (_, id) => utf8(`{"id":${id},"result":{}}`),
};

function request(
  id: number,
  method: string,
  params: Json,
  answered: SpoiltRequest['answered'],
): SpoiltRequest {
  return refused(JSON.stringify({ id, method, params }), answered);
}

function invalid(id: number, method: DataMethod, params: Json): SpoiltRequest {
  return request(id, method, params, 'params-invalid');
}

function refused(text: string, answered: SpoiltRequest['answered']): SpoiltRequest {
  return { plaintext: utf8(text), answered };
}

function odd(text: string): SpoiltRequest {
  return refused(text, 'result');
}

function ofAWrongType(sample: Json, random: SeededRandom): Json {
  const { path, value } = random.oneOf(placesIn(sample));
  return put(sample, path, random.oneOf(VALUES.filter((other) => typeOf(other) !== typeOf(value))));
}

function stringsIn(method: DataMethod): { readonly sample: Json; readonly path: Path }[] {
  return SAMPLES[method].flatMap((sample) =>
    placesIn(sample).flatMap(({ path, value }) => (typeof value === 'string' ? [{ sample, path }] : [])),
  );
}

function nested(random: SeededRandom): string {
  const depth = random.between(1_000, DEEP);
  return random.oneOf([
    `${'['.repeat(depth)}${']'.repeat(depth)}`,
    `${'[['.repeat(depth / 2)}1${']]'.repeat(depth / 2)}`,
    `[${'{"a":'.repeat(depth / 4)}1${'}'.repeat(depth / 4)}]`,
  ]);
}

function bytes(random: SeededRandom, length: number): Uint8Array {
  return Uint8Array.from({ length }, () => random.between(0, 255));
}

/** For people: what was sent, not all of it where it is long. */
export function shown(plaintext: Uint8Array): string {
  const text = Buffer.from(plaintext).toString('latin1');
  return text.length <= 300
    ? JSON.stringify(text)
    : `${JSON.stringify(text.slice(0, 300))}… (${toHex(plaintext.subarray(-4))})`;
}
