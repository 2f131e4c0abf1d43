/** The keys of a panel, as a telephone has them. */
export type Key = '0' | '1' | '2' | '3' | '4' | '5' | '6' | '7' | '8' | '9' | '*' | '#';

export interface KeyInput {
  readonly type: 'down' | 'up';
  readonly key: Key;
}

/** What happens to an entry: a key, or the moment that `nextMoment` named. */
export type EntryInput = KeyInput | { readonly type: 'time' };

/** What may be entered. */
export interface EntryRules {
  /** Fewer digits than these cannot be entered. */
  readonly fewest: number;
  readonly most: number;
  /** Whether these digits may stand there; default: any may. */
  readonly takes?: (digits: string) => boolean;
  /** Whether these digits are entered without `#`; default: none are. */
  readonly isWhole?: (digits: string) => boolean;
  /** It lasts until it is given up: nobody is warned, and it does not end by itself. */
  readonly unhurried?: boolean;
}

/** A PIN has 6 to 12 digits (PROTOCOL 2.3). */
export const PIN_RULES: EntryRules = { fewest: 6, most: 12 };

/** A number from 1 to `count`, entered as soon as no further digit could follow. */
export function choiceRules(count: number): EntryRules {
  return {
    fewest: 1,
    most: String(count).length,
    takes: (digits) => Number(digits) >= 1 && Number(digits) <= count,
    isWhole: (digits) => Number(digits) * 10 > count,
  };
}

/** Nothing to type: a star cancels at once, since there is nothing that it could clear. */
export const CANCEL_RULES: EntryRules = { fewest: 1, most: 0, unhurried: true };

/** How long the wait for the next key lasts. */
export const PATIENCE_MS = 60_000;
/** So long before its end the patient is warned: 20 s are the least that WCAG 2.2.1 has. */
export const WARNING_MS = 20_000;
/** A star held so long cancels. */
export const LONG_PRESS_MS = 1_000;

/** Why the latest key had no effect, or what the next one would do. */
export type EntryHint = 'too-short' | 'not-taken' | 'star-cancels' | 'more-time';

/** An entry under way. The digits are a secret: nothing but `entered` may be made of them. */
export interface EntryState {
  readonly digits: string;
  readonly hint?: EntryHint;
  /** When the star went down that is still held. */
  readonly starSince?: number;
  readonly lastKeyAt: number;
}

export type EntryOutcome =
  | { readonly kind: 'entered'; readonly digits: string }
  | { readonly kind: 'cancelled' }
  | { readonly kind: 'timed-out' };

/** What a key was good for, for the ear. */
export type KeyEffect = 'taken' | 'refused' | 'warning' | 'none';

export interface EntryStep {
  readonly state: EntryState;
  readonly effect: KeyEffect;
  /** Set when the entry is over. */
  readonly outcome?: EntryOutcome;
}

/** An empty entry, begun at `now` (monotonic milliseconds). */
export function beginEntry(now: number): EntryState {
  return { digits: '', lastKeyAt: now };
}

/**
 * One step of an entry at a keypad: digits are taken, `#` enters, `*` clears, and cancels when it is held or
 * comes a second time in a row, or there is nothing to type. Without a key the entry ends after a minute; 20 s before, it warns, and any
 * key gives another minute: there a star does that alone, so that whoever needs time loses nothing.
 */
export function editEntry(state: EntryState, input: EntryInput, now: number, rules: EntryRules): EntryStep {
  switch (input.type) {
    case 'time':
      return rules.unhurried === true ? { state, effect: 'none' } : timePassed(state, now);
    case 'up': {
      const { starSince: _, ...released } = state;
      return { state: input.key === '*' ? released : state, effect: 'none' };
    }
    case 'down':
      return keyDown(state, input.key, now, rules);
  }
}

/** When `editEntry` next has to hear of the time; undefined when never. */
export function nextMoment(state: EntryState, rules: EntryRules): number | undefined {
  if (rules.unhurried === true) return undefined;
  const end = state.lastKeyAt + PATIENCE_MS;
  const moment = state.hint === 'more-time' ? end : end - WARNING_MS;
  return state.starSince === undefined ? moment : Math.min(moment, state.starSince + LONG_PRESS_MS);
}

function timePassed(state: EntryState, now: number): EntryStep {
  if (state.starSince !== undefined && now >= state.starSince + LONG_PRESS_MS) {
    return { state, effect: 'taken', outcome: { kind: 'cancelled' } };
  }
  const waited = now - state.lastKeyAt;
  if (waited >= PATIENCE_MS) return { state, effect: 'none', outcome: { kind: 'timed-out' } };
  if (waited >= PATIENCE_MS - WARNING_MS && state.hint !== 'more-time') {
    return { state: { ...state, hint: 'more-time' }, effect: 'warning' };
  }
  return { state, effect: 'none' };
}

function keyDown(state: EntryState, key: Key, now: number, rules: EntryRules): EntryStep {
  const { digits, hint } = state;
  switch (key) {
    case '#':
      return digits.length < rules.fewest
        ? { state: { digits, hint: 'too-short', lastKeyAt: now }, effect: 'refused' }
        : entered(state, digits);
    case '*':
      if (hint === 'more-time') return { state: { digits, lastKeyAt: now }, effect: 'taken' };
      if (hint === 'star-cancels' || rules.most === 0)
        return { state, effect: 'taken', outcome: { kind: 'cancelled' } };
      return {
        state: { digits: '', hint: 'star-cancels', starSince: now, lastKeyAt: now },
        effect: 'taken',
      };
    default:
      return digit(state, digits + key, now, rules);
  }
}

function digit({ digits }: EntryState, longer: string, now: number, rules: EntryRules): EntryStep {
  if (longer.length > rules.most || rules.takes?.(longer) === false) {
    return { state: { digits, hint: 'not-taken', lastKeyAt: now }, effect: 'refused' };
  }
  const state: EntryState = { digits: longer, lastKeyAt: now };
  return rules.isWhole?.(longer) === true ? entered(state, longer) : { state, effect: 'taken' };
}

function entered(state: EntryState, digits: string): EntryStep {
  return { state, effect: 'taken', outcome: { kind: 'entered', digits } };
}
