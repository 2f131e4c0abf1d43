/** The keys of a panel, as a telephone has them. */
export type Key = '0' | '1' | '2' | '3' | '4' | '5' | '6' | '7' | '8' | '9' | '*' | '#';

export interface KeyInput {
  readonly type: 'down' | 'up';
  readonly key: Key;
}

/** What happens to an entry: a key, or the moment that `nextMoment` named. */
export type EntryInput = KeyInput | { readonly type: 'time' };

/** Fewest and most digits of a PIN (PROTOCOL 2.3). */
export const FEWEST_DIGITS = 6;
export const MOST_DIGITS = 12;

/** How long the wait for the next key lasts. */
export const PATIENCE_MS = 60_000;
/** So long before its end the patient is warned: 20 s are the least that WCAG 2.2.1 has. */
export const WARNING_MS = 20_000;
/** A star held so long cancels. */
export const LONG_PRESS_MS = 1_000;

/** Why the latest key had no effect, or what the next one would do. */
export type EntryHint = 'too-short' | 'full' | 'star-cancels' | 'more-time';

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
 * comes a second time in a row. Without a key the entry ends after a minute; 20 s before, it warns, and any
 * key gives another minute: there a star does that alone, so that whoever needs time loses nothing.
 */
export function editEntry(state: EntryState, input: EntryInput, now: number): EntryStep {
  switch (input.type) {
    case 'time':
      return timePassed(state, now);
    case 'up': {
      const { starSince: _, ...released } = state;
      return { state: input.key === '*' ? released : state, effect: 'none' };
    }
    case 'down':
      return keyDown(state, input.key, now);
  }
}

/** When `editEntry` next has to hear of the time. */
export function nextMoment(state: EntryState): number {
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

function keyDown(state: EntryState, key: Key, now: number): EntryStep {
  const { digits, hint } = state;
  switch (key) {
    case '#':
      return digits.length < FEWEST_DIGITS
        ? { state: { digits, hint: 'too-short', lastKeyAt: now }, effect: 'refused' }
        : { state, effect: 'taken', outcome: { kind: 'entered', digits } };
    case '*':
      if (hint === 'more-time') return { state: { digits, lastKeyAt: now }, effect: 'taken' };
      if (hint === 'star-cancels') return { state, effect: 'taken', outcome: { kind: 'cancelled' } };
      return {
        state: { digits: '', hint: 'star-cancels', starSince: now, lastKeyAt: now },
        effect: 'taken',
      };
    default:
      return digits.length === MOST_DIGITS
        ? { state: { digits, hint: 'full', lastKeyAt: now }, effect: 'refused' }
        : { state: { digits: digits + key, lastKeyAt: now }, effect: 'taken' };
  }
}
