import { type Reason, refusalLines } from './sentences.ts';
import type { Event, State, Step } from './state.ts';

/** Nothing to do: the event means nothing here. */
export function stay(state: State): Step {
  return { state, effects: [] };
}

/** Ends the tap with a reason, shows it, and waits until the card is gone. */
export function refuse(reason: Reason, attemptsLeft?: number): Step {
  const outcome = {
    kind: 'refused',
    reason,
    ...(attemptsLeft === undefined ? {} : { attemptsLeft }),
  } as const;
  return {
    state: { phase: 'told' },
    effects: [
      { do: 'stop-asking' },
      { do: 'show', sign: 'refused', lines: refusalLines(reason, attemptsLeft) },
      { do: 'end-tap', outcome },
      { do: 'watch-for-removal' },
    ],
  };
}

/** What ends a tap in any phase; all else is passed over. */
export function ended(state: State, event: Event): Step {
  if (event.type === 'failed') return refuse(event.reason);
  if (event.type === 'cancelled') return refuse('cancelled');
  return stay(state);
}
