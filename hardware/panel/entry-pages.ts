import { type DisplaySize, type Page, pageOf, pagesOf, wrap } from './display-text.ts';
import { type EntryHint, type EntryState, PIN_RULES } from './key-entry.ts';
import type { KeypadQuestion, Question } from './panel.ts';

type Entered = Pick<EntryState, 'digits' | 'hint'>;

/** What is asked, where the terminal's own words do not fit in a row of 16. */
const SHORT_PROMPTS: Readonly<Record<KeypadQuestion, string>> = {
  pin: 'PIN',
  'new-pin': 'New PIN',
  'new-pin-again': 'Same PIN again',
};

const HINTS = { 'star-cancels': '* again: cancel', 'more-time': 'More time? Key *' } as const;

const PIN_HINTS: Readonly<Record<EntryHint, string>> = {
  ...HINTS,
  'too-short': `${PIN_RULES.fewest} to ${PIN_RULES.most} digits`,
  'not-taken': `${PIN_RULES.most} at most: #`,
};

const HELP = '# enter  * clear';

/** Whether twelve keys can answer it. */
export function isForKeypad(question: Question): question is KeypadQuestion {
  return Object.hasOwn(SHORT_PROMPTS, question);
}

/**
 * The entry of a PIN as a page: one star for each digit and never a digit. On two rows a hint stands in place
 * of the prompt, and the keys are explained until the first digit.
 */
export function pinPage(question: KeypadQuestion, prompt: string, entered: Entered, size: DisplaySize): Page {
  const [row = '', ...more] = wrap(prompt, size.columns);
  const asked = more.length === 0 ? row : SHORT_PROMPTS[question];
  return entryPage(asked, '*'.repeat(entered.digits.length), hintOf(PIN_HINTS, entered), size);
}

/** A choice as pages: the options in turns, each with its number, until one is typed. */
export function choicePages(
  prompt: string,
  options: readonly string[],
  entered: Entered,
  size: DisplaySize,
): Page[] {
  const [asked = ''] = wrap(prompt, size.columns);
  const range = `Press 1 to ${options.length}`;
  const hint = hintOf({ ...HINTS, 'too-short': range, 'not-taken': range }, entered);
  if (entered.digits !== '') return [entryPage(asked, entered.digits, hint, size)];
  return [
    ...(hint === '' ? [] : [pageOf([hint], size)]),
    ...pagesOf([prompt], size),
    ...pagesOf(
      options.map((option, index) => `${index + 1} ${option}`),
      size,
    ),
  ];
}

/** The words of what goes on, and behind them which key breaks it off. */
export function cancelPages(lines: readonly string[], size: DisplaySize): Page[] {
  return pagesOf([...lines, '* stops this.'], size);
}

/** Nothing was typed yet, and nothing is to be said of it. */
export function isUntouched({ digits, hint }: Entered): boolean {
  return digits === '' && hint === undefined;
}

function hintOf(hints: Readonly<Record<EntryHint, string>>, { hint }: Entered): string {
  return hint === undefined ? '' : hints[hint];
}

function entryPage(asked: string, typed: string, hint: string, size: DisplaySize): Page {
  if (size.rows === 4) return pageOf([asked, typed, hint, HELP], size);
  return pageOf([hint === '' ? asked : hint, typed === '' ? HELP : typed], size);
}
