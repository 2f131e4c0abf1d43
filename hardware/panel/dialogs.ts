import type { DisplaySize, Page } from './display-text.ts';
import { cancelPages, choicePages, isUntouched, pinPage } from './entry-pages.ts';
import { CANCEL_RULES, choiceRules, type EntryRules, type EntryState, PIN_RULES } from './key-entry.ts';
import type { KeypadQuestion } from './panel.ts';

/** What an entry at the keypad is for. */
export interface Dialog {
  readonly rules: EntryRules;
  /** What the display shows of it. `words`: what was there before. */
  readonly pages: (state: EntryState, size: DisplaySize, words: readonly Page[]) => readonly Page[];
}

/** Asks for a PIN. */
export function pinDialog(question: KeypadQuestion, prompt: string): Dialog {
  return {
    rules: PIN_RULES,
    // Until the first key the words and the question take turns; then there is the question alone.
    pages: (state, size, words) => [
      ...(isUntouched(state) ? words : []),
      pinPage(question, prompt, state, size),
    ],
  };
}

/** Lets one of `options` be chosen by its number. */
export function choiceDialog(prompt: string, options: readonly string[]): Dialog {
  return {
    rules: choiceRules(options.length),
    pages: (state, size) => choicePages(prompt, options, state, size),
  };
}

/** Says `lines`, and which key breaks off what they tell of. */
export function cancelDialog(lines: readonly string[]): Dialog {
  return { rules: CANCEL_RULES, pages: (_state, size) => cancelPages(lines, size) };
}
