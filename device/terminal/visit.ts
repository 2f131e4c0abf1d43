import { measurementTransition, offer } from './measurement-step.ts';
import type { AtPlace, Event, InSession, State, Step } from './state.ts';
import { CALLS_MAX, callAgain, conclude, ended, refuse, stay } from './steps.ts';

type VisitState = Extract<State, InSession>;

/** Longer than other words: a number to remember, and what was measured. */
const READING_MS = 10_000;

/**
 * What a patient comes for, once in: to be checked in, to leave a measurement where there is a sensor, and to see
 * where they stand. A connection that breaks is made anew, as often as one before the WELCOME; all that is done here
 * may be done twice.
 */
export function visitTransition(state: VisitState, event: Event): Step {
  if (event.type === 'hub-down') return logInAgain(state);
  switch (state.phase) {
    case 'served':
      if (event.type !== 'informed') return ended(state, event);
      return { state: { ...state, phase: 'checking-in' }, effects: [{ do: 'check-in' }] };
    case 'checking-in':
      if (event.type === 'failed') return refuse('not-checked-in');
      if (event.type !== 'checked-in') return ended(state, event);
      return checkedIn(state, event);
    case 'offering':
    case 'measuring':
    case 'reviewing':
    case 'keeping':
      return measurementTransition(state, event);
    case 'summarising':
      if (event.type === 'summarised') return served(state, event.lines);
      // The patient is checked in: that is said, whatever else cannot be.
      if (event.type === 'failed') return served(state, []);
      return stay(state);
  }
}

function checkedIn(
  state: VisitState & { phase: 'checking-in' },
  { place, seen, measures }: Event & { type: 'checked-in' },
): Step {
  const at = { ...state, place, seen };
  if (state.measurement === 'unsent') {
    return { state: { ...at, phase: 'keeping' }, effects: [{ do: 'keep-measurement' }] };
  }
  if (state.measurement === undefined && measures !== null) return offer(at, measures);
  return { state: { ...at, phase: 'summarising' }, effects: [{ do: 'summarise' }] };
}

function served(state: VisitState & { phase: 'summarising' }, summary: readonly string[]): Step {
  const notice = state.notice === undefined ? [] : [state.notice];
  const lines = [...state.welcome, ...whereInQueue(state), ...notice, ...summary];
  return conclude({ kind: 'served' }, [{ do: 'show', sign: 'welcome', lines }], READING_MS);
}

/** Nobody is checked in twice a day. Whoever was seen and comes again must not wait for a number that has passed. */
function whereInQueue({ place, seen }: AtPlace): readonly string[] {
  if (seen) return ['You were seen today. Please ask at the desk.'];
  return place === null ? [] : [`Your number is ${place}.`];
}

function logInAgain(state: VisitState): Step {
  if (state.suite !== 'cardea-1' || state.calls >= CALLS_MAX) return refuse('hub-lost');
  return callAgain(state.phase === 'keeping' ? { ...state, measurement: 'unsent' } : state);
}
