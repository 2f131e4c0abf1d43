import { describe, expect, it } from 'vitest';
import { ConsolePanel } from '../../device/panels/console-panel.ts';
import { GRACE_MS, PATIENCE_MS } from '../../device/panels/patience.ts';
import { SimulatedClock } from '../../runtime/simulated-clock.ts';

const NEVER = new AbortController().signal;
const HUBS = ['goa-01, Goa', 'pune-02, Pune'];

/** A console at which `typed` is typed, one answer after another. */
function consoleWith(typed: readonly string[], { scripted = false } = {}) {
  const answers = [...typed];
  const said: string[] = [];
  const asked: string[] = [];
  const panel = new ConsolePanel({
    clock: new SimulatedClock(),
    say: (line) => said.push(line),
    ask: async (prompt) => {
      asked.push(prompt);
      return answers.shift() ?? '';
    },
    scripted,
  });
  return { panel, said, asked };
}

describe('a choice at the console', () => {
  it('is made by number, and said', async () => {
    const { panel, said, asked } = consoleWith(['2']);
    expect(await panel.choose?.('Clinic', HUBS, NEVER)).toBe(1);
    expect(said).toEqual(['  1  goa-01, Goa', '  2  pune-02, Pune', '  pune-02, Pune']);
    expect(asked).toEqual(['Clinic 1 to 2']);
  });

  it('is asked for again until the number is one of them, and cancelled by an empty line', async () => {
    const { panel, asked } = consoleWith(['0', '3', 'goa-01', '1.5', '1']);
    expect(await panel.choose?.('Clinic', HUBS, NEVER)).toBe(0);
    expect(asked).toHaveLength(5);
    expect(await consoleWith(['']).panel.choose?.('Clinic', HUBS, NEVER)).toBeUndefined();
  });

  it('is not to be had from a script', () => {
    expect(consoleWith([], { scripted: true }).panel.choose).toBeUndefined();
  });
});

describe('what goes on at the console', () => {
  it('is broken off by an empty line, and by nothing else that is typed', async () => {
    const { panel, asked } = consoleWith(['c', '*', ' ', '']);
    await panel.untilCancelled?.(NEVER);
    expect(asked).toEqual(Array(4).fill('Press Enter to stop'));
  });

  it('is broken off by nobody where a script answers', () => {
    expect(consoleWith([], { scripted: true }).panel.untilCancelled).toBeUndefined();
  });
});

describe('what an engineer reads at the console', () => {
  it('waits while a patient is asked, so that the prompt stands alone in its line', async () => {
    const said: string[] = [];
    let answer = (_typed: string) => {};
    const panel = new ConsolePanel({
      clock: new SimulatedClock(),
      say: (line) => said.push(line),
      ask: () =>
        new Promise((resolve) => {
          answer = resolve;
        }),
      scripted: false,
    });
    panel.tell('card read');
    const asked = panel.ask('pin', 'PIN', NEVER);
    panel.tell('hub called');
    panel.tell('hub answered');
    panel.show('refused', ['The clinic cannot be reached.']);
    expect(said).toEqual(['card read']);
    answer('482913');
    expect(await asked).toBe('482913');
    panel.tell('typed');
    expect(said).toEqual([
      'card read',
      'hub called',
      'hub answered',
      '✗ The clinic cannot be reached.',
      'typed',
    ]);
  });
});

describe('a new secret at the console', () => {
  it.each([
    ['new-pin', 'new-pin-again'],
    ['new-password', 'new-password-again'],
  ] as const)('%s is given once by a script, and twice by a person', async (question, again) => {
    const script = consoleWith(['dry until may'], { scripted: true });
    expect(await script.panel.ask(question, 'New', NEVER)).toBe('dry until may');
    expect(await script.panel.ask(again, 'Again', NEVER)).toBe('dry until may');
    expect(script.asked).toHaveLength(1);
    const person = consoleWith(['dry until may', 'dry until june']);
    expect(await person.panel.ask(question, 'New', NEVER)).toBe('dry until may');
    expect(await person.panel.ask(again, 'Again', NEVER)).toBe('dry until june');
  });

  it('that was given for one question is not given for another', async () => {
    const { panel } = consoleWith(['new', 'other'], { scripted: true });
    await panel.ask('new-password', 'New', NEVER);
    await panel.ask('pin', 'PIN', NEVER);
    expect(await panel.ask('new-password-again', 'Again', NEVER)).toBeUndefined();
  });
});

describe('a patient who has left', () => {
  /** A console at which nobody types. */
  function silentConsole({ scripted = false } = {}) {
    const clock = new SimulatedClock();
    const said: string[] = [];
    const panel = new ConsolePanel({
      clock,
      say: (line) => said.push(line),
      ask: (_prompt, signal) =>
        new Promise((_resolve, reject) => signal.addEventListener('abort', () => reject(signal.reason))),
      scripted,
    });
    return { clock, panel, said };
  }

  it('is asked once whether they are still there, and then waited for no longer', async () => {
    const { clock, panel, said } = silentConsole();
    const answer = panel.ask('pin', 'PIN', NEVER);
    await clock.advance(PATIENCE_MS - 1);
    expect(said).toEqual([]);
    await clock.advance(1);
    expect(said).toEqual(['\n! Are you still there? This ends in 30 seconds.']);
    await clock.advance(GRACE_MS);
    expect(await answer).toBeUndefined();
    expect(clock.pendingTimers).toBe(0);
  });

  it('chooses nothing', async () => {
    const { clock, panel } = silentConsole();
    const choice = panel.choose?.('Clinic', HUBS, NEVER);
    await clock.advance(PATIENCE_MS + GRACE_MS);
    expect(await choice).toBeUndefined();
  });

  it('breaks nothing off, and is not asked whether they are there: a measurement ends by itself', async () => {
    const { clock, panel, said } = silentConsole();
    const over = new AbortController();
    const stop = panel.untilCancelled?.(over.signal);
    await clock.advance(PATIENCE_MS + GRACE_MS);
    expect(said).toEqual([]);
    over.abort(new Error('it is measured'));
    await expect(stop).rejects.toThrow('it is measured');
  });

  it('is not what a tap is that ends: the question goes with its reason', async () => {
    const { clock, panel } = silentConsole();
    const tap = new AbortController();
    const answer = panel.ask('pin', 'PIN', tap.signal);
    tap.abort(new Error('the tap is over'));
    await expect(answer).rejects.toThrow('the tap is over');
    expect(clock.pendingTimers).toBe(0);
  });

  it('is not looked for where a script answers', async () => {
    const { clock, panel, said } = silentConsole({ scripted: true });
    const tap = new AbortController();
    const answer = panel.ask('pin', 'PIN', tap.signal);
    await clock.advance(PATIENCE_MS + GRACE_MS);
    expect(said).toEqual([]);
    tap.abort(new Error('over'));
    await expect(answer).rejects.toThrow('over');
  });
});
