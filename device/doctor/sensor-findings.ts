import { MEASUREMENTS, valueText } from '../terminal/measurements.ts';
import { type Finding, fine, untested, wrong, wrongBy } from './finding.ts';
import type { SensorFacts } from './sensor-facts.ts';

export function sensorFindings(facts: SensorFacts): Finding[] {
  switch (facts.state) {
    case 'none':
      return [];
    case 'fails':
      return [wrongBy('sensor', facts.failure, 'check the settings sensor and sensorBoard')];
    case 'lost':
      return [wrong('sensor', 'its board cannot be reached', 'check its cable, and sensorBoard or panel')];
    case 'silent':
      return [wrong('sensor', 'it does not answer', 'check its wires, its supply and its place in sensor')];
    case 'answers': {
      const { lowest, highest, how } = MEASUREMENTS[facts.measures];
      const says = `it says ${valueText(facts.measures, facts.value)}`;
      const isSomebodys = facts.value >= lowest && facts.value <= highest;
      // Nobody holds it now; that a value is a patient's can only be seen when somebody does.
      return isSomebodys
        ? [fine('sensor', says)]
        : [untested('sensor', says, `run this again while somebody tries it. (${how})`)];
    }
  }
}
