import { describe, expect, it } from 'vitest';
import { describeListAge, listAge, mayLogIn } from '../../hub/feed/list-age.ts';
import { SlidingCounter } from '../../hub/limits.ts';

describe('a counter with a sliding window', () => {
  it('has room again as the oldest events leave the window', () => {
    const counter = new SlidingCounter({ max: 2, windowMs: 1_000 });
    expect([counter.take('a', 0), counter.take('a', 600), counter.take('a', 999)]).toEqual([
      true,
      true,
      false,
    ]);
    expect(counter.take('a', 1_000)).toBe(true);
    expect(counter.take('a', 1_001)).toBe(false);
    expect(counter.take('a', 1_600)).toBe(true);
  });

  it('counts keys apart, and takes events back', () => {
    const counter = new SlidingCounter({ max: 1, windowMs: 1_000 });
    expect([counter.take('a', 0), counter.take('b', 0), counter.take('a', 0)]).toEqual([true, true, false]);
    counter.giveBack('a');
    expect([counter.take('a', 0), counter.take('b', 0)]).toEqual([true, false]);
  });

  it('forgets the key that was quiet the longest when there are too many', () => {
    const counter = new SlidingCounter({ max: 1, windowMs: 1_000, keysMax: 2 });
    for (const key of ['a', 'b', 'a', 'c']) counter.take(key, 0);
    expect([counter.take('a', 0), counter.take('b', 0)]).toEqual([false, true]);
  });
});

describe('the age of the lists', () => {
  const DAY = 86_400_000;
  const NOW = 100 * DAY;

  it.each([
    ['fresh', NOW - 3.5 * DAY, 'fresh', true],
    ['of half the limit', NOW - 3.5 * DAY - 1, 'old', true],
    ['at the limit', NOW - 7 * DAY, 'old', true],
    ['above the limit', NOW - 7 * DAY - 1, 'too-old', false],
    ['a little ahead of the clock', NOW + 60_000, 'fresh', true],
    ['ahead of the clock', NOW + 60_001, 'clock-behind', false],
    ['none', null, 'never-heard', false],
  ])('%s decides whether logins are taken', (_what, heard, state, takes) => {
    const age = listAge(heard, NOW, 7);
    expect(age.state).toBe(state);
    expect(mayLogIn(age)).toBe(takes);
    expect(describeListAge(age, 7) === null).toBe(state === 'fresh');
  });
});
