import { STATUS } from '../../protocol/login/messages.ts';
import { limbasiyaCardRead, limbasiyaTransition } from './limbasiya.ts';
import { changePinTransition } from './new-pin.ts';
import { refusalLines } from './sentences.ts';
import type { Calls, Effect, Event, Goal, State, Step, Welcomed } from './state.ts';
import { callAgain, callsOf, ended, refuse, stay } from './steps.ts';
import { visitTransition, withArrival } from './visit.ts';

/** Where a terminal begins: its reader has not answered yet. */
export function begin(): Step {
  return {
    state: { phase: 'readerless' },
    effects: [{ do: 'show', sign: 'working', lines: ['Starting …'] }, { do: 'watch-for-card' }],
  };
}

/**
 * The whole terminal as a function: what it does next is decided by where it stands and what happened,
 * and by nothing else (DESIGN, functional core). An event that means nothing where it arrives changes
 * nothing.
 */
export function transition(goal: Goal, state: State, event: Event): Step {
  return withArrival(state, next(goal, state, event));
}

function next(goal: Goal, state: State, event: Event): Step {
  switch (state.phase) {
    case 'readerless':
      if (event.type === 'reader-ready') return ready(goal);
      if (event.type === 'card-laid') return reading();
      return event.type === 'reader-lost' ? readerless() : stay(state);
    case 'idle':
      if (event.type === 'card-laid') return reading();
      if (event.type === 'lingered') return { state, effects: [invite(goal)] };
      return event.type === 'reader-lost' ? readerless() : stay(state);
    case 'reading':
      if (event.type === 'card-read') {
        return event.suite === 'cardea-1' ? cardRead(goal, event.recoverable) : limbasiyaCardRead(goal);
      }
      if (event.type === 'reader-lost') return refuse('reader-lost');
      return ended(state, event);
    case 'entering':
      return entering(state, event);
    case 'claiming':
      if (event.type === 'challenged') return challenged(goal, callsOf(state), event);
      if (event.type === 'hub-down') return callAgain(state);
      return ended(state, event);
    case 'opening':
      if (event.type === 'opened')
        return { state: { phase: 'proving', ...callsOf(state) }, effects: [{ do: 'prove' }] };
      if (event.type === 'not-opened') return refuse('wrong-pin', { attemptsLeft: state.attemptsLeft });
      return ended(state, event);
    case 'proving':
      if (event.type === 'welcomed') return welcomed(goal, callsOf(state), event.welcome);
      if (event.type === 'hub-down') return callAgain(state);
      return ended(state, event);
    case 'served':
    case 'checking-in':
    case 'offering':
    case 'measuring':
    case 'reviewing':
    case 'keeping':
    case 'summarising':
      return visitTransition(state, event);
    case 'choosing':
    case 'preparing':
    case 'writing':
    case 'confirming':
      return changePinTransition(state, event);
    case 'identifying':
    case 'unlocking':
    case 'refreshing':
    case 'choosing-hub':
    case 'calling':
    case 'agreeing':
    case 'answering':
    case 'choosing-password':
    case 'replacing':
      return limbasiyaTransition(goal, state, event);
    case 'told':
      if (event.type === 'lingered') return read(state);
      if (event.type === 'card-gone') return state.read ? ready(goal) : readyQuietly();
      return event.type === 'reader-lost' ? readerless() : stay(state);
  }
}

/** Nobody else is to read what was the patient's, though the card lies there still. */
function read(state: State & { phase: 'told' }): Step {
  const cleared: Effect = { do: 'show', sign: 'attention', lines: ['Please take your card.'] };
  return { state: { ...state, read: true }, effects: state.personal ? [cleared] : [] };
}

function ready(goal: Goal): Step {
  return { state: { phase: 'idle' }, effects: [invite(goal), { do: 'watch-for-card' }] };
}

/** The next card may come at once; the last patient still reads. */
function readyQuietly(): Step {
  return { state: { phase: 'idle' }, effects: [{ do: 'watch-for-card' }] };
}

function invite(goal: Goal): Effect {
  const line = goal === 'serve' ? 'Please tap your card.' : 'Please lay your card on the reader.';
  return { do: 'show', sign: 'idle', lines: [line] };
}

function readerless(): Step {
  return {
    state: { phase: 'readerless' },
    effects: [
      { do: 'show', sign: 'out-of-order', lines: refusalLines('reader-lost') },
      { do: 'end-tap', outcome: { kind: 'refused', reason: 'reader-lost' } },
    ],
  };
}

function reading(): Step {
  return {
    state: { phase: 'reading' },
    effects: [{ do: 'show', sign: 'reading', lines: ['Reading your card …'] }, { do: 'read-card' }],
  };
}

function cardRead(goal: Goal, recoverable: boolean): Step {
  if (goal === 'recover' && !recoverable) return refuse('no-recovery-code');
  const taken: Effect =
    goal === 'serve'
      ? { do: 'show', sign: 'take-card', lines: ['You may take your card.', 'Please enter your PIN.'] }
      : { do: 'show', sign: 'attention', lines: ['Please leave your card there.'] };
  return {
    state: { phase: 'entering', link: 'calling', typed: false, calls: 1 },
    effects: [
      taken,
      { do: 'call-hub' },
      { do: 'ask', question: goal === 'recover' ? 'recovery-code' : 'pin' },
    ],
  };
}

function entering(state: State & { phase: 'entering' }, event: Event): Step {
  switch (event.type) {
    case 'typed':
      if (state.link === 'up') return claim(state);
      if (state.link === 'down') return callAgain(state);
      return {
        state: { ...state, typed: true },
        effects: [{ do: 'show', sign: 'working', lines: ['One moment …'] }],
      };
    case 'hub-up':
      return state.typed ? claim(state) : stay({ ...state, link: 'up' });
    case 'hub-down':
      // The hub hangs up on whoever takes more than a minute to type (PROTOCOL 2.5, bounds): it is called again then.
      return state.typed ? callAgain(state) : stay({ ...state, link: 'down' });
    default:
      return ended(state, event);
  }
}

function claim(before: Calls): Step {
  return {
    state: { phase: 'claiming', ...callsOf(before) },
    effects: [{ do: 'show', sign: 'working', lines: ['One moment …'] }, { do: 'claim' }],
  };
}

function challenged(
  goal: Goal,
  calls: Calls,
  { status, attemptsLeft }: Event & { type: 'challenged' },
): Step {
  switch (status) {
    case STATUS.goOn:
      return goal === 'recover'
        ? { state: { phase: 'proving', ...calls }, effects: [{ do: 'prove' }] }
        : { state: { phase: 'opening', ...calls, attemptsLeft }, effects: [{ do: 'open-card' }] };
    case STATUS.unknown:
      return refuse('card-unknown');
    case STATUS.revoked:
      return refuse('card-revoked');
    case STATUS.locked:
      return refuse('card-locked');
    case STATUS.superseded:
      return refuse('card-superseded');
    case STATUS.notHeard:
      return refuse('pin-not-heard');
    default:
      return refuse('hub-refused');
  }
}

function welcomed(goal: Goal, calls: Calls, { location, failed }: Welcomed): Step {
  const lines = [`Welcome to ${location}.`, ...(failed > 0 ? [failedLine(failed)] : [])];
  const show: Effect = { do: 'show', sign: 'welcome', lines };
  if (goal === 'serve') {
    return {
      state: { phase: 'served', suite: 'cardea-1', ...calls, welcome: lines },
      effects: [show, { do: 'clear-old-image' }, { do: 'inform' }],
    };
  }
  return {
    state: { phase: 'choosing' },
    effects: [show, { do: 'clear-old-image' }, { do: 'ask', question: 'new-pin' }],
  };
}

function failedLine(failed: number): string {
  const tries = failed === 1 ? 'was 1 wrong PIN' : `were ${failed} wrong PINs`;
  return `There ${tries} since your last visit.`;
}
