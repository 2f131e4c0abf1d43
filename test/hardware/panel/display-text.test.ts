import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { SENTENCES } from '../../../device/terminal/sentences.ts';
import {
  changes,
  type DisplaySize,
  displayText,
  type Page,
  pageOf,
  pagesOf,
  wrap,
} from '../../../hardware/panel/display-text.ts';

const SMALL: DisplaySize = { columns: 16, rows: 2 };
const LARGE: DisplaySize = { columns: 20, rows: 4 };

describe('displayText', () => {
  it.each([
    ['Reading your card …', 'Reading your card ...'],
    ['São Tomé, Köln', 'Sao Tome, Koln'],
    ['Straße', 'Strasse'],
    ['“yes” – ‘no’', '"yes" - \'no\''],
    ['a\\b~c', 'a/b-c'],
    ['two\nlines', 'two lines'],
    ['नमस्ते', '????'],
  ])('shows %j as %j', (text, shown) => {
    expect(displayText(text)).toBe(shown);
  });

  it('leaves nothing but characters that every display has, whatever the text', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), (text) => {
        expect(displayText(text)).toMatch(/^[\x20-\x5b\x5d-\x7d]*$/);
      }),
    );
  });
});

describe('wrap', () => {
  it('breaks between words', () => {
    expect(wrap('You may take your card.', 16)).toEqual(['You may take', 'your card.']);
    expect(wrap('Please tap your card.', 20)).toEqual(['Please tap your', 'card.']);
  });

  it('cuts a word that is longer than a row', () => {
    expect(wrap('at Llanfairpwllgwyngyll now', 16)).toEqual(['at', 'Llanfairpwllgwyn', 'gyll now']);
  });

  it('makes no row of nothing', () => {
    expect(wrap('', 16)).toEqual([]);
    expect(wrap('   ', 16)).toEqual([]);
  });

  it('loses no character but blanks, and makes no row too long', () => {
    fc.assert(
      fc.property(fc.string(), fc.constantFrom(16, 20), (text, columns) => {
        const rows = wrap(text, columns);
        expect(rows.join('').replaceAll(' ', '')).toBe(displayText(text).replaceAll(' ', ''));
        for (const row of rows) expect(row.length).toBeLessThanOrEqual(columns);
      }),
    );
  });
});

describe('pagesOf', () => {
  it('puts a sentence that fills two rows on a page of its own', () => {
    expect(pagesOf(['You may take your card.', 'Please enter your PIN.'], SMALL)).toEqual([
      ['You may take    ', 'your card.      '],
      ['Please enter    ', 'your PIN.       '],
    ]);
  });

  it('puts all on one page where it fits', () => {
    expect(pagesOf(['You may take your card.', 'Please enter your PIN.'], LARGE)).toEqual([
      ['You may take your   ', 'card.               ', 'Please enter your   ', 'PIN.                '],
    ]);
  });

  it('puts two short lines on one page of two rows', () => {
    expect(pagesOf(['Cancelled.', 'Good bye.'], SMALL)).toEqual([['Cancelled.      ', 'Good bye.       ']]);
  });

  it('goes on to a next page with a sentence that fits on none', () => {
    expect(pagesOf(['This card is locked after too many wrong PINs.'], SMALL)).toEqual([
      ['This card is    ', 'locked after too'],
      ['many wrong PINs.', '                '],
    ]);
  });

  it('is one blank page without lines', () => {
    expect(pagesOf([], SMALL)).toEqual([['                ', '                ']]);
  });

  it.each([SMALL, LARGE])(
    'shows every sentence of the terminal whole, on pages of $columns × $rows',
    (size) => {
      for (const lines of Object.values(SENTENCES)) {
        const pages = pagesOf(lines, size);
        const read = pages.flat().join(' ').split(/\s+/).join(' ').trim();
        expect(read).toBe(lines.join(' '));
        for (const page of pages) {
          expect(page.length).toBe(size.rows);
          for (const row of page) expect(row.length).toBe(size.columns);
        }
      }
    },
  );
});

describe('changes', () => {
  const page = (...rows: string[]): Page => pageOf(rows, SMALL);

  it('are none between a page and itself', () => {
    expect(changes(page('PIN', '***'), page('PIN', '***'))).toEqual([]);
  });

  it('are one character for one more star', () => {
    expect(changes(page('PIN', '***'), page('PIN', '****'))).toEqual([{ row: 1, column: 3, text: '*' }]);
  });

  it('blank what is gone', () => {
    expect(changes(page('', '***'), page('', '*'))).toEqual([{ row: 1, column: 1, text: '  ' }]);
  });

  it('write over a single character that stays rather than going past it', () => {
    expect(changes(page('abc'), page('xby'))).toEqual([{ row: 0, column: 0, text: 'xby' }]);
  });

  it('make a display show the new page, whatever the old one was', () => {
    const row = fc.string({ maxLength: 16, unit: fc.constantFrom('a', 'b', ' ') });
    const anyPage = fc.tuple(row, row).map(([upper, lower]) => page(upper, lower));
    fc.assert(
      fc.property(anyPage, anyPage, (before, after) => {
        const cells = before.map((text) => [...text]);
        for (const { row, column, text } of changes(before, after))
          cells[row]?.splice(column, text.length, ...text);
        expect(cells.map((text) => text.join(''))).toEqual(after);
      }),
    );
  });
});
