import { describe, expect, it } from 'vitest';
import { ConsolePanel } from '../../device/panels/console-panel.ts';

const NEVER = new AbortController().signal;
const HUBS = ['goa-01, Goa', 'pune-02, Pune'];

/** A console at which `typed` is typed, one answer after another. */
function consoleWith(typed: readonly string[], { scripted = false } = {}) {
  const answers = [...typed];
  const said: string[] = [];
  const asked: string[] = [];
  const panel = new ConsolePanel({
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
    expect(asked).toEqual(['Clinic, 1 to 2']);
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
