import { describe, expect, it } from 'vitest';
import { SENTENCES } from '../../device/terminal/sentences.ts';
import type { Effect, Event, Goal, Outcome, State } from '../../device/terminal/state.ts';
import { begin, transition } from '../../device/terminal/transition.ts';

/** Feeds events in and gives all that was to be done, and where it stands in the end. */
function run(goal: Goal, ...events: readonly Event[]): { state: State; effects: readonly Effect[] } {
  return events.reduce<{ state: State; effects: readonly Effect[] }>(({ state, effects }, event) => {
    const step = transition(goal, state, event);
    return { state: step.state, effects: [...effects, ...step.effects] };
  }, begin());
}

const kinds = (effects: readonly Effect[]) =>
  effects.flatMap(({ do: kind }) => (kind === 'show' || kind === 'watch-for-card' ? [] : [kind]));
const outcomes = (effects: readonly Effect[]): readonly Outcome[] =>
  effects.flatMap((effect) => (effect.do === 'end-tap' ? [effect.outcome] : []));
const shown = (effects: readonly Effect[]) =>
  effects.flatMap((effect) => (effect.do === 'show' ? effect.lines : []));
const asked = (effects: readonly Effect[]) =>
  effects.flatMap((effect) => (effect.do === 'ask' ? [effect.question] : []));

const laid: readonly Event[] = [
  { type: 'reader-ready' },
  { type: 'card-laid' },
  { type: 'card-read', suite: 'limbasiya-2021' },
];
const typed: readonly Event[] = [...laid, { type: 'typed' }, { type: 'typed' }];
const known: readonly Event[] = [...typed, { type: 'opened' }, { type: 'list-known', changed: false }];
const called: readonly Event[] = [...known, { type: 'hub-chosen' }, { type: 'hub-up' }];
const welcomed: Event = { type: 'welcomed', welcome: { location: 'Goa', failed: 0 } };

const visited: readonly Event[] = [
  { type: 'informed' },
  { type: 'checked-in', place: 7, seen: false, measures: null },
  { type: 'summarised', lines: ['Temperature: 36.8 °C'] },
];

describe('a tap with a limbasiya-2021 card', () => {
  it('asks for identity and password, opens the card, has a hub chosen, and logs in there', () => {
    const { state, effects } = run('serve', ...called, { type: 'agreed' }, welcomed, ...visited);
    expect(kinds(effects)).toEqual([
      'read-card',
      'ask',
      'ask',
      'open-card',
      'refresh-list',
      'choose-hub',
      'call-hub',
      'claim',
      'prove',
      'clear-old-image',
      'inform',
      'check-in',
      'summarise',
      'end-tap',
      'linger',
      'watch-for-removal',
    ]);
    expect(asked(effects)).toEqual(['identity', 'password']);
    expect(outcomes(effects)).toEqual([{ kind: 'served' }]);
    expect(state.phase).toBe('told');
  });

  it('calls nobody before the card is open, and says first that the card may be taken away', () => {
    const { effects } = run('serve', ...typed);
    expect(kinds(effects)).not.toContain('call-hub');
    expect(effects.find((effect) => effect.do === 'show' && effect.sign === 'take-card')).toBeDefined();
    expect(effects.at(-1)).toEqual({ do: 'open-card' });
  });

  it('that does not open is refused alike for identity and password, without a word of tries', () => {
    const { effects } = run('serve', ...typed, { type: 'not-opened' });
    expect(outcomes(effects)).toEqual([{ kind: 'refused', reason: 'wrong-credentials' }]);
    expect(shown(effects)).toContain('The identity or the password is wrong.');
    expect(kinds(effects)).not.toContain('call-hub');
  });

  it('writes a newer list while it goes on', () => {
    const { state, effects } = run(
      'serve',
      ...typed,
      { type: 'opened' },
      { type: 'list-known', changed: true },
    );
    expect(kinds(effects).slice(-2)).toEqual(['write-list', 'choose-hub']);
    expect(state.phase).toBe('choosing-hub');
  });

  it('has no recovery code', () => {
    const { effects } = run('recover', ...laid);
    expect(outcomes(effects)).toEqual([{ kind: 'refused', reason: 'no-recovery-code' }]);
    expect(asked(effects)).toEqual([]);
  });

  it.each(['calling', 'agreeing', 'answering'] as const)(
    'whose connection breaks while %s is connected anew, three times in all',
    (phase) => {
      const to = {
        calling: [],
        agreeing: [{ type: 'hub-up' }],
        answering: [{ type: 'hub-up' }, { type: 'agreed' }],
      };
      const again: readonly Event[] = [...(to[phase] as readonly Event[]), { type: 'hub-down' }];
      const chosen: readonly Event[] = [...known, { type: 'hub-chosen' }];
      const twice = run('serve', ...chosen, ...again, ...again);
      expect(twice.state).toEqual({ phase: 'calling', calls: 3 });
      const { effects } = run('serve', ...chosen, ...again, ...again, ...again);
      expect(kinds(effects).filter((kind) => kind === 'call-hub')).toHaveLength(3);
      expect(outcomes(effects)).toEqual([{ kind: 'refused', reason: 'hub-lost' }]);
    },
  );

  it('says by how much the clocks differ, and which one is behind', () => {
    const late = run('serve', ...called, {
      type: 'failed',
      reason: 'clocks-differ',
      clockDifferenceMs: 2_500,
    });
    expect(outcomes(late.effects)).toEqual([
      { kind: 'refused', reason: 'clocks-differ', clockDifferenceMs: 2_500 },
    ]);
    expect(shown(late.effects)).toContain("The terminal's is 2.5 s behind.");
    const early = run('serve', ...called, {
      type: 'failed',
      reason: 'clocks-differ',
      clockDifferenceMs: -90_000,
    });
    expect(shown(early.effects)).toContain("The terminal's is 90.0 s ahead.");
    const unsaid = run('serve', ...called, { type: 'failed', reason: 'clocks-differ' });
    expect(shown(unsaid.effects).slice(-2)).toEqual([...SENTENCES['clocks-differ']]);
  });

  it('ends in any of its phases when it is cancelled or fails, and passes over what means nothing there', () => {
    const ways: readonly (readonly Event[])[] = [
      laid,
      [...laid, { type: 'typed' }],
      typed,
      [...typed, { type: 'opened' }],
      known,
      [...known, { type: 'hub-chosen' }],
      called,
      [...called, { type: 'agreed' }],
    ];
    for (const way of ways) {
      const { state } = run('serve', ...way);
      for (const event of [
        { type: 'cancelled' },
        { type: 'failed', reason: 'hub-refused' },
      ] as const satisfies readonly Event[]) {
        const ended = transition('serve', state, event);
        const reason = event.type === 'cancelled' ? 'cancelled' : event.reason;
        expect(outcomes(ended.effects)).toEqual([{ kind: 'refused', reason }]);
      }
      for (const event of [
        { type: 'challenged', status: 0, attemptsLeft: 4 },
        { type: 'prepared' },
      ] as const) {
        expect(transition('serve', state, event)).toEqual({ state, effects: [] });
      }
    }
  });
});

describe('a new password', () => {
  const opened: readonly Event[] = [...typed, { type: 'opened' }];

  it('is written to the card, and nobody is called', () => {
    const { effects } = run('new-pin', ...opened, { type: 'typed' }, { type: 'written' });
    expect(kinds(effects)).toEqual([
      'read-card',
      'ask',
      'ask',
      'open-card',
      'ask',
      'write-card',
      'clear-old-image',
      'end-tap',
      'linger',
      'watch-for-removal',
    ]);
    expect(asked(effects)).toEqual(['identity', 'password', 'new-password']);
    expect(outcomes(effects)).toEqual([{ kind: 'pin-set' }]);
    expect(shown(effects)).toContain('Your new password is set.');
  });

  it('waits for a card that was taken away before the write, and for the first one', () => {
    const writing = run('new-pin', ...opened, { type: 'typed' }).state;
    for (const [reason, line] of [
      ['card-removed', 'Please lay your card back.'],
      ['card-changed', 'This is another card.'],
    ] as const) {
      const step = transition('new-pin', writing, { type: 'failed', reason });
      expect(step.state).toEqual(writing);
      expect(shown(step.effects)).toContain(line);
      expect(kinds(step.effects)).toEqual(['write-card']);
    }
  });

  it('that cannot be written, or is not typed, changes nothing', () => {
    const failed = run(
      'new-pin',
      ...opened,
      { type: 'typed' },
      { type: 'failed', reason: 'card-write-failed' },
    );
    expect(outcomes(failed.effects)).toEqual([{ kind: 'refused', reason: 'card-write-failed' }]);
    const cancelled = run('new-pin', ...opened, { type: 'cancelled' });
    expect(kinds(cancelled.effects)).not.toContain('write-card');
    expect(outcomes(cancelled.effects)).toEqual([{ kind: 'refused', reason: 'cancelled' }]);
  });
});
