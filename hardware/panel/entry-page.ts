import { type DisplaySize, type Page, pageOf, wrap } from './display-text.ts';
import type { Question } from './panel.ts';
import { type EntryHint, type EntryState, FEWEST_DIGITS, MOST_DIGITS } from './pin-entry.ts';

/** What is asked, where the terminal's own words do not fit in a row of 16. */
const SHORT_PROMPTS: Readonly<Record<Question, string>> = {
  pin: 'PIN',
  'new-pin': 'New PIN',
  'new-pin-again': 'Same PIN again',
  'recovery-code': 'Recovery code',
};

const HINTS: Readonly<Record<EntryHint, string>> = {
  'too-short': `${FEWEST_DIGITS} to ${MOST_DIGITS} digits`,
  full: `${MOST_DIGITS} at most: #`,
  'star-cancels': '* again: cancel',
  'more-time': 'More time? Key *',
};

const HELP = '# enter  * clear';

/**
 * An entry as a page: one star for each digit and never a digit. On two rows a hint stands in place of the
 * prompt, and the keys are explained until the first digit.
 */
export function entryPage(
  question: Question,
  prompt: string,
  { digits, hint }: Pick<EntryState, 'digits' | 'hint'>,
  size: DisplaySize,
): Page {
  const stars = '*'.repeat(digits.length);
  const asked = promptOf(question, prompt, size.columns);
  const hinted = hint === undefined ? '' : HINTS[hint];
  if (size.rows === 4) return pageOf([asked, stars, hinted, HELP], size);
  return pageOf([hinted === '' ? asked : hinted, stars === '' ? HELP : stars], size);
}

function promptOf(question: Question, prompt: string, columns: number): string {
  const [row = '', ...more] = wrap(prompt, columns);
  return more.length === 0 ? row : SHORT_PROMPTS[question];
}
