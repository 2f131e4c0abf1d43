import { type Reason, type RefusalDetail, refusalLines } from './sentences.ts';
import type { Calls, Effect, Event, Outcome, State, Step } from './state.ts';

/** A connection that breaks before the WELCOME is made anew this often; the same blinded PIN costs no new try. */
export const CALLS_MAX = 3;

/** Nothing to do: the event means nothing here. */
export function stay(state: State): Step {
  return { state, effects: [] };
}

/**
 * Ends the tap: what has been shown stays until the card is gone, and long enough to be read.
 *
 * @param readingMs for words about the patient: they go after so long, card or no card
 */
export function conclude(outcome: Outcome, before: readonly Effect[] = [], readingMs?: number): Step {
  const linger: Effect =
    readingMs === undefined ? { do: 'linger' } : { do: 'linger', milliseconds: readingMs };
  return {
    state: { phase: 'told', read: false, personal: readingMs !== undefined },
    effects: [...before, { do: 'end-tap', outcome }, linger, { do: 'watch-for-removal' }],
  };
}

/** Ends the tap with a reason, and shows it. */
export function refuse(reason: Reason, detail: RefusalDetail = {}): Step {
  return conclude({ kind: 'refused', reason, ...detail }, [
    { do: 'stop-asking' },
    { do: 'show', sign: 'refused', lines: refusalLines(reason, detail) },
  ]);
}

/** What goes on to the next state of a connection, and no more of the one before. */
export function callsOf({ calls, measurement, place }: Calls): Calls {
  return {
    calls,
    ...(measurement !== undefined && { measurement }),
    ...(place !== undefined && { place }),
  };
}

/** Calls the hub once more, for the PIN that was typed; ends the tap where it was called too often. */
export function callAgain(before: Calls): Step {
  if (before.calls >= CALLS_MAX) return refuse('hub-lost');
  return {
    state: { phase: 'entering', link: 'calling', typed: true, ...callsOf(before), calls: before.calls + 1 },
    effects: [{ do: 'call-hub' }],
  };
}

/** What ends a tap in any phase; all else is passed over. */
export function ended(state: State, event: Event): Step {
  if (event.type === 'failed') {
    const { type: _, reason, ...detail } = event;
    return refuse(reason, detail);
  }
  if (event.type === 'cancelled') return refuse('cancelled');
  return stay(state);
}

/** What to say where the card to be written is not there; undefined for any other event. */
export function cardWanted(event: Event): readonly string[] | undefined {
  if (event.type !== 'failed') return undefined;
  if (event.reason === 'card-removed') return ['Please lay your card back.'];
  if (event.reason === 'card-changed') return ['This is another card.', 'Please lay the first one back.'];
  return undefined;
}
