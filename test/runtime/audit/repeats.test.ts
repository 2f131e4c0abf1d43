import { describe, expect, it } from 'vitest';
import { RepeatedEvents } from '../../../runtime/audit/repeats.ts';
import { event, NOW } from './events.ts';

const refusal = (seconds: number, from = '192.0.2.7') =>
  event({ time: NOW + seconds * 1_000, by: null, role: null, from, outcome: 'certificate-required' });

describe('refusals that repeat', () => {
  it('are written once a minute, with how often they came', () => {
    const repeats = new RepeatedEvents();
    expect(repeats.take(refusal(0))).toEqual([refusal(0)]);
    for (let second = 1; second <= 59; second++) expect(repeats.take(refusal(second))).toEqual([]);
    expect(repeats.take(refusal(60))).toEqual([{ ...refusal(59), detail: 'repeats=59' }, refusal(60)]);
    expect(repeats.take(refusal(200))).toEqual([refusal(200)]);
  });

  it('are told apart by who caused them', () => {
    const repeats = new RepeatedEvents();
    expect(repeats.take(refusal(0))).toHaveLength(1);
    expect(repeats.take(refusal(0, '192.0.2.8'))).toHaveLength(1);
  });

  it('are written when somebody asks for them, once', () => {
    const repeats = new RepeatedEvents();
    for (const second of [0, 1, 2]) repeats.take(refusal(second));
    expect(repeats.drain()).toEqual([{ ...refusal(2), detail: 'repeats=2' }]);
    expect(repeats.drain()).toEqual([]);
  });

  it('from a thousand addresses at once are few rows', () => {
    const repeats = new RepeatedEvents();
    let rows = 0;
    for (let n = 0; n < 1_000; n++) rows += repeats.take(refusal(0, `2001:db8::${n}`)).length;
    const rest = repeats.drain();
    expect(rows + rest.length).toBeLessThan(210);
    expect(rest).toContainEqual(expect.objectContaining({ from: null, detail: 'repeats=799' }));
  });

  it('are not held back by a clock that was set back', () => {
    const repeats = new RepeatedEvents();
    repeats.take(refusal(0));
    repeats.take(refusal(1));
    expect(repeats.take(refusal(-86_400))).toEqual([
      { ...refusal(1), detail: 'repeats=1' },
      refusal(-86_400),
    ]);
  });
});
