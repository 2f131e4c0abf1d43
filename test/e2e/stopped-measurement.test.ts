import { setImmediate as turn } from 'node:timers/promises';
import { expect, it, onTestFinished } from 'vitest';
import { STANDARD_PARTS } from '../../hardware/panel/panel-parts.ts';
import { parseSensor } from '../../hardware/sensor/sensor-kinds.ts';
import { panelRig } from '../hardware/panel/rig.ts';
import { openSite, PIN, registeredCard } from './open-site.ts';

const SIZES = [
  { columns: 16, rows: 2 },
  { columns: 20, rows: 4 },
] as const;
const PATIENCE_MS = 30_000;

/** A panel with a thermometer on the same board. Its time is the test's, so that nobody waits for a page to turn. */
function panelOf(size: (typeof SIZES)[number]) {
  const sensor = parseSensor('mcp9808');
  const parts = { ...STANDARD_PARTS, display: { ...size, address: 0x27 } };
  const rig = panelRig({ parts, sensor, display: size });
  onTestFinished(() => rig.panel.close());
  const shown = () => rig.display.rows.join(' ').replace(/ +/g, ' ');
  /** Looks at the display until it shows `words`. */
  async function read(words: string) {
    const from = performance.now();
    while (!shown().includes(words)) {
      if (performance.now() - from > PATIENCE_MS)
        throw new Error(`"${words}" was not shown, but "${shown()}"`);
      await rig.clock.advance(50);
      await turn();
    }
  }
  return { rig, read };
}

it('stops for a star, at a panel of either size, and the patient is served all the same', async () => {
  const site = await openSite();
  const wallet = await registeredCard(site);
  for (const size of SIZES) {
    const { rig, read } = panelOf(size);
    const { panel, sensor } = rig;
    // Nobody holds it: a person's temperature would be waited for.
    if (sensor !== undefined) sensor.value = 21;
    const tap = site.tap({ wallet, hub: 'goa-01', panel, sensor: panel.sensor });
    await read('# enter');
    await rig.type(`${PIN}#`);
    await read('1 Yes');
    await rig.type('1');
    await read('Please hold the');
    // The card is wanted no more, and no key but the star does anything.
    await site.terminal.take(wallet);
    await rig.type('5#');
    await read('* stops this.');
    await rig.type('*');
    await read('The measurement was');
    await site.terminal.lay(wallet);
    await rig.type('2');
    const { outcome, steps } = await tap;
    expect(outcome).toEqual({ kind: 'served' });
    expect(steps.filter(({ ok }) => !ok)).toEqual([]);
    expect(steps.slice(-6).map(({ step }) => step)).toEqual([
      'inform',
      'check-in',
      'choose',
      'measure',
      'choose',
      'summarise',
    ]);
  }
  expect((await site.hub('goa-01').office.list(null)).items).toMatchObject([{ observations: 0 }]);
});
