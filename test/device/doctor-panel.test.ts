import { afterEach, describe, expect, it } from 'vitest';
import { gatherPanel, type PanelExam } from '../../device/doctor/gather-panel.ts';
import { STANDARD_PARTS } from '../../hardware/panel/panel-parts.ts';
import { NEVER, panelRig } from '../hardware/panel/rig.ts';

type RigOptions = Parameters<typeof panelRig>[0];

let rig: ReturnType<typeof panelRig>;
afterEach(() => rig.clock.advanceUntil(rig.panel.close()));

function start(options: RigOptions & Partial<Pick<PanelExam, 'keysWaitMs' | 'signal'>> = {}) {
  const { keysWaitMs = 20_000, signal = NEVER, parts = STANDARD_PARTS, ...others } = options;
  rig = panelRig({ ...others, parts });
  const asked: string[] = [];
  let beAsked = () => {};
  const isAsked = new Promise<void>((resolve) => {
    beAsked = resolve;
  });
  const facts = gatherPanel({
    panel: rig.panel,
    parts,
    clock: rig.clock,
    keysWaitMs,
    askForKeys(keys) {
      asked.push(keys);
      beAsked();
    },
    signal,
  });
  facts.catch(() => {});
  return { facts, asked, isAsked };
}

describe('the doctor at a panel', () => {
  it('shows the name of every sign on its display', async () => {
    const { facts } = start({ keysWaitMs: 0 });
    const shown = new Set<string>();
    const { clock, display } = rig;
    let open = true;
    const look = () => {
      shown.add(display.rows[0]?.trim() ?? '');
      if (open) clock.after(100, look);
    };
    look();
    expect(await clock.advanceUntil(facts)).toMatchObject({ state: 'answers', missing: [], keys: undefined });
    open = false;
    for (const sign of ['idle', 'reading', 'take-card', 'welcome', 'refused', 'out-of-order']) {
      expect([...shown]).toContain(sign);
    }
  });

  it('asks for all digits, and knows them when they come', async () => {
    const { facts, asked, isAsked } = start();
    await rig.clock.advanceUntil(isAsked);
    await rig.type('1234567890#');
    expect(await rig.clock.advanceUntil(facts)).toEqual({
      state: 'answers',
      parts: ['light', 'piezo', 'display', 'keypad'],
      missing: [],
      keys: 'right',
    });
    expect(asked).toEqual(['1234567890']);
  });

  it('tells keys that are wired in another order, and keys that nobody pressed', async () => {
    const wrong = start();
    await rig.clock.advanceUntil(wrong.isAsked);
    await rig.type('3214567890#');
    expect(await rig.clock.advanceUntil(wrong.facts)).toMatchObject({ keys: 'wrong' });
    await rig.clock.advanceUntil(rig.panel.close());
    const none = start();
    expect(await rig.clock.advanceUntil(none.facts)).toMatchObject({ keys: 'none' });
  });

  it('names a keypad that does not answer, and does not ask for its keys', async () => {
    const { facts, asked } = start();
    rig.i2c.delete(0x5a);
    expect(await rig.clock.advanceUntil(facts)).toMatchObject({ missing: ['keypad'], keys: undefined });
    expect(asked).toEqual([]);
  });

  it('asks for no keys where the settings name no keypad', async () => {
    const { light, piezo } = STANDARD_PARTS;
    const { facts } = start({ parts: { ...(light && { light }), ...(piezo && { piezo }) } });
    expect(await rig.clock.advanceUntil(facts)).toEqual({
      state: 'answers',
      parts: ['light', 'piezo'],
      missing: [],
      keys: undefined,
    });
  });

  it('says why a board is not there', async () => {
    const { facts } = start({ unplugged: true });
    expect(await rig.clock.advanceUntil(facts)).toMatchObject({
      state: 'fails',
      failure: { code: 'panel-lost' },
    });
  });

  it.each([0, 2_000, 15_000])('ends when it is stopped after %i ms', async (elapsed) => {
    const stop = new AbortController();
    const { facts } = start({ signal: stop.signal });
    await rig.clock.advance(elapsed);
    stop.abort(new Error('stopped'));
    await expect(rig.clock.advanceUntil(facts)).rejects.toThrow('stopped');
  });
});
