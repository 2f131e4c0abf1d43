import { describe, expect, it } from 'vitest';
import type { DisplaySize } from '../../../hardware/panel/display-text.ts';
import { entryPage } from '../../../hardware/panel/entry-page.ts';
import type { EntryHint } from '../../../hardware/panel/pin-entry.ts';

const SMALL: DisplaySize = { columns: 16, rows: 2 };
const LARGE: DisplaySize = { columns: 20, rows: 4 };
const HINTS: readonly EntryHint[] = ['too-short', 'full', 'star-cancels', 'more-time'];

describe('the page of an entry', () => {
  it('explains the keys until the first digit, on two rows', () => {
    expect(entryPage('pin', 'PIN', { digits: '' }, SMALL)).toEqual(['PIN             ', '# enter  * clear']);
  });

  it.each([SMALL, LARGE])('has a star for each digit and never a digit, on $columns × $rows', (size) => {
    const page = entryPage('pin', 'PIN', { digits: '271828182845' }, size);
    expect(page[1]?.trim()).toBe('************');
    expect(page.join('')).not.toMatch(/[0-9]/);
  });

  it.each(HINTS)('shows the hint "%s" whole in a row of 16', (hint) => {
    const [first] = entryPage('pin', 'PIN', { digits: '12', hint }, SMALL);
    const fourth = entryPage('pin', 'PIN', { digits: '12', hint }, LARGE)[2];
    expect(first?.trim()).toBe(fourth?.trim());
    expect(first?.trim()).not.toBe('PIN');
  });

  it('keeps prompt and keys in sight on four rows', () => {
    expect(entryPage('new-pin', 'New PIN', { digits: '1', hint: 'too-short' }, LARGE)).toEqual([
      'New PIN             ',
      '*                   ',
      '6 to 12 digits      ',
      '# enter  * clear    ',
    ]);
  });

  it('asks in fewer words where the prompt does not fit', () => {
    expect(entryPage('new-pin-again', 'New PIN, once more', { digits: '' }, SMALL)[0]).toBe(
      'Same PIN again  ',
    );
    expect(entryPage('new-pin-again', 'New PIN, once more', { digits: '' }, LARGE)[0]).toBe(
      'New PIN, once more  ',
    );
  });
});
