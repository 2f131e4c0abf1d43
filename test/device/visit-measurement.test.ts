import { describe, expect, it } from 'vitest';
import type { Effect, Event, State } from '../../device/terminal/state.ts';
import { transition } from '../../device/terminal/transition.ts';

const WELCOME = ['Welcome to Goa.'];
const CHECKED_IN: Event = { type: 'checked-in', place: 7, seen: false, measures: 'body-temperature' };
const YES: Event = { type: 'chosen', index: 0 };
const MEASURED: Event = { type: 'measured', text: '36.8 °C' };
const KEPT: Event = { type: 'kept' };
const SUMMARY: Event = { type: 'summarised', lines: ['Temperature: 36.8 °C'] };
const FAILED: Event = { type: 'failed', reason: 'new-pin-refused' };
const LOGGED_IN_AGAIN: readonly Event[] = [
  { type: 'hub-down' },
  { type: 'hub-up' },
  { type: 'challenged', status: 0, attemptsLeft: 4 },
  { type: 'opened' },
  { type: 'welcomed', welcome: { location: 'Goa', failed: 0 } },
  { type: 'informed' },
];

/** A visit from the moment at which the patient is being checked in. */
function visit(...events: readonly Event[]) {
  let state: State = { phase: 'checking-in', suite: 'cardea-1', calls: 1, welcome: WELCOME };
  const effects: Effect[] = [];
  for (const event of events) {
    const step = transition('serve', state, event);
    state = step.state;
    effects.push(...step.effects);
  }
  const lines = effects.flatMap((effect) => (effect.do === 'show' ? [effect.lines.join(' ')] : []));
  const choices = effects.flatMap((effect) => (effect.do === 'choose' ? [effect] : []));
  return { state, lines, choices, done: effects.map((effect) => effect.do) };
}

describe('a measurement in a visit', () => {
  it('is offered, taken, shown, kept when the patient says so, and then in the summary', () => {
    const { done, choices, lines, state } = visit(CHECKED_IN, YES, MEASURED, YES, KEPT, SUMMARY);
    expect(done.filter((it) => it !== 'show')).toEqual([
      'choose',
      'measure',
      'choose',
      'keep-measurement',
      'summarise',
      'end-tap',
      'linger',
      'watch-for-removal',
    ]);
    expect(choices).toEqual([
      { do: 'choose', prompt: 'Measure your temperature now?', options: ['Yes', 'No, go on'] },
      { do: 'choose', prompt: '36.8 °C: keep it?', options: ['Yes', 'Measure again', 'No'] },
    ]);
    expect(lines).toContain('Please hold the thermometer.');
    expect(lines.at(-1)).toBe('Welcome to Goa. Your number is 7. Temperature: 36.8 °C');
    expect(state.phase).toBe('told');
  });

  it('is not spoken of where there is nothing to measure with', () => {
    const { done } = visit({ type: 'checked-in', place: 7, seen: false, measures: null }, SUMMARY);
    expect(done).not.toContain('choose');
    expect(done).toContain('summarise');
  });

  it.each([
    ['says no', { type: 'chosen', index: 1 }],
    ['has left', { type: 'chosen', index: null }],
    ['cannot be asked', FAILED],
  ] as const)('is not taken where the patient %s, and the visit goes on', (_what, event) => {
    const { done, lines } = visit(CHECKED_IN, event, { type: 'summarised', lines: [] });
    expect(done).not.toContain('measure');
    expect(lines.at(-1)).toBe('Welcome to Goa. Your number is 7.');
  });

  it.each([
    ['says no', { type: 'chosen', index: 2 }],
    ['has left', { type: 'chosen', index: null }],
  ] as const)('is not kept where the patient sees it and %s', (_what, event) => {
    const { done, lines } = visit(CHECKED_IN, YES, MEASURED, event, { type: 'summarised', lines: [] });
    expect(done).not.toContain('keep-measurement');
    expect(lines.at(-1)).toBe('Welcome to Goa. Your number is 7.');
  });

  it('is taken anew when the patient wants that', () => {
    const { done } = visit(CHECKED_IN, YES, MEASURED, { type: 'chosen', index: 1 }, MEASURED, YES);
    expect(done.filter((it) => it === 'measure')).toHaveLength(2);
    expect(done.at(-1)).toBe('keep-measurement');
  });

  it.each([
    ['no-sensor', 'The thermometer is not connected.'],
    ['no-value', 'The thermometer does not answer.'],
    ['implausible', 'That is no temperature of a person.'],
    ['unsteady', 'The value would not settle.'],
  ] as const)('that fails with %s says so, and can be tried again or left', (reason, sentence) => {
    const failed: Event = { type: 'not-measured', reason };
    const { choices, lines } = visit(CHECKED_IN, YES, failed);
    expect(choices.at(-1)).toEqual({
      do: 'choose',
      prompt: sentence,
      options: ['Try again', 'Go on without'],
    });
    expect(lines.at(-1)).toBe(sentence);
    expect(visit(CHECKED_IN, YES, failed, YES).done.at(-1)).toBe('measure');
    const left = visit(CHECKED_IN, YES, failed, { type: 'chosen', index: 1 }, SUMMARY);
    expect(left.lines.at(-1)).toContain('Your number is 7.');
  });

  it('that the patient stops says so, and can be tried again or left: the session lives on', () => {
    const stopped: Event = { type: 'cancelled' };
    const { choices, lines, state, done } = visit(CHECKED_IN, YES, stopped);
    expect(state).toMatchObject({ phase: 'offering', place: 7 });
    expect(choices.at(-1)).toEqual({
      do: 'choose',
      prompt: 'The measurement was stopped.',
      options: ['Try again', 'Go on without'],
    });
    expect(lines.at(-1)).toBe('The measurement was stopped.');
    expect(done).not.toContain('end-tap');
    expect(visit(CHECKED_IN, YES, stopped, YES, MEASURED, YES, KEPT, SUMMARY).lines.at(-1)).toBe(
      'Welcome to Goa. Your number is 7. Temperature: 36.8 °C',
    );
    const left = visit(CHECKED_IN, YES, stopped, { type: 'chosen', index: 1 }, SUMMARY);
    expect(left.done).not.toContain('keep-measurement');
    expect(left.lines.at(-1)).toContain('Your number is 7.');
  });

  it('that the patient stops just as it is there is looked at all the same', () => {
    const { state, choices } = visit(CHECKED_IN, YES, MEASURED, { type: 'cancelled' });
    expect(state.phase).toBe('reviewing');
    expect(choices).toHaveLength(2);
  });

  it('goes on though the card is taken away: it is wanted no more', () => {
    const { state, done } = visit(CHECKED_IN, YES, { type: 'card-gone' });
    expect(state.phase).toBe('measuring');
    expect(done.at(-1)).toBe('measure');
  });

  it('that the hub does not keep is said to be lost, and nothing else is', () => {
    const { lines, state } = visit(CHECKED_IN, YES, MEASURED, YES, FAILED, { type: 'summarised', lines: [] });
    expect(lines.at(-1)).toBe('Welcome to Goa. Your number is 7. Your measurement was not kept.');
    expect(state.phase).toBe('told');
  });

  it('is sent again, and neither offered nor taken again, where the connection breaks before it is answered', () => {
    const kept = visit(CHECKED_IN, YES, MEASURED, YES, ...LOGGED_IN_AGAIN, CHECKED_IN, KEPT, SUMMARY);
    expect(kept.done.filter((it) => it === 'keep-measurement')).toHaveLength(2);
    expect(kept.done.filter((it) => it === 'measure')).toHaveLength(1);
    expect(kept.choices).toHaveLength(2);
    expect(kept.lines.at(-1)).toContain('Temperature: 36.8 °C');
  });

  it('that is lost with the connection is said to be, and that the patient is checked in all the same', () => {
    const gone: Event = { type: 'failed', reason: 'hub-unreachable' };
    const { lines, state } = visit(CHECKED_IN, YES, MEASURED, YES, { type: 'hub-down' }, gone);
    expect(lines.at(-1)).toBe(
      'The clinic cannot be reached. You are checked in: your number is 7. Your measurement was not kept. Please ask at the desk.',
    );
    expect(state.phase).toBe('told');
    const kept = visit(CHECKED_IN, YES, MEASURED, YES, KEPT, { type: 'hub-down' }, gone);
    expect(kept.lines.at(-1)).toBe(
      'The clinic cannot be reached. You are checked in: your number is 7. Please ask at the desk.',
    );
    const seen: Event = { ...CHECKED_IN, seen: true };
    expect(visit(seen, YES, MEASURED, YES, KEPT, { type: 'hub-down' }, gone).lines.at(-1)).toBe(
      'The clinic cannot be reached. Please ask at the desk.',
    );
    expect(visit(seen, YES, MEASURED, YES, { type: 'hub-down' }, gone).lines.at(-1)).toBe(
      'The clinic cannot be reached. Your measurement was not kept. Please ask at the desk.',
    );
    // A hub that checks nobody in.
    const nowhere: Event = { ...CHECKED_IN, place: null };
    expect(visit(nowhere, YES, MEASURED, YES, KEPT, { type: 'hub-down' }, gone).lines.at(-1)).toBe(
      'The clinic cannot be reached. Please ask at the desk.',
    );
    const worn = visit(
      CHECKED_IN,
      YES,
      MEASURED,
      YES,
      ...LOGGED_IN_AGAIN,
      CHECKED_IN,
      ...LOGGED_IN_AGAIN,
      CHECKED_IN,
      {
        type: 'hub-down',
      },
    );
    expect(worn.lines.at(-1)).toBe(
      'The connection to the clinic broke. You are checked in: your number is 7. Your measurement was not kept. Please tap your card again.',
    );
    const before = visit({ type: 'hub-down' }, gone);
    expect(before.lines.at(-1)).toBe('The clinic cannot be reached. Please ask at the desk.');
    const revoked = visit(
      CHECKED_IN,
      YES,
      MEASURED,
      YES,
      { type: 'hub-down' },
      { type: 'failed', reason: 'card-revoked' },
    );
    expect(revoked.lines.at(-1)).toBe('This card is no longer valid. Please ask at the desk.');
  });

  it('is not offered again where the connection breaks after it was kept, or after the patient said no', () => {
    for (const before of [[YES, MEASURED, YES, KEPT], [{ type: 'chosen', index: 1 } as const]]) {
      const { choices, done } = visit(CHECKED_IN, ...before, ...LOGGED_IN_AGAIN, CHECKED_IN, SUMMARY);
      expect(choices).toHaveLength(before.length > 1 ? 2 : 1);
      expect(done.filter((it) => it === 'summarise')).toHaveLength(2);
      expect(done).toContain('end-tap');
    }
  });

  it('leaves no value in the state of the terminal', () => {
    for (const events of [
      [CHECKED_IN, YES, MEASURED],
      [CHECKED_IN, YES, MEASURED, YES],
      [CHECKED_IN, YES, MEASURED, YES, KEPT, SUMMARY],
    ]) {
      expect(JSON.stringify(visit(...events).state)).not.toContain('36.8');
    }
  });
});
