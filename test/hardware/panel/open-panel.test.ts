import { describe, expect, it } from 'vitest';
import { openPanel } from '../../../hardware/panel/open-panel.ts';
import { STANDARD_PARTS } from '../../../hardware/panel/panel-parts.ts';
import '../../../hardware/sim/virtual-panel.ts';
import { SimulatedClock } from '../../../runtime/simulated-clock.ts';
import { statesOf, until } from './rig.ts';

describe('openPanel', () => {
  it('opens a virtual panel as sim:', async () => {
    const clock = new SimulatedClock();
    const panel = openPanel('sim:', { clock, parts: STANDARD_PARTS });
    const states = statesOf(panel);
    await clock.advance(10);
    await clock.advance(3_000);
    expect(states).toEqual([{ state: 'ready', missing: [] }]);
    await panel.close();
  });

  it('says what is the matter with a port that does not exist', async () => {
    const clock = new SimulatedClock();
    const panel = openPanel('/dev/cardea-no-such-port', { clock, parts: STANDARD_PARTS });
    const states = statesOf(panel);
    await until(() => states.length > 0);
    expect(states).toMatchObject([{ state: 'lost', why: { code: 'panel-lost' } }]);
    await panel.close();
  });

  it.each(['', 'ttyACM0', 'sim', 'sim:card.bin', 'COM3'])('refuses "%s", which names no panel', (path) => {
    const clock = new SimulatedClock();
    expect(() => openPanel(path, { clock, parts: STANDARD_PARTS })).toThrow(
      expect.objectContaining({ code: 'panel-path' }),
    );
  });

  it('refuses parts that cannot be wired so', () => {
    const parts = { ...STANDARD_PARTS, piezo: { pin: 9 } };
    expect(() => openPanel('sim:', { clock: new SimulatedClock(), parts })).toThrow(
      expect.objectContaining({ code: 'panel-parts' }),
    );
  });
});
