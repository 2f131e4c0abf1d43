import { setImmediate } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { secretSource } from '../../runtime/ask.ts';
import { holdTerminal } from '../../runtime/held-terminal.ts';
import { FakeInput, FakeOutput } from './fake-io.ts';

function hold(kind: 'terminal' | 'pipe' = 'terminal') {
  const terminal = new FakeInput(kind);
  const interrupts: string[] = [];
  const held = holdTerminal(terminal, () => interrupts.push('Ctrl-C'));
  const output = new FakeOutput();
  const source = secretSource({ stdin: kind === 'pipe', input: held.input, output });
  /** A key after the other, as fingers are slower than the event loop. */
  const type = async (keys: string) => {
    for (const key of keys) {
      terminal.write(key);
      await setImmediate();
    }
  };
  return { terminal, held, source, type, output, interrupts };
}

describe('a terminal that is held', () => {
  it('echoes nothing from the first question on, also while nothing is asked, until it is released', async () => {
    const { terminal, held, source, type } = hold();
    expect([terminal.rawModes, terminal.listenerCount('data')]).toEqual([[], 0]);
    const asked = source.ask('PIN');
    expect(terminal.rawModes).toEqual([true]);
    await type('4711\r');
    expect(await asked).toBe('4711');
    expect(terminal.rawModes).toEqual([true]);
    held.release();
    expect(terminal.rawModes).toEqual([true, false]);
    expect(terminal.isPaused()).toBe(true);
    expect(terminal.listenerCount('data')).toBe(0);
  });

  it('forgets what was typed while nothing was asked, so that it begins nobody’s answer', async () => {
    const { source, type } = hold();
    const asking = new AbortController();
    const left = source.ask('PIN', asking.signal);
    await type('12');
    asking.abort(new Error('the hub is lost'));
    await expect(left).rejects.toThrow('the hub is lost');
    await type('345');
    const next = source.ask('PIN');
    await type('987654\r');
    expect(await next).toBe('987654');
  });

  it('tells of Ctrl-C while nothing is asked; in a question that ends the question', async () => {
    const { source, type, interrupts } = hold();
    const first = source.ask('PIN');
    await type('1\r');
    await first;
    await type('1\x03');
    expect(interrupts).toEqual(['Ctrl-C']);
    const asked = source.ask('PIN');
    const over = expect(asked).rejects.toThrow('the PIN was not given');
    await type('1\x03');
    await over;
    expect(interrupts).toEqual(['Ctrl-C']);
  });

  it('ends a question where the terminal is gone', async () => {
    const { terminal, source } = hold();
    const asked = source.ask('PIN');
    terminal.end();
    await expect(asked).rejects.toThrow('the PIN was not given');
  });

  it('is as it was where nothing was ever asked', () => {
    const { terminal, held } = hold();
    held.release();
    expect([terminal.rawModes, terminal.readableFlowing]).toEqual([[], null]);
  });

  it('is no pipe: that is read as it comes', async () => {
    const { terminal, held, source } = hold('pipe');
    expect(held.input).toBe(terminal);
    terminal.end('1\n2\n');
    expect([await source.ask('PIN'), await source.ask('PIN')]).toEqual(['1', '2']);
    held.release();
    expect(terminal.rawModes).toEqual([]);
  });
});
