import { describe, expect, it } from 'vitest';
import { openFront } from '../../device/panels/open-front.ts';
import type { Panel } from '../../hardware/panel/panel.ts';
import { STANDARD_PARTS } from '../../hardware/panel/panel-parts.ts';
// What is loaded when it is first needed is here already: simulated time does not wait for files.
import 'firmata-io';
import 'johnny-five';
import '../../hardware/panel/open-panel.ts';
import '../../hardware/sensor/open-sensor.ts';
import '../../hardware/sim/virtual-panel.ts';
import '../../hardware/sim/virtual-sensor.ts';
import { SimulatedClock } from '../../runtime/simulated-clock.ts';

interface OpenOptions {
  readonly scripted?: boolean;
  readonly display?: boolean;
  readonly sensor?: string;
  readonly sensorBoard?: string;
}

/** A console that remembers what it was told, and answers with the question. */
class FakeConsole implements Panel {
  readonly shown: string[] = [];
  closed = 0;

  show(_: string, lines: readonly string[]): void {
    this.shown.push(lines.join(' '));
  }

  async ask(question: string): Promise<string> {
    return `typed: ${question}`;
  }

  async choose(): Promise<number> {
    return 1;
  }

  async close(): Promise<void> {
    this.closed += 1;
  }
}

function open(path: string | undefined, { scripted = false, display = true, ...sensors }: OpenOptions = {}) {
  const clock = new SimulatedClock();
  const console = new FakeConsole();
  const logged: string[] = [];
  let known = () => {};
  const isKnown = new Promise<void>((resolve) => {
    known = resolve;
  });
  const hear = (event: string, fields = {}) => {
    logged.push(`${event} ${JSON.stringify(fields)}`);
    known();
  };
  const log = { debug: hear, info: hear, warn: hear, error: hear };
  const { display: lcd, ...others } = STANDARD_PARTS;
  const parts = display && lcd !== undefined ? { ...others, display: lcd } : others;
  const front = openFront({ path, parts, console, scripted, ...sensors }, { clock, log });
  return { clock, console, logged, front, isKnown };
}

const { signal } = new AbortController();

describe('the front of a terminal', () => {
  it('is the console where no panel is named', async () => {
    const { front, console } = open(undefined);
    expect(await front).toBe(console);
  });

  it('is the panel that is named, with the console for what its parts cannot', async () => {
    const { front, clock, console, logged, isKnown } = open('sim:', { display: false });
    const panel = await front;
    await clock.advanceUntil(isKnown);
    expect(logged).toEqual(['the panel is ready {}']);
    panel.show('idle', ['Please tap', 'your card.']);
    expect(console.shown).toEqual(['Please tap your card.']);
    expect(await panel.ask('recovery-code', 'Recovery code', signal)).toBe('typed: recovery-code');
    expect(await panel.choose?.('Clinic', ['a', 'b'], signal)).toBe(1);
    await clock.advanceUntil(panel.close());
    expect(console.closed).toBe(1);
    expect(clock.pendingTimers).toBe(0);
  });

  it('asks its keypad for a PIN, and the console where secrets come from a script', async () => {
    for (const scripted of [false, true]) {
      const { front, clock, isKnown } = open('sim:', { scripted });
      const panel = await front;
      await clock.advanceUntil(isKnown);
      const answer = panel.ask('pin', 'PIN', signal);
      // Nobody touches a key: the keypad's wait ends by itself.
      expect(await clock.advanceUntil(answer, 120_000)).toBe(scripted ? 'typed: pin' : undefined);
      expect(panel.choose === undefined).toBe(scripted);
      await clock.advanceUntil(panel.close());
    }
  });

  it('says in the log why a panel is lost, and asks at the console meanwhile', async () => {
    const { front, clock, logged } = open('/dev/cardea-no-such-panel');
    const panel = await front;
    expect(await panel.ask('pin', 'PIN', signal)).toBe('typed: pin');
    expect(logged[0]).toMatch(/^the panel is lost .*cardea-no-such-panel/);
    await clock.advanceUntil(panel.close());
  });

  it('refuses what names no panel', async () => {
    await expect(open('COM3').front).rejects.toThrow(expect.objectContaining({ code: 'panel-path' }));
  });

  it.each([
    ["on the panel's board", 'sim:', {}],
    ['on a board of its own beside a panel', 'sim:', { sensorBoard: 'sim:37.4' }],
    ['on a board of its own beside the console', undefined, { sensorBoard: 'sim:37.4' }],
  ] as const)('has a sensor %s', async (_where, path, where) => {
    const { front, clock, console, logged, isKnown } = open(path, { sensor: 'mcp9808', ...where });
    const { sensor, ...panel } = await front;
    expect(sensor?.measures).toBe('body-temperature');
    expect(sensor?.read()).toEqual({ state: 'waiting' });
    await clock.advanceUntil(isKnown);
    expect(logged[0]).toMatch(/is ready/);
    await clock.advance(4_000);
    expect(sensor?.read().state).not.toBe('lost');
    await clock.advanceUntil(panel.close());
    expect(sensor?.read()).toEqual({ state: 'lost' });
    expect(console.closed).toBe(1);
    expect(clock.pendingTimers).toBe(0);
  });

  it('has none where none is named', async () => {
    const { front, clock } = open('sim:');
    const panel = await front;
    expect(panel.sensor).toBeUndefined();
    await clock.advanceUntil(panel.close());
  });

  it.each([
    ['a sensor that does not exist', undefined, { sensor: 'bmp280' }, 'sensor-kind'],
    ['a sensor on no board', undefined, { sensor: 'mcp9808' }, 'terminal-setup'],
    ['a board that is none', undefined, { sensor: 'mcp9808', sensorBoard: 'COM4' }, 'sensor-kind'],
    ['no panel beside it', 'COM3', { sensor: 'mcp9808', sensorBoard: 'sim:' }, 'panel-path'],
  ] as const)('refuses %s', async (_what, path, sensors, code) => {
    const { front, clock } = open(path, sensors);
    const refused = expect(front).rejects.toThrow(expect.objectContaining({ code }));
    await clock.advance(5_000);
    await refused;
  });
});
