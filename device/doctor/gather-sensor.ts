import type { Sensor } from '../../hardware/sensor/sensor.ts';
import { type Clock, sleep } from '../../runtime/clock.ts';
import type { SensorFacts } from './sensor-facts.ts';

/** A board of its own takes some seconds to start. */
const PATIENCE_MS = 8_000;
const LOOK_EVERY_MS = 250;

/** Asks the sensor until it has said something, or is taken not to. @throws the signal's reason */
export async function gatherSensor(sensor: Sensor, clock: Clock, signal: AbortSignal): Promise<SensorFacts> {
  const until = clock.monotonic() + PATIENCE_MS;
  for (;;) {
    const reading = sensor.read();
    if (reading.state === 'value') {
      return { state: 'answers', measures: sensor.measures, value: reading.value };
    }
    if (clock.monotonic() >= until) return { state: reading.state === 'lost' ? 'lost' : 'silent' };
    await sleep(clock, LOOK_EVERY_MS, signal);
  }
}
