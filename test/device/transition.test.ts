import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Reason, SENTENCES } from '../../device/terminal/sentences.ts';
import type { Effect, Event, Goal, Outcome, State } from '../../device/terminal/state.ts';
import { begin, transition } from '../../device/terminal/transition.ts';
import { STATUS } from '../../protocol/login/messages.ts';

/** Feeds events in and gives all that was to be done, and where it stands in the end. */
function run(goal: Goal, ...events: readonly Event[]): { state: State; effects: readonly Effect[] } {
  const first = begin();
  return events.reduce<{ state: State; effects: readonly Effect[] }>(({ state, effects }, event) => {
    const step = transition(goal, state, event);
    return { state: step.state, effects: [...effects, ...step.effects] };
  }, first);
}

const kinds = (effects: readonly Effect[]) => effects.map((effect) => effect.do);
const outcomes = (effects: readonly Effect[]): readonly Outcome[] =>
  effects.flatMap((effect) => (effect.do === 'end-tap' ? [effect.outcome] : []));
const shown = (effects: readonly Effect[]) =>
  effects.flatMap((effect) => (effect.do === 'show' ? effect.lines : []));

const laid: readonly Event[] = [
  { type: 'reader-ready' },
  { type: 'card-laid' },
  { type: 'card-read', suite: 'cardea-1', recoverable: true },
];
const claimed: readonly Event[] = [...laid, { type: 'hub-up' }, { type: 'typed' }];
const goOn: Event = { type: 'challenged', status: STATUS.goOn, attemptsLeft: 4 };
const welcomed: Event = { type: 'welcomed', welcome: { location: 'Goa', failed: 0 } };
const served: readonly Event[] = [...claimed, goOn, { type: 'opened' }, welcomed];

const visited: readonly Event[] = [
  { type: 'informed' },
  { type: 'checked-in', place: 7, seen: false, measures: null },
  { type: 'summarised', lines: ['Temperature: 36.8 °C'] },
];

describe('a tap', () => {
  it('reads the card, calls the hub while the patient types, logs in, and ends when it is served', () => {
    const { state, effects } = run('serve', ...served, ...visited);
    expect(kinds(effects).filter((kind) => kind !== 'show')).toEqual([
      'watch-for-card',
      'watch-for-card',
      'read-card',
      'call-hub',
      'ask',
      'claim',
      'open-card',
      'prove',
      'clear-old-image',
      'inform',
      'check-in',
      'summarise',
      'end-tap',
      'linger',
      'watch-for-removal',
    ]);
    expect(outcomes(effects)).toEqual([{ kind: 'served' }]);
    expect(state.phase).toBe('told');
  });

  it('says that the card may be taken away before it asks for the PIN', () => {
    const { effects } = run('serve', ...laid);
    const signs = effects.flatMap((effect) => (effect.do === 'show' ? [effect.sign] : []));
    expect(signs.at(-1)).toBe('take-card');
    expect(kinds(effects).lastIndexOf('show')).toBeLessThan(kinds(effects).indexOf('ask'));
  });

  it('sends nothing to the hub before it is up and the PIN is typed, in either order', () => {
    for (const order of [
      ['hub-up', 'typed'],
      ['typed', 'hub-up'],
    ] as const) {
      const first = run('serve', ...laid, { type: order[0] });
      expect(kinds(first.effects)).not.toContain('claim');
      expect(kinds(run('serve', ...laid, { type: order[0] }, { type: order[1] }).effects)).toContain('claim');
    }
  });

  it('tells of wrong tries that others made since the last visit', () => {
    const others: Event = { type: 'welcomed', welcome: { location: 'Goa', failed: 3 } };
    const { effects } = run('serve', ...claimed, goOn, { type: 'opened' }, others);
    expect(shown(effects)).toContain('There were 3 wrong PINs since your last visit.');
  });

  it('is ready for the next card once the told one is gone, and leaves its words there to be read', () => {
    const gone = run('serve', ...served, ...visited, { type: 'card-gone' });
    expect(gone.state.phase).toBe('idle');
    expect(kinds(gone.effects).at(-1)).toBe('watch-for-card');
    expect(shown(gone.effects).at(-1)).toBe('Temperature: 36.8 °C');
    const read = transition('serve', gone.state, { type: 'lingered' });
    expect(shown(read.effects)).toEqual(['Please tap your card.']);
  });

  it('says the number and the summary below the welcome, and leaves nothing out, however much there is', () => {
    const { effects } = run('serve', ...served, ...visited);
    expect(shown(effects).slice(-3)).toEqual([
      'Welcome to Goa.',
      'Your number is 7.',
      'Temperature: 36.8 °C',
    ]);
    const others: Event = { type: 'welcomed', welcome: { location: 'Goa', failed: 1 } };
    const long: Event = { type: 'summarised', lines: ['a', 'b'] };
    const crowded = run('serve', ...claimed, goOn, { type: 'opened' }, others, ...visited.slice(0, 2), long);
    const last = crowded.effects.findLast((effect) => effect.do === 'show');
    expect(last?.lines).toEqual([
      'Welcome to Goa.',
      'There was 1 wrong PIN since your last visit.',
      'Your number is 7.',
      'a',
      'b',
    ]);
  });

  it("takes what is the patient's off the display once it could be read, though the card lies there", () => {
    const { effects, state } = run('serve', ...served, ...visited, { type: 'lingered' });
    expect(shown(effects).at(-1)).toBe('Please take your card.');
    expect(effects.find((effect) => effect.do === 'linger')).toEqual({ do: 'linger', milliseconds: 10_000 });
    expect(JSON.stringify(state)).not.toContain('36.8');
    expect(shown(transition('serve', state, { type: 'card-gone' }).effects)).toEqual([
      'Please tap your card.',
    ]);
  });

  it('leaves a refusal on display for as long as the card lies there', () => {
    const { effects } = run('serve', ...laid, { type: 'failed', reason: 'card-blank' }, { type: 'lingered' });
    expect(shown(effects).at(-1)).toBe(SENTENCES['card-blank'][1]);
  });

  it('logs in again where the connection breaks in the visit, and does it all once more, three calls at most', () => {
    const again: readonly Event[] = [{ type: 'hub-up' }, goOn, { type: 'opened' }, welcomed];
    const { effects } = run(
      'serve',
      ...served,
      { type: 'informed' },
      { type: 'hub-down' },
      ...again,
      ...visited,
    );
    expect(kinds(effects).filter((kind) => kind === 'check-in')).toHaveLength(2);
    expect(outcomes(effects)).toEqual([{ kind: 'served' }]);
    const breaks: readonly Event[] = [{ type: 'informed' }, { type: 'hub-down' }, ...again];
    const broken = run('serve', ...served, ...breaks, ...breaks, { type: 'hub-down' });
    expect(outcomes(broken.effects)).toEqual([{ kind: 'refused', reason: 'hub-lost' }]);
  });

  it('says the number though the summary cannot be had, and is refused where nobody can be checked in', () => {
    const failed: Event = { type: 'failed', reason: 'new-pin-refused' };
    const { effects } = run('serve', ...served, ...visited.slice(0, 2), failed);
    expect(shown(effects).at(-1)).toBe('Your number is 7.');
    expect(outcomes(effects)).toEqual([{ kind: 'served' }]);
    const none = run('serve', ...served, { type: 'informed' }, failed);
    expect(outcomes(none.effects)).toEqual([{ kind: 'refused', reason: 'not-checked-in' }]);
  });
});

describe('a refusal', () => {
  it.each([
    [STATUS.unknown, 'card-unknown'],
    [STATUS.revoked, 'card-revoked'],
    [STATUS.locked, 'card-locked'],
    [STATUS.superseded, 'card-superseded'],
    [STATUS.notHeard, 'pin-not-heard'],
  ] as const)('of status %i ends the tap as %s, and the hub is not asked twice', (status, reason) => {
    const { effects } = run('serve', ...claimed, { type: 'challenged', status, attemptsLeft: 0 });
    expect(outcomes(effects)).toEqual([{ kind: 'refused', reason }]);
    expect(kinds(effects).filter((kind) => kind === 'claim' || kind === 'call-hub')).toHaveLength(2);
    expect(shown(effects)).toContain(SENTENCES[reason][0]);
  });

  it('for a wrong PIN says how many tries are left', () => {
    const { effects } = run('serve', ...claimed, goOn, { type: 'not-opened' });
    expect(outcomes(effects)).toEqual([{ kind: 'refused', reason: 'wrong-pin', attemptsLeft: 4 }]);
    expect(shown(effects)).toContain('4 tries are left.');
  });

  it('for the last wrong PIN says that the card is locked', () => {
    const last: Event = { type: 'challenged', status: STATUS.goOn, attemptsLeft: 0 };
    const { effects } = run('serve', ...claimed, last, { type: 'not-opened' });
    expect(shown(effects)).toContain('That was the last try: the card is locked.');
  });

  it('while the patient types stops asking', () => {
    const { effects } = run('serve', ...laid, { type: 'failed', reason: 'hub-untrusted' });
    expect(kinds(effects)).toContain('stop-asking');
    expect(kinds(effects)).not.toContain('claim');
  });
});

describe('a connection that breaks', () => {
  it('is made anew, twice at the most, with the same claim', () => {
    const broken = run(
      'serve',
      ...claimed,
      { type: 'hub-down' },
      { type: 'hub-up' },
      { type: 'hub-down' },
      { type: 'hub-up' },
    );
    expect(kinds(broken.effects).filter((kind) => kind === 'claim')).toHaveLength(3);
    const { state } = broken;
    const given = transition('serve', state, { type: 'hub-down' });
    expect(outcomes(given.effects)).toEqual([{ kind: 'refused', reason: 'hub-lost' }]);
  });

  it('while the patient types is made anew only when the PIN is there', () => {
    const down = run('serve', ...laid, { type: 'hub-up' }, { type: 'hub-down' });
    expect(kinds(down.effects).filter((kind) => kind === 'call-hub')).toHaveLength(1);
    expect(kinds(transition('serve', down.state, { type: 'typed' }).effects)).toEqual(['call-hub']);
  });

  it('after the PROOF is made anew as well', () => {
    const { effects } = run('serve', ...claimed, goOn, { type: 'opened' }, { type: 'hub-down' });
    expect(kinds(effects).filter((kind) => kind === 'call-hub')).toHaveLength(2);
  });
});

describe('the reader', () => {
  it('that is lost while idle puts the terminal out of order, and back when it returns', () => {
    const lost = run('serve', { type: 'reader-ready' }, { type: 'reader-lost' });
    expect(lost.state.phase).toBe('readerless');
    expect(transition('serve', lost.state, { type: 'reader-ready' }).state.phase).toBe('idle');
  });

  it('that is lost once the card is read does not disturb the tap', () => {
    const { state } = run('serve', ...claimed, { type: 'reader-lost' });
    expect(state.phase).toBe('claiming');
  });
});

describe('a new PIN', () => {
  const choosing = run('new-pin', ...served);
  it('is asked for once the patient is in, prepared, written, confirmed, and the old image cleared', () => {
    const { effects } = run(
      'new-pin',
      ...served,
      { type: 'typed' },
      { type: 'prepared' },
      { type: 'written' },
      { type: 'confirmed' },
    );
    const after = kinds(effects).slice(kinds(effects).indexOf('prove'));
    expect(after.filter((kind) => kind !== 'show')).toEqual([
      'prove',
      'clear-old-image',
      'ask',
      'prepare-new-pin',
      'write-card',
      'confirm-new-pin',
      'clear-old-image',
      'end-tap',
      'linger',
      'watch-for-removal',
    ]);
    expect(outcomes(effects)).toEqual([{ kind: 'pin-set' }]);
  });

  it('waits for a card that was taken away before the write', () => {
    const writing = run('new-pin', ...served, { type: 'typed' }, { type: 'prepared' }).state;
    const away = transition('new-pin', writing, { type: 'failed', reason: 'card-removed' });
    expect(away.state.phase).toBe('writing');
    expect(shown(away.effects)).toContain('Please lay your card back.');
    expect(kinds(away.effects)).toContain('write-card');
  });

  it('whose last step is lost asks for one more tap', () => {
    const { effects } = run(
      'new-pin',
      ...served,
      { type: 'typed' },
      { type: 'prepared' },
      { type: 'written' },
      { type: 'hub-down' },
    );
    expect(outcomes(effects)).toEqual([{ kind: 'refused', reason: 'new-pin-unfinished' }]);
    expect(shown(effects)).toContain('Please tap once more to finish.');
  });

  it('that is broken off before the write changes nothing', () => {
    const lost = transition('new-pin', choosing.state, { type: 'hub-down' });
    expect(outcomes(lost.effects)).toEqual([{ kind: 'refused', reason: 'hub-lost' }]);
    expect(kinds(lost.effects)).not.toContain('write-card');
  });

  it('after the recovery code needs no evaluation of the old one', () => {
    const { effects } = run('recover', ...claimed, {
      type: 'challenged',
      status: STATUS.goOn,
      attemptsLeft: 0,
    });
    expect(kinds(effects)).toContain('prove');
    expect(kinds(effects)).not.toContain('open-card');
  });

  it('by recovery code is refused at once for a card that has none', () => {
    const { effects } = run(
      'recover',
      { type: 'reader-ready' },
      { type: 'card-laid' },
      { type: 'card-read', suite: 'cardea-1', recoverable: false },
    );
    expect(outcomes(effects)).toEqual([{ kind: 'refused', reason: 'no-recovery-code' }]);
    expect(kinds(effects)).not.toContain('call-hub');
  });
});

describe('whatever happens, in whatever order', () => {
  const reasons = Object.keys(SENTENCES) as Reason[];
  const anyEvent: fc.Arbitrary<Event> = fc.oneof(
    fc.constantFrom<Event>(
      { type: 'reader-ready' },
      { type: 'reader-lost' },
      { type: 'card-laid' },
      { type: 'card-read', suite: 'cardea-1', recoverable: true },
      { type: 'card-read', suite: 'limbasiya-2021' },
      { type: 'card-gone' },
      { type: 'lingered' },
      { type: 'hub-up' },
      { type: 'hub-down' },
      { type: 'typed' },
      { type: 'cancelled' },
      { type: 'opened' },
      { type: 'not-opened' },
      welcomed,
      ...visited,
      { type: 'prepared' },
      { type: 'written' },
      { type: 'confirmed' },
      { type: 'list-known', changed: true },
      { type: 'hub-chosen' },
      { type: 'agreed' },
    ),
    fc.record({
      type: fc.constant('challenged' as const),
      status: fc.integer({ min: 0, max: 255 }),
      attemptsLeft: fc.nat(5),
    }),
    fc.record({ type: fc.constant('failed' as const), reason: fc.constantFrom(...reasons) }),
  );
  const anyGoal = fc.constantFrom<Goal>('serve', 'new-pin', 'recover');

  it('every tap that began ends before the next one begins', () => {
    fc.assert(
      fc.property(anyGoal, fc.array(anyEvent, { maxLength: 60 }), (goal, events) => {
        let open = 0;
        for (const kind of kinds(run(goal, ...events).effects)) {
          if (kind === 'read-card') open += 1;
          if (kind === 'end-tap') open = 0;
          expect(open).toBeLessThanOrEqual(1);
        }
      }),
    );
  });

  it('a proof is never sent before a card was opened or a code typed, nor a claim before a secret was', () => {
    fc.assert(
      fc.property(anyGoal, fc.array(anyEvent, { maxLength: 60 }), (goal, events) => {
        let typed = false;
        let { state } = begin();
        for (const event of events) {
          if (event.type === 'card-laid') typed = false;
          const asks = state.phase === 'entering' || state.phase === 'identifying';
          if (event.type === 'typed' && asks) typed = true;
          const step = transition(goal, state, event);
          if (kinds(step.effects).includes('claim')) expect(typed).toBe(true);
          if (kinds(step.effects).includes('prove'))
            expect(['opened', 'challenged', 'agreed']).toContain(event.type);
          state = step.state;
        }
      }),
    );
  });
});
