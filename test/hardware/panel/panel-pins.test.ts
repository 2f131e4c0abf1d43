import mockFirmata from 'mock-firmata';
import { afterEach, describe, expect, it } from 'vitest';
import type { OpenBoard } from '../../../hardware/panel/board.ts';
import { BoardPanel } from '../../../hardware/panel/board-panel.ts';
import { type PanelParts, STANDARD_PARTS } from '../../../hardware/panel/panel-parts.ts';
import { VirtualDisplay } from '../../../hardware/sim/virtual-display.ts';
import { SimulatedClock } from '../../../runtime/simulated-clock.ts';
import { NEVER, statesOf, until } from './rig.ts';

const PIEZO = 3;
const RED = 9;
const GREEN = 10;
const BLUE = 11;
const OFF = { [RED]: 0, [GREEN]: 0, [BLUE]: 0 };

/** A panel on `mock-firmata`: what johnny-five does to pins and I2C, with no line in between. */
function pinRig(parts: PanelParts = STANDARD_PARTS) {
  const clock = new SimulatedClock();
  const light: Record<number, number> = {};
  const piezo: number[] = [];
  const i2c: [address: number, ...bytes: number[]][] = [];
  const display = new VirtualDisplay({ columns: 16, rows: 2 });
  let touch: (bytes: readonly number[]) => void = () => {};
  const io = new mockFirmata.Firmata({
    analogWrite: (pin: number, value: number) => {
      light[pin] = value;
    },
    digitalWrite: (pin: number, value: number) => {
      if (pin === PIEZO) piezo.push(value);
    },
    i2cWrite: (address: number, first: number, second?: number) => {
      const bytes = second === undefined ? [first] : [first, second];
      i2c.push([address, ...bytes]);
      if (address === 0x27) display.write(Uint8Array.from(bytes));
    },
    i2cRead: (_address: number, _register: number, _count: number, answer: typeof touch) => {
      touch = answer;
    },
  });
  io.emit('ready');
  const open: OpenBoard = async () => ({ io, onLost: () => {}, close: async () => {} });
  const panel = new BoardPanel({ clock, parts, open });
  return {
    clock,
    panel,
    light,
    piezo,
    i2c,
    display,
    touch: (bits: number) => touch([bits & 0xff, bits >> 8]),
  };
}

type Rig = ReturnType<typeof pinRig>;

async function ready(rig: Rig): Promise<Rig> {
  const states = statesOf(rig.panel);
  await until(() => states.length > 0);
  expect(states).toEqual([{ state: 'ready', missing: [] }]);
  return rig;
}

describe('a panel, at the level of pins', () => {
  let rig: Rig;

  afterEach(async () => {
    await rig.panel.close();
  });

  it('blinks its light slowly while the terminal waits', async () => {
    rig = await ready(pinRig());
    rig.panel.show('idle', ['Please tap your card.']);
    expect(rig.light).toEqual({ ...OFF, [BLUE]: 255 });
    await rig.clock.advance(1_000);
    expect(rig.light).toEqual(OFF);
    await rig.clock.advance(1_000);
    expect(rig.light).toEqual({ ...OFF, [BLUE]: 255 });
  });

  it('holds its light steady while the card is read', async () => {
    rig = await ready(pinRig());
    rig.panel.show('reading', ['Reading your card …']);
    for (let second = 0; second < 10; second++) {
      expect(rig.light).toEqual({ ...OFF, [BLUE]: 255 });
      await rig.clock.advance(1_000);
    }
    expect(rig.piezo.slice(1)).toEqual([]);
  });

  it('puts all lights on and sounds one long tone when the card may be taken', async () => {
    rig = await ready(pinRig());
    rig.panel.show('take-card', ['You may take your card.']);
    expect(rig.light).toEqual({ [RED]: 255, [GREEN]: 255, [BLUE]: 255 });
    await until(() => rig.piezo.includes(1));
    await rig.clock.advance(799);
    const soFar = rig.piezo.length;
    await until(() => rig.piezo.length > soFar);
    await rig.clock.advance(1);
    await isQuiet(rig);
  });

  it('is red with two short tones, a pause between them, at a refusal', async () => {
    rig = await ready(pinRig());
    rig.panel.show('refused', ['That PIN is wrong.']);
    expect(rig.light).toEqual({ ...OFF, [RED]: 255 });
    await until(() => rig.piezo.includes(1));
    await rig.clock.advance(150);
    await isQuiet(rig);
    rig.piezo.length = 0;
    await rig.clock.advance(100);
    await until(() => rig.piezo.includes(1));
    await rig.clock.advance(150);
    await isQuiet(rig);
    await rig.clock.advance(10_000);
    await isQuiet(rig);
    expect(rig.light).toEqual({ ...OFF, [RED]: 255 });
  });

  it('breaks a sound off for the next one', async () => {
    rig = await ready(pinRig());
    rig.panel.show('refused', ['That PIN is wrong.']);
    rig.panel.show('take-card', ['You may take your card.']);
    await rig.clock.advance(700);
    rig.piezo.length = 0;
    await until(() => rig.piezo.includes(1));
    await rig.clock.advance(100);
    await isQuiet(rig);
  });

  it('shows the words, writing a character as two halves with its register select', async () => {
    rig = await ready(pinRig());
    rig.i2c.length = 0;
    rig.panel.show('welcome', ['A']);
    expect(rig.display.rows[0]).toBe('A               ');
    // To row 0, column 0; then "A", 0x41: RS, the light behind, E up and down around each half.
    const half = (bits: number) => [
      [0x27, bits | 0x0c],
      [0x27, bits | 0x08],
    ];
    expect(rig.i2c).toEqual([...half(0x80), ...half(0x00), ...half(0x41), ...half(0x11)]);
  });

  it('shows long words in turns, a page every 2.5 s', async () => {
    rig = await ready(pinRig());
    rig.panel.show('take-card', ['You may take your card.', 'Please enter your PIN.']);
    const [first, second] = [
      ['You may take    ', 'your card.      '],
      ['Please enter    ', 'your PIN.       '],
    ];
    expect(rig.display.rows).toEqual(first);
    await rig.clock.advance(2_499);
    expect(rig.display.rows).toEqual(first);
    await rig.clock.advance(1);
    expect(rig.display.rows).toEqual(second);
    await rig.clock.advance(2_500);
    expect(rig.display.rows).toEqual(first);
  });

  it('knows how long it takes until all of the words were shown', async () => {
    rig = await ready(pinRig());
    expect(rig.panel.turnMs(['You may take your card.', 'Please enter your PIN.'])).toBe(5_000);
    expect(rig.panel.turnMs(['Welcome to Goa.'])).toBe(2_500);
    await rig.panel.close();
    rig = await ready(pinRig({ piezo: { pin: 3 } }));
    expect(rig.panel.turnMs(['You may take your card.', 'Please enter your PIN.'])).toBe(0);
  });

  it('drives a light with a common plus the other way round', async () => {
    rig = await ready(pinRig({ light: { pins: [RED, GREEN, BLUE], commonAnode: true } }));
    expect(rig.light).toEqual({ [RED]: 255, [GREEN]: 255, [BLUE]: 255 });
    rig.panel.show('refused', ['That PIN is wrong.']);
    expect(rig.light).toEqual({ [RED]: 0, [GREEN]: 255, [BLUE]: 255 });
  });

  it('takes a PIN from the electrodes, masked', async () => {
    rig = await ready(pinRig());
    const answer = rig.panel.ask('pin', 'PIN', NEVER);
    // 1, 2 … 9 at electrodes 0 to 8, then *, 0, #.
    for (const electrode of [0, 1, 2, 8, 10, 10, 11]) {
      rig.touch(1 << electrode);
      await rig.clock.advance(50);
      rig.touch(0);
      await rig.clock.advance(50);
      if (electrode === 8) expect(rig.display.rows[1]).toBe('****            ');
    }
    expect(await answer).toBe('123900');
  });

  it('loses no key when one goes down in the moment in which another goes up', async () => {
    rig = await ready(pinRig());
    const answer = rig.panel.ask('pin', 'PIN', NEVER);
    for (const electrode of [0, 1, 2, 3, 4, 5, 11]) {
      rig.touch(1 << electrode);
      await rig.clock.advance(40);
    }
    expect(await answer).toBe('123456');
  });

  it('takes no key for one in the chip’s other states', async () => {
    rig = await ready(pinRig());
    const answer = rig.panel.ask('pin', 'PIN', NEVER);
    await rig.clock.advance(40);
    rig.touch(0x9000);
    await rig.clock.advance(40);
    expect(rig.display.rows[1]).toBe('# enter  * clear');
    await rig.panel.close();
    expect(await answer).toBeUndefined();
  });

  it('switches everything off as it is closed', async () => {
    rig = await ready(pinRig());
    rig.panel.show('take-card', ['You may take your card.']);
    await rig.panel.close();
    expect(rig.light).toEqual(OFF);
    expect(rig.display.lit).toBe(false);
    expect(rig.display.rows.join('').trim()).toBe('');
    await isQuiet(rig);
    expect(rig.clock.pendingTimers).toBe(0);
  });

  it.each<[string, PanelParts]>([
    ['a light alone', { light: { pins: [9, 10, 11], commonAnode: false } }],
    ['a piezo alone', { piezo: { pin: 3 } }],
    ['a display alone', { display: { columns: 16, rows: 2, address: 0x27 } }],
    ['a keypad alone', { keypad: { address: 0x5a, layout: '123456789*0#' } }],
    ['no part at all', {}],
  ])('works with %s, and touches nothing else', async (_what, parts) => {
    rig = await ready(pinRig(parts));
    rig.panel.show('refused', ['That PIN is wrong.']);
    await rig.clock.advance(1_000);
    expect(Object.keys(rig.light).length > 0).toBe(parts.light !== undefined);
    if (parts.piezo === undefined) expect(rig.piezo).toEqual([]);
    expect(rig.i2c.some(([address]) => address === 0x27)).toBe(parts.display !== undefined);
    expect(rig.i2c.some(([address]) => address === 0x5a)).toBe(parts.keypad !== undefined);
  });

  it.each<[string, PanelParts]>([
    ['a light on a pin that cannot dim', { light: { pins: [9, 10, 12], commonAnode: false } }],
    ['a piezo on the line itself', { piezo: { pin: 1 } }],
  ])('says what is wrong with %s', async (_what, parts) => {
    rig = pinRig(parts);
    const states = statesOf(rig.panel);
    await until(() => states.length > 0);
    expect(states).toMatchObject([{ state: 'lost', why: { code: 'panel-parts' } }]);
  });

  it('leaves no handler on the process', async () => {
    const before = process.listenerCount('SIGINT') + process.listenerCount('exit');
    rig = await ready(pinRig());
    expect(process.listenerCount('SIGINT') + process.listenerCount('exit')).toBe(before);
  });
});

/** The piezo's pin is low, and stays so for as long as a tone would take for several periods. */
async function isQuiet({ piezo }: Rig): Promise<void> {
  expect(piezo.at(-1)).toBe(0);
  const { length } = piezo;
  const from = process.hrtime.bigint();
  await until(() => process.hrtime.bigint() - from > 5_000_000n);
  expect(piezo.length).toBe(length);
}
