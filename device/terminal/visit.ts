import { measurementTransition, NOT_KEPT, offer } from './measurement-step.ts';
import { type Reason, refusalLines } from './sentences.ts';
import type { AtPlace, Effect, Event, InSession, State, Step } from './state.ts';
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

/** What ends a connection that was to be made anew, and no more than that. */
const LOST: ReadonlySet<Reason> = new Set(['hub-unreachable', 'hub-lost', 'hub-busy']);

/**
 * The end of a tap whose connection broke once the patient was checked in, and could not be made anew: what was done
 * is done, and what was not is said.
 */
export function withArrival(before: State, step: Step): Step {
  const place = isSeen(before) || !('place' in before) ? undefined : before.place;
  const isUnsent = before.phase === 'keeping' || ('measurement' in before && before.measurement === 'unsent');
  // A hub without a queue may check nobody in: nothing is claimed there.
  const arrived = typeof place === 'number' ? [`You are checked in: your number is ${place}.`] : [];
  const lost = isUnsent ? [NOT_KEPT] : [];
  const ended = step.effects.find((effect) => effect.do === 'end-tap');
  const isLost = ended?.outcome.kind === 'refused' && LOST.has(ended.outcome.reason);
  if (!isLost || (arrived.length === 0 && lost.length === 0)) return step;
  const [what = '', ...remedy] = refusalLines(ended.outcome.reason);
  const told: Effect = { do: 'show', sign: 'refused', lines: [what, ...arrived, ...lost, ...remedy] };
  return { state: step.state, effects: step.effects.map((effect) => (effect.do === 'show' ? told : effect)) };
}

/** Nobody is checked in twice a day. Whoever was seen and comes again must not wait for a number that has passed. */
function whereInQueue({ place, seen }: AtPlace): readonly string[] {
  if (seen) return ['You were seen today. Please ask at the desk.'];
  return place === null ? [] : [`Your number is ${place}.`];
}

function logInAgain(state: VisitState): Step {
  if (state.suite !== 'cardea-1' || state.calls >= CALLS_MAX) return refuse('hub-lost');
  const measurement = state.phase === 'keeping' ? 'unsent' : state.measurement;
  const place = isSeen(state) ? undefined : state.place;
  return callAgain({
    calls: state.calls,
    ...(measurement !== undefined && { measurement }),
    ...(place !== undefined && { place }),
  });
}

function isSeen(state: State): boolean {
  return 'seen' in state && state.seen;
}
