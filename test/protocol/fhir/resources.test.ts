import { describe, expect, it } from 'vitest';
import { DATA_METHODS } from '../../../protocol/data/methods.ts';
import { newObservation } from '../../../protocol/fhir/resources.ts';
import { temperature } from './observations.ts';

describe('an Observation that is sent', () => {
  it('is taken with one value, or with parts, and keeps nothing that is not known', () => {
    const { valueQuantity, ...rest } = temperature();
    const parts = { ...rest, component: [{ code: rest.code, valueQuantity }] };
    expect(newObservation.safeParse(parts).success).toBe(true);
    expect(newObservation.parse({ ...temperature(), note: [{ text: 'Maria' }] })).toEqual(temperature());
  });

  it.each([
    ['another resource', { resourceType: 'Encounter' }],
    ['no identifier', { identifier: [] }],
    ['an identifier without a system', { identifier: [{ value: 'a' }] }],
    ['a status that FHIR does not have', { status: 'done' }],
    ['no code', { code: { coding: [] } }],
    ['a code of no system', { code: { coding: [{ code: '8310-5' }] } }],
    ['a value that is no number', { valueQuantity: { ...temperature().valueQuantity, value: '36.8' } }],
    ['a unit that UCUM does not have', { valueQuantity: { ...temperature().valueQuantity, code: '°C' } }],
    ['a unit of another system', { valueQuantity: { ...temperature().valueQuantity, system: 'urn:x' } }],
    ['no value', { valueQuantity: undefined }],
    [
      'a value and parts',
      { component: [{ code: temperature().code, valueQuantity: temperature().valueQuantity }] },
    ],
    ['a time without an offset', { effectiveDateTime: '2026-01-01T08:00:00' }],
    ['a day alone', { effectiveDateTime: '2026-01-01' }],
    ['a time without seconds', { effectiveDateTime: '2026-01-01T08:00Z' }],
    ['a day that does not exist', { effectiveDateTime: '2026-02-30T08:00:00Z' }],
    ['text that would steer a terminal', { code: { ...temperature().code, text: 'a\u001b[2J' } }],
  ])('is refused with %s', (_what, change) => {
    expect(newObservation.safeParse({ ...temperature(), ...change }).success).toBe(false);
  });
});

describe('patient.summary', () => {
  it.each(['', 'x', '1', '1.', '.1', '1.2.3', '9'.repeat(40)])('takes no position %j', (after) => {
    expect(DATA_METHODS['patient.summary'].params.safeParse({ after }).success).toBe(false);
  });
});
