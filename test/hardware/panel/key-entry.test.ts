import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  beginEntry,
  CANCEL_RULES,
  choiceRules,
  type EntryInput,
  type EntryOutcome,
  type EntryRules,
  type EntryState,
  editEntry,
  type Key,
  LONG_PRESS_MS,
  nextMoment,
  PATIENCE_MS,
  PIN_RULES,
  WARNING_MS,
} from '../../../hardware/panel/key-entry.ts';

interface Played {
  readonly state: EntryState;
  readonly outcome: EntryOutcome | undefined;
  readonly effects: readonly string[];
}

function edit(state: EntryState, input: EntryInput, now: number, rules: EntryRules = PIN_RULES) {
  return editEntry(state, input, now, rules);
}

/** Presses keys at a pace at which nothing else happens, from a state at `now`. */
function press(
  keys: string,
  from: EntryState = beginEntry(0),
  now: number = from.lastKeyAt,
  rules: EntryRules = PIN_RULES,
): Played {
  let state = from;
  let at = now;
  const effects: string[] = [];
  for (const key of keys as Iterable<Key>) {
    at += 100;
    const down = edit(state, { type: 'down', key }, at, rules);
    effects.push(down.effect);
    if (down.outcome !== undefined) return { ...down, outcome: down.outcome, effects };
    state = edit(down.state, { type: 'up', key }, at + 50).state;
  }
  return { state, outcome: undefined, effects };
}

/** Lets time pass up to `until`, hearing of it where the entry asked to. */
function wait(from: EntryState, until: number, rules: EntryRules = PIN_RULES): Played {
  let state = from;
  const effects: string[] = [];
  for (;;) {
    const at = nextMoment(state, rules);
    if (at === undefined || at > until) break;
    const step = edit(state, { type: 'time' }, at, rules);
    state = step.state;
    effects.push(step.effect);
    if (step.outcome !== undefined) return { state, outcome: step.outcome, effects };
  }
  return { state, outcome: undefined, effects };
}

describe('an entry at the keypad', () => {
  it.each(['123456', '000000', '123456789012'])('enters %s with #', (digits) => {
    expect(press(`${digits}#`).outcome).toEqual({ kind: 'entered', digits });
  });

  it.each(['', '1', '12345'])(
    'does not enter "%s": it says how many digits there must be, and goes on',
    (digits) => {
      const { state, outcome, effects } = press(`${digits}#`);
      expect(outcome).toBeUndefined();
      expect(state).toMatchObject({ digits, hint: 'too-short' });
      expect(effects.at(-1)).toBe('refused');
    },
  );

  it('takes no thirteenth digit, and says so', () => {
    const { state, effects } = press('1234567890123');
    expect(state).toMatchObject({ digits: '123456789012', hint: 'not-taken' });
    expect(effects.at(-1)).toBe('refused');
  });

  it('clears with a star, and goes on with new digits', () => {
    expect(press('999*').state).toMatchObject({ digits: '', hint: 'star-cancels' });
    expect(press('999*123456#').outcome).toEqual({ kind: 'entered', digits: '123456' });
  });

  it('cancels with a second star in a row', () => {
    expect(press('123**').outcome).toEqual({ kind: 'cancelled' });
    expect(press('**').outcome).toEqual({ kind: 'cancelled' });
  });

  it('does not cancel with two stars that have a digit between them', () => {
    expect(press('*1*').outcome).toBeUndefined();
  });

  it('cancels with a star that is held, and not a moment before', () => {
    const { state } = edit(press('123').state, { type: 'down', key: '*' }, 1_000);
    expect(wait(state, 1_000 + LONG_PRESS_MS - 1).outcome).toBeUndefined();
    expect(wait(state, 1_000 + LONG_PRESS_MS).outcome).toEqual({ kind: 'cancelled' });
  });

  it('does not cancel with a star that was let go in time', () => {
    const { state } = press('*');
    expect(wait(state, LONG_PRESS_MS * 5).outcome).toBeUndefined();
  });

  it('takes a digit though the star is still held', () => {
    const held = edit(beginEntry(0), { type: 'down', key: '*' }, 0).state;
    const { state } = edit(held, { type: 'down', key: '5' }, 100);
    expect(state.digits).toBe('5');
    expect(wait(state, LONG_PRESS_MS * 2).outcome).toBeUndefined();
  });

  it('warns at least 20 s before it ends, once, and ends by itself', () => {
    const warned = wait(beginEntry(0), PATIENCE_MS - 1);
    expect(warned.effects).toEqual(['warning']);
    expect(warned.state.hint).toBe('more-time');
    expect(WARNING_MS).toBeGreaterThanOrEqual(20_000);
    expect(wait(beginEntry(0), PATIENCE_MS - WARNING_MS - 1).effects).toEqual([]);
    expect(wait(warned.state, PATIENCE_MS).outcome).toEqual({ kind: 'timed-out' });
  });

  it('counts its patience from the latest key', () => {
    const { state } = press('1', beginEntry(0), 50_000);
    expect(wait(state, PATIENCE_MS + 49_000).outcome).toBeUndefined();
    expect(wait(state, PATIENCE_MS + 50_100).outcome).toEqual({ kind: 'timed-out' });
  });

  it('gives another minute for a star after the warning, which neither clears nor cancels', () => {
    const warned = wait(press('123').state, PATIENCE_MS).state;
    const extended = edit(warned, { type: 'down', key: '*' }, PATIENCE_MS);
    expect(extended.outcome).toBeUndefined();
    expect(extended.state.digits).toBe('123');
    expect(extended.state.hint).toBeUndefined();
    expect(wait(extended.state, 2 * PATIENCE_MS - 1).outcome).toBeUndefined();
    expect(press('456#', extended.state).outcome).toEqual({ kind: 'entered', digits: '123456' });
  });

  it('loses no digit that is typed just as the warning comes', () => {
    const warned = wait(press('123').state, PATIENCE_MS).state;
    expect(press('456#', warned, PATIENCE_MS).outcome).toEqual({ kind: 'entered', digits: '123456' });
  });

  it('can be given more time again and again', () => {
    let state = beginEntry(0);
    for (let minute = 1; minute <= 20; minute++) {
      state = wait(state, state.lastKeyAt + PATIENCE_MS - 1).state;
      state = edit(state, { type: 'down', key: '*' }, state.lastKeyAt + PATIENCE_MS - 1).state;
    }
    expect(wait(state, state.lastKeyAt + PATIENCE_MS - 1).outcome).toBeUndefined();
  });

  it('is never entered with other than 6 to 12 digits that were typed, whatever keys are pressed', () => {
    const keys = fc.array(fc.constantFrom<Key>('1', '2', '3', '*', '#'), { maxLength: 60 });
    fc.assert(
      fc.property(keys, (pressed) => {
        const { outcome, state } = press(pressed.join(''));
        if (outcome?.kind !== 'entered') {
          expect(state.digits.length).toBeLessThanOrEqual(12);
          return;
        }
        expect(outcome.digits).toMatch(/^[0-9]{6,12}$/);
        expect(pressed.join('').replaceAll('#', '')).toContain(outcome.digits);
      }),
    );
  });
});

describe('the wait for somebody who may cancel', () => {
  const during = (keys: string) => press(keys, beginEntry(0), 0, CANCEL_RULES);

  it('is ended by one star, whatever was pressed before', () => {
    expect(during('*').outcome).toEqual({ kind: 'cancelled' });
    expect(during('17#*').outcome).toEqual({ kind: 'cancelled' });
  });

  it('is not ended by any other key, nor by all of them', () => {
    const { outcome, effects, state } = during('0123456789#####');
    expect(outcome).toBeUndefined();
    expect(state.digits).toBe('');
    expect(new Set(effects)).toEqual(new Set(['refused']));
  });

  it('neither warns nor ends by itself', () => {
    expect(wait(beginEntry(0), 10 * PATIENCE_MS, CANCEL_RULES)).toMatchObject({
      outcome: undefined,
      effects: [],
    });
    const late = edit(beginEntry(0), { type: 'time' }, 10 * PATIENCE_MS, CANCEL_RULES);
    expect(late).toEqual({ state: beginEntry(0), effect: 'none' });
  });
});

describe('a choice at the keypad', () => {
  const choose = (keys: string, count: number) => press(keys, beginEntry(0), 0, choiceRules(count));

  it.each([
    ['1', 1],
    ['3', 3],
    ['9', 9],
    ['2', 12],
    ['12', 12],
    ['10', 10],
    ['99', 99],
  ])('takes %s of %d as soon as it is clear which is meant', (keys, count) => {
    expect(choose(keys, count).outcome).toEqual({ kind: 'entered', digits: keys });
  });

  it('waits for # or another digit while both could be meant', () => {
    expect(choose('1', 12).outcome).toBeUndefined();
    expect(choose('1#', 12).outcome).toEqual({ kind: 'entered', digits: '1' });
  });

  it.each([
    ['0', 3],
    ['4', 3],
    ['13', 12],
    ['#', 3],
  ])('refuses %s of %d, and goes on', (keys, count) => {
    const { outcome, effects } = choose(keys, count);
    expect(outcome).toBeUndefined();
    expect(effects.at(-1)).toBe('refused');
  });

  it('clears and cancels as an entry does', () => {
    expect(choose('1*2#', 12).outcome).toEqual({ kind: 'entered', digits: '2' });
    expect(choose('**', 3).outcome).toEqual({ kind: 'cancelled' });
  });
});
