import { describe, expect, it } from 'vitest';
import { type DisplaySize, type Page, pageOf, type Run } from '../../../hardware/panel/display-text.ts';
import { PAGE_MS, Screen } from '../../../hardware/panel/screen.ts';
import { SimulatedClock } from '../../../runtime/simulated-clock.ts';

const SIZE: DisplaySize = { columns: 16, rows: 2 };
const [ONE, TWO, THREE] = ['one', 'two', 'three'].map((text) => pageOf([text], SIZE)) as [Page, Page, Page];

function screenRig() {
  const clock = new SimulatedClock();
  const cells = Array.from({ length: 2 }, () => Array<string>(16).fill(' '));
  const written: Run[] = [];
  const write = (runs: readonly Run[]) => {
    for (const run of runs) {
      written.push(run);
      cells[run.row]?.splice(run.column, run.text.length, ...run.text);
    }
  };
  const screen = new Screen(clock, SIZE, { write });
  return { clock, screen, written, shown: () => cells.map((row) => row.join('').trim())[0] };
}

describe('a screen', () => {
  it('shows several pages in turns, for ever', async () => {
    const { clock, screen, shown } = screenRig();
    screen.show([ONE, TWO, THREE]);
    for (const text of ['one', 'two', 'three', 'one', 'two']) {
      expect(shown()).toBe(text);
      await clock.advance(PAGE_MS);
    }
    screen.stop();
    expect(clock.pendingTimers).toBe(0);
  });

  it('goes on in its turn when it is given the same pages again', async () => {
    const { clock, screen, shown } = screenRig();
    screen.show([ONE, TWO]);
    await clock.advance(PAGE_MS + 1_000);
    screen.show([ONE, TWO]);
    expect(shown()).toBe('two');
    await clock.advance(PAGE_MS - 1_000);
    expect(shown()).toBe('one');
    screen.stop();
  });

  it('begins with the first of other pages, and forgets the turn of the old ones', async () => {
    const { clock, screen, shown } = screenRig();
    screen.show([ONE, TWO]);
    await clock.advance(PAGE_MS - 1);
    screen.show([THREE]);
    await clock.advance(10 * PAGE_MS);
    expect(shown()).toBe('three');
    expect(clock.pendingTimers).toBe(0);
  });

  it('writes only what changes', () => {
    const { screen, written } = screenRig();
    screen.show([pageOf(['PIN', '***'], SIZE)]);
    written.length = 0;
    screen.show([pageOf(['PIN', '****'], SIZE)]);
    expect(written).toEqual([{ row: 1, column: 3, text: '*' }]);
  });

  it('is blank without pages', () => {
    const { screen, shown } = screenRig();
    screen.show([ONE]);
    screen.show([]);
    expect(shown()).toBe('');
  });
});
