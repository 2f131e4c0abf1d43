import type { Measured } from '../../hardware/sensor/sensor.ts';
import type { NewObservation } from '../../protocol/fhir/resources.ts';
import { LOINC, MEASUREMENT, OBSERVATION_CATEGORY, UCUM } from '../../protocol/fhir/systems.ts';
import { MEASUREMENTS } from './measurements.ts';

/**
 * What was measured, as the hub keeps it.
 *
 * @param identifier names it: sent again under the same, it is kept once
 * @param time ms since the Unix epoch, by the hub's clock
 */
export function observationOf(
  measured: Measured,
  value: number,
  identifier: string,
  time: number,
): NewObservation {
  const { title, loinc, unit, ucum } = MEASUREMENTS[measured];
  return {
    resourceType: 'Observation',
    identifier: [{ system: MEASUREMENT, value: identifier }],
    status: 'final',
    category: [{ coding: [{ system: OBSERVATION_CATEGORY, code: 'vital-signs', display: 'Vital Signs' }] }],
    code: { coding: [{ system: LOINC, ...loinc }], text: title },
    effectiveDateTime: new Date(time).toISOString(),
    valueQuantity: { value, unit, system: UCUM, code: ucum },
  };
}
