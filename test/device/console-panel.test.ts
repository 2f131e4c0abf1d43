import { describe, expect, it } from 'vitest';
import { ConsolePanel } from '../../device/panels/console-panel.ts';

/** A console panel, what it said, what it asked for, and the answers it gets. */
function consolePanel(options: { readonly answers?: readonly string[]; readonly scripted?: boolean }) {
  const said: string[] = [];
  const asked: string[] = [];
  const answers = [...(options.answers ?? [])];
  const panel = new ConsolePanel({
    say: (line) => said.push(line),
    ask: async (prompt) => {
      asked.push(prompt);
      return answers.shift() ?? '';
    },
    scripted: options.scripted ?? false,
  });
  return { panel, said, asked };
}

const { signal } = new AbortController();

describe('the console as a panel', () => {
  it('puts a mark before the words of each sign, and says nothing twice in a row', () => {
    const { panel, said } = consolePanel({});
    panel.show('refused', ['That PIN is wrong.', '4 tries are left.']);
    panel.show('refused', ['That PIN is wrong.', '4 tries are left.']);
    panel.show('welcome', ['Welcome to Goa.']);
    expect(said).toEqual(['✗ That PIN is wrong. 4 tries are left.', '✓ Welcome to Goa.']);
  });

  it('asks for what it is told to ask for, and takes nothing for an answer as a cancel', async () => {
    const { panel, asked } = consolePanel({ answers: ['482913', ''] });
    expect(await panel.ask('pin', 'PIN', signal)).toBe('482913');
    expect(await panel.ask('pin', 'PIN', signal)).toBeUndefined();
    expect(asked).toEqual(['PIN', 'PIN']);
  });

  it('takes a new PIN from a script once, and from a person twice', async () => {
    const script = consolePanel({ answers: ['735208'], scripted: true });
    expect(await script.panel.ask('new-pin', 'New PIN', signal)).toBe('735208');
    expect(await script.panel.ask('new-pin-again', 'New PIN, once more', signal)).toBe('735208');
    const person = consolePanel({ answers: ['735208', '735209'] });
    expect(await person.panel.ask('new-pin', 'New PIN', signal)).toBe('735208');
    expect(await person.panel.ask('new-pin-again', 'New PIN, once more', signal)).toBe('735209');
  });

  it('lets a person choose by number, asks again for what is no choice, and offers a script none', async () => {
    const { panel, said } = consolePanel({ answers: ['9', 'x', '2'] });
    expect(await panel.choose?.('Hub', ['goa-01', 'pune-02'], signal)).toBe(1);
    expect(said).toEqual(['  1  goa-01', '  2  pune-02', '  pune-02']);
    expect(consolePanel({ scripted: true }).panel.choose).toBeUndefined();
  });
});
