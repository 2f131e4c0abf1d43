import { type Reason, refusalLines } from './sentences.ts';
import type { Effect, Event, Outcome, State, Step } from './state.ts';

/** Nothing to do: the event means nothing here. */
export function stay(state: State): Step {
  return { state, effects: [] };
}

/** Ends the tap: what has been shown stays until the card is gone, and long enough to be read. */
export function conclude(outcome: Outcome, before: readonly Effect[] = []): Step {
  return {
    state: { phase: 'told', read: false },
    effects: [...before, { do: 'end-tap', outcome }, { do: 'linger' }, { do: 'watch-for-removal' }],
  };
}

/** Ends the tap with a reason, and shows it. */
export function refuse(reason: Reason, attemptsLeft?: number): Step {
  const tries = attemptsLeft === undefined ? {} : { attemptsLeft };
  return conclude({ kind: 'refused', reason, ...tries }, [
    { do: 'stop-asking' },
    { do: 'show', sign: 'refused', lines: refusalLines(reason, attemptsLeft) },
  ]);
}

/** What ends a tap in any phase; all else is passed over. */
export function ended(state: State, event: Event): Step {
  if (event.type === 'failed') return refuse(event.reason);
  if (event.type === 'cancelled') return refuse('cancelled');
  return stay(state);
}
