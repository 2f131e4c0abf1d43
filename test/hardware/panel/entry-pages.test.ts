import { describe, expect, it } from 'vitest';
import type { DisplaySize } from '../../../hardware/panel/display-text.ts';
import { cancelPages, choicePages, isForKeypad, pinPage } from '../../../hardware/panel/entry-pages.ts';
import type { EntryHint } from '../../../hardware/panel/key-entry.ts';

const SMALL: DisplaySize = { columns: 16, rows: 2 };
const LARGE: DisplaySize = { columns: 20, rows: 4 };
const HINTS: readonly EntryHint[] = ['too-short', 'not-taken', 'star-cancels', 'more-time'];

describe('the page of an entry', () => {
  it('explains the keys until the first digit, on two rows', () => {
    expect(pinPage('pin', 'PIN', { digits: '' }, SMALL)).toEqual(['PIN             ', '# enter  * clear']);
  });

  it.each([SMALL, LARGE])('has a star for each digit and never a digit, on $columns × $rows', (size) => {
    const page = pinPage('pin', 'PIN', { digits: '271828182845' }, size);
    expect(page[1]?.trim()).toBe('************');
    expect(page.join('')).not.toMatch(/[0-9]/);
  });

  it.each(HINTS)('shows the hint "%s" whole in a row of 16', (hint) => {
    const [first] = pinPage('pin', 'PIN', { digits: '12', hint }, SMALL);
    const fourth = pinPage('pin', 'PIN', { digits: '12', hint }, LARGE)[2];
    expect(first?.trim()).toBe(fourth?.trim());
    expect(first?.trim()).not.toBe('PIN');
  });

  it('keeps prompt and keys in sight on four rows', () => {
    expect(pinPage('new-pin', 'New PIN', { digits: '1', hint: 'too-short' }, LARGE)).toEqual([
      'New PIN             ',
      '*                   ',
      '6 to 12 digits      ',
      '# enter  * clear    ',
    ]);
  });

  it('asks in fewer words where the prompt does not fit', () => {
    expect(pinPage('new-pin-again', 'New PIN, once more', { digits: '' }, SMALL)[0]).toBe('Same PIN again  ');
    expect(pinPage('new-pin-again', 'New PIN, once more', { digits: '' }, LARGE)[0]).toBe(
      'New PIN, once more  ',
    );
  });
});

describe('the pages of a choice', () => {
  const options = ['Goa', 'Panjim', 'Margao'];

  it('show the prompt and each option with its number, in turns', () => {
    expect(choicePages('Please choose a clinic', options, { digits: '' }, SMALL)).toEqual([
      ['Please choose a ', 'clinic          '],
      ['1 Goa           ', '2 Panjim        '],
      ['3 Margao        ', '                '],
    ]);
    expect(choicePages('Clinic', options, { digits: '' }, LARGE).length).toBe(2);
  });

  it('show what was typed, unmasked', () => {
    expect(choicePages('Clinic', options, { digits: '1' }, SMALL)).toEqual([
      ['Clinic          ', '1               '],
    ]);
  });

  it('say which keys there are to one that is none of them, and then all of it again', () => {
    expect(choicePages('Clinic', options, { digits: '', hint: 'not-taken' }, SMALL)).toEqual([
      ['Press 1 to 3    ', '                '],
      ...choicePages('Clinic', options, { digits: '' }, SMALL),
    ]);
  });
});

describe('the pages of what can be broken off', () => {
  const lines = ['Please hold the thermometer.'];

  it('are its words, and which key breaks it off', () => {
    expect(cancelPages(lines, SMALL)).toEqual([
      ['Please hold the ', 'thermometer.    '],
      ['* stops this.   ', '                '],
    ]);
    expect(cancelPages(lines, LARGE)).toEqual([
      ['Please hold the     ', 'thermometer.        ', '* stops this.       ', '                    '],
    ]);
  });
});

describe('isForKeypad', () => {
  it.each(['pin', 'new-pin', 'new-pin-again'] as const)('takes %s', (question) => {
    expect(isForKeypad(question)).toBe(true);
  });

  it('leaves what has letters in it to a keyboard', () => {
    expect(isForKeypad('recovery-code')).toBe(false);
  });
});
