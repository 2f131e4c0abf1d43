import { describe, expect, it } from 'vitest';
import { LIMITS } from '../../hub/limits.ts';
import { Load } from '../../hub/load.ts';
import { STATUS } from '../../protocol/login/messages.ts';
import { WIRE_ERROR } from '../../protocol/wire-error.ts';
import { SimulatedClock } from '../../runtime/simulated-clock.ts';
import { Site, until } from './site.ts';
import { attemptOf, HubSaidError, type TestDevice } from './test-device.ts';

const PIN = '246810';

/** Every look at the clock takes time, as work does. */
class TiringClock extends SimulatedClock {
  perLook = 0;
  #worked = 0;

  override monotonic(): number {
    this.#worked += this.perLook;
    return super.monotonic() + this.#worked;
  }
}

function endOfTurn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

describe('the load of a hub', () => {
  it('is too much once a turn has gone on for a quarter of a second, and not in the next', async () => {
    let now = 1_000;
    const load = new Load({ monotonic: () => now });
    expect(load.isTooMuch).toBe(false);
    now += LIMITS.turnMs;
    expect(load.isTooMuch).toBe(false);
    now += 1;
    expect(load.isTooMuch).toBe(true);
    expect(() => load.check()).toThrow(expect.objectContaining({ wireCode: WIRE_ERROR.busy }));
    await endOfTurn();
    expect(load.isTooMuch).toBe(false);
  });

  it('is not made by what goes on between two turns, such as a slow disk', async () => {
    let now = 0;
    const load = new Load({ monotonic: () => now });
    expect(load.isTooMuch).toBe(false);
    await endOfTurn();
    now += 10_000;
    expect(load.isTooMuch).toBe(false);
  });
});

describe.each([undefined, 2])(
  'a hub to which more comes at once than it can serve (workers: %s)',
  (workers) => {
    it('says busy at once to some and takes no try of theirs, serves the others, and then everybody', async () => {
      const clock = new TiringClock();
      const site = await Site.open({ clock, ...(workers && { workers }) });
      const { image } = await site.register(PIN);
      const { uid, pinVersion } = image;
      const devices: TestDevice[] = [];
      for (let i = 0; i < 16; i++) devices.push(await site.connect());
      clock.perLook = 50;
      for (const device of devices) {
        const { blinded } = attemptOf(PIN);
        device.send(device.loginBody(site.identity.hubStatic, { uid, pinVersion, blinded }));
      }
      const outcomes = await Promise.all(devices.map((device) => outcomeOf(device)));
      clock.perLook = 0;
      const evaluated = outcomes.filter((outcome) => outcome === STATUS.goOn).length;
      expect(evaluated).toBeGreaterThan(0);
      expect(outcomes.filter((outcome) => outcome === 'busy').length).toBeGreaterThan(0);
      expect((await site.store.findCard(uid))?.counts.failures).toBe(evaluated);
      for (const device of devices) device.close();
      await until(async () => site.hub.services.gate.connections === 0);
      const { image: other } = await site.register(PIN);
      expect((await site.logIn(other, PIN)).welcome.location).toBe('Goa');
    });
  },
);

async function outcomeOf(device: TestDevice): Promise<number | 'busy'> {
  try {
    return (await device.challenge()).status;
  } catch (cause) {
    if (cause instanceof HubSaidError && cause.code === WIRE_ERROR.busy) return 'busy';
    throw cause;
  }
}
