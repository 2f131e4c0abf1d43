import mockFirmata from 'mock-firmata';
import { describe, expect, it, onTestFinished } from 'vitest';
import type { OpenBoard } from '../../../hardware/panel/board.ts';
import { firmataBoard } from '../../../hardware/panel/firmata-board.ts';
import { BoardSensor } from '../../../hardware/sensor/board-sensor.ts';
import { openSensor } from '../../../hardware/sensor/open-sensor.ts';
import type { Sensor } from '../../../hardware/sensor/sensor.ts';
import { parseSensor } from '../../../hardware/sensor/sensor-kinds.ts';
import { virtualSensorBoard } from '../../../hardware/sim/virtual-sensor.ts';
import { SimulatedClock } from '../../../runtime/simulated-clock.ts';
import { FakeConsole, NEVER, panelRig, until } from '../panel/rig.ts';

/** A sensor on mock-firmata: what johnny-five makes of what the pins and the chips say. */
function pinRig(kind: string) {
  let answer: (bytes: readonly number[]) => void = () => {};
  let step: (value: number) => void = () => {};
  const asked: number[][] = [];
  const io = new mockFirmata.Firmata({
    i2cRead: (address: number, register: number, count: number, take: typeof answer) => {
      asked.push([address, register, count]);
      answer = take;
    },
    analogRead: (pin: number, take: typeof step) => {
      asked.push([pin]);
      step = take;
    },
  });
  io.emit('ready');
  const open: OpenBoard = async () => ({ io, onLost: () => {}, close: async () => {} });
  const sensor = new BoardSensor({ open, part: parseSensor(kind), clock: new SimulatedClock() });
  onTestFinished(() => sensor.close());
  return {
    sensor,
    asked,
    answer: (...bytes: number[]) => answer(bytes),
    step: (value: number) => step(value),
  };
}

async function celsiusOrKgOf(sensor: Sensor): Promise<number> {
  await until(() => sensor.read().state === 'value');
  const reading = sensor.read();
  return reading.state === 'value' ? reading.value : Number.NaN;
}

describe('a sensor, at the level of pins', () => {
  it.each([
    ['mcp9808', [0x18, 0x05, 2], [0xc2, 0x4d], 36.81],
    ['tmp102@0x49', [0x49, 0x00, 2], [0x24, 0xd0], 36.8],
  ] as const)('%s is read from its register', async (kind, asked, bytes, celsius) => {
    const { sensor, ...rig } = pinRig(kind);
    await until(() => rig.asked.length > 0);
    expect(rig.asked).toEqual([asked]);
    expect(sensor.read()).toEqual({ state: 'waiting' });
    rig.answer(...bytes);
    expect(await celsiusOrKgOf(sensor)).toBeCloseTo(celsius, 2);
  });

  it.each([
    ['scale', 0, 512, 100.1],
    ['scale@A2,-5..150', 2, 1023, 150],
    ['scale@A1,0..200', 1, 366, 71.6],
  ] as const)('%s is a voltage at a pin', async (kind, pin, step, value) => {
    const { sensor, ...rig } = pinRig(kind);
    await until(() => rig.asked.length > 0);
    expect(rig.asked).toEqual([[pin]]);
    rig.step(step);
    expect(await celsiusOrKgOf(sensor)).toBeCloseTo(value, 1);
  });
});

/** Lets the time of the board pass, and with it johnny-five's own. */
async function untilItSays(state: string, sensor: Sensor | undefined, clock: SimulatedClock): Promise<void> {
  for (let turn = 0; turn < 500 && sensor?.read().state !== state; turn++) {
    await clock.advance(100);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
  expect(sensor?.read().state).toBe(state);
}

/** A sensor on a virtual board of its own. */
function boardRig(kind: string) {
  const clock = new SimulatedClock();
  const part = parseSensor(kind);
  const { sensor: virtual, port, open } = virtualSensorBoard(part, { clock });
  const states: string[] = [];
  const sensor = new BoardSensor({
    part,
    clock,
    open: firmataBoard({ clock, name: '/dev/ttyACM1', open }),
    onState: (lost) => states.push(lost?.code ?? 'ready'),
  });
  onTestFinished(() => clock.advanceUntil(sensor.close()));
  return {
    clock,
    sensor,
    virtual,
    port,
    states,
    reach: (state: string) => untilItSays(state, sensor, clock),
  };
}

describe('a sensor on a board of its own', () => {
  it('has a value once its board is there, also after the board was pulled out', async () => {
    const rig = boardRig('mcp9808');
    expect(rig.sensor.read()).toEqual({ state: 'waiting' });
    await rig.reach('value');
    expect(rig.sensor.read()).toEqual({ state: 'value', value: 36.81 });
    rig.port.unplug();
    await rig.reach('lost');
    await rig.clock.advance(5_000);
    rig.port.plugIn();
    await rig.reach('value');
    expect(rig.states).toEqual(['ready', 'panel-lost', 'ready']);
  });

  it('is silent where its chip does not answer, though a reply comes, and is there again when it does', async () => {
    const rig = boardRig('tmp102');
    await rig.reach('value');
    const [[address, chip] = []] = rig.virtual.i2c;
    rig.virtual.i2c.clear();
    await rig.reach('silent');
    if (address !== undefined && chip !== undefined) rig.virtual.i2c.set(address, chip);
    rig.virtual.value = 37.5;
    await rig.reach('value');
    expect(rig.sensor.read()).toEqual({ state: 'value', value: 37.5 });
  });

  it('is lost where there is no board from the first', async () => {
    const rig = boardRig('mcp9808');
    rig.port.unplug();
    await rig.reach('lost');
    expect(rig.states).toEqual(['panel-lost']);
  });

  it('weighs', async () => {
    const rig = boardRig('scale@A1');
    await rig.reach('value');
    const reading = rig.sensor.read();
    expect(reading.state === 'value' && Math.abs(reading.value - 71.5) < 0.2).toBe(true);
  });

  it.each(['', 'ttyACM1', 'sim', 'sim:warm'])('is refused on "%s", which names no board', (path) => {
    const clock = new SimulatedClock();
    expect(() => openSensor(path, parseSensor('scale'), { clock })).toThrow(
      expect.objectContaining({ code: 'sensor-kind' }),
    );
  });
});

describe("a sensor on the panel's board", () => {
  const sensor = parseSensor('mcp9808');

  async function ready({ withoutKeypad = false } = {}) {
    const elsewhere = new FakeConsole();
    const rig = panelRig({ sensor, fallback: elsewhere });
    onTestFinished(() => rig.clock.advanceUntil(rig.panel.close()));
    if (withoutKeypad) rig.i2c.delete(0x5a);
    await rig.reach('ready');
    return {
      rig,
      elsewhere,
      untilSensor: (state: string) => untilItSays(state, rig.panel.sensor, rig.clock),
    };
  }

  it('measures beside a keypad that types', async () => {
    const { rig, untilSensor } = await ready();
    await untilSensor('value');
    const answer = rig.panel.ask('pin', 'PIN', NEVER);
    await rig.type('482913#');
    expect(await answer).toBe('482913');
    rig.port.unplug();
    await rig.clock.advance(10);
    expect(rig.panel.sensor?.read()).toEqual({ state: 'lost' });
  });

  it('is what is silent when it is taken out: the keypad is not thought so', async () => {
    const { rig, untilSensor, elsewhere } = await ready();
    await untilSensor('value');
    rig.i2c.delete(0x18);
    await untilSensor('silent');
    const answer = rig.panel.ask('pin', 'PIN', NEVER);
    await rig.type('482913#');
    expect(await answer).toBe('482913');
    expect(elsewhere.asked).toEqual([]);
  });

  it('goes on when it is the keypad that is silent from the first', async () => {
    const { rig, untilSensor } = await ready({ withoutKeypad: true });
    await untilSensor('value');
    expect(await rig.panel.ask('pin', 'PIN', NEVER)).toBe('424242');
  });
});
