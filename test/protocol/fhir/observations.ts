import type { NewObservation } from '../../../protocol/fhir/resources.ts';
import { LOINC, MEASUREMENT, UCUM } from '../../../protocol/fhir/systems.ts';

/** A temperature as a terminal sends it. */
export function temperature(
  name = 'one',
  { value = 36.8, at = '2026-01-01T00:00:00.000Z' } = {},
): NewObservation & { readonly valueQuantity: NonNullable<NewObservation['valueQuantity']> } {
  return {
    resourceType: 'Observation',
    identifier: [{ system: MEASUREMENT, value: name }],
    status: 'final',
    code: { coding: [{ system: LOINC, code: '8310-5', display: 'Body temperature' }] },
    effectiveDateTime: at,
    valueQuantity: { value, unit: '°C', system: UCUM, code: 'Cel' },
  };
}
