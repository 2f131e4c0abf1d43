import type { Event, State, Step } from './state.ts';
import { CALLS_MAX, conclude, ended, refuse, stay } from './steps.ts';

type VisitState = Extract<State, { phase: 'served' | 'checking-in' | 'summarising' }>;

/** A panel shows so many lines at most, the most important first. */
const LINES_MAX = 4;
/** Longer than other words: a number to remember, and what was measured. */
const READING_MS = 10_000;

/**
 * What a patient comes for, once in: to be checked in, and to see where they stand. A connection that breaks is
 * made anew, as often as one before the WELCOME; all that is done here may be done twice.
 */
export function visitTransition(state: VisitState, event: Event): Step {
  if (event.type === 'hub-down') return callAgain(state);
  switch (state.phase) {
    case 'served':
      if (event.type !== 'informed') return ended(state, event);
      return { state: { ...state, phase: 'checking-in' }, effects: [{ do: 'check-in' }] };
    case 'checking-in':
      if (event.type === 'failed') return refuse('not-checked-in');
      if (event.type !== 'checked-in') return ended(state, event);
      return {
        state: { ...state, phase: 'summarising', place: event.place },
        effects: [{ do: 'summarise' }],
      };
    case 'summarising':
      if (event.type === 'summarised') return served(state, event.lines);
      // The patient is checked in: that is said, whatever else cannot be.
      if (event.type === 'failed') return served(state, []);
      return stay(state);
  }
}

function served(state: VisitState & { phase: 'summarising' }, summary: readonly string[]): Step {
  const number = state.place === null ? [] : [`Your number is ${state.place}.`];
  const lines = [...state.welcome, ...number, ...summary].slice(0, LINES_MAX);
  return conclude({ kind: 'served' }, [{ do: 'show', sign: 'welcome', lines }], READING_MS);
}

function callAgain({ suite, calls }: VisitState): Step {
  if (suite !== 'cardea-1' || calls >= CALLS_MAX) return refuse('hub-lost');
  return {
    state: { phase: 'entering', link: 'calling', typed: true, calls: calls + 1 },
    effects: [{ do: 'call-hub' }],
  };
}
