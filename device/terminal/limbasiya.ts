import type { Effect, Event, Goal, LimbasiyaState, Step } from './state.ts';
import { CALLS_MAX, cardWanted, conclude, ended, refuse } from './steps.ts';

/** A card of `limbasiya-2021` was read: it is the card that checks who has it, so all is asked first. */
export function limbasiyaCardRead(goal: Goal): Step {
  if (goal === 'recover') return refuse('no-recovery-code');
  const taken: Effect =
    goal === 'serve'
      ? { do: 'show', sign: 'take-card', lines: ['You may take your card.', 'Please enter your identity.'] }
      : { do: 'show', sign: 'attention', lines: ['Please leave your card there.'] };
  return {
    state: { phase: 'identifying', asked: 'identity' },
    effects: [taken, { do: 'ask', question: 'identity' }],
  };
}

/**
 * A tap with such a card, up to the WELCOME (PROTOCOL 1.2, 1.3): identity and password open the card, the
 * patient chooses a hub of its list, and is logged in there; or the card gets a new password, of which nobody
 * but the card hears. A wrong password is counted by nobody.
 */
export function limbasiyaTransition(goal: Goal, state: LimbasiyaState, event: Event): Step {
  switch (state.phase) {
    case 'identifying':
      if (event.type !== 'typed') return ended(state, event);
      return state.asked === 'identity'
        ? {
            state: { phase: 'identifying', asked: 'password' },
            effects: [{ do: 'ask', question: 'password' }],
          }
        : work({ phase: 'unlocking' }, { do: 'open-card' });
    case 'unlocking':
      if (event.type === 'not-opened') return refuse('wrong-credentials');
      if (event.type === 'opened') return opened(goal);
      return ended(state, event);
    case 'refreshing':
      if (event.type === 'list-known') return chooseHub(event.changed);
      return ended(state, event);
    case 'choosing-hub':
      if (event.type === 'hub-chosen') return work({ phase: 'calling', calls: 1 }, { do: 'call-hub' });
      return ended(state, event);
    case 'calling':
      if (event.type === 'hub-up') return agree(state.calls);
      if (event.type === 'hub-down') return callAgain(state.calls);
      return ended(state, event);
    case 'agreeing':
      if (event.type === 'agreed')
        return { state: { phase: 'answering', calls: state.calls }, effects: [{ do: 'prove' }] };
      if (event.type === 'hub-down') return callAgain(state.calls);
      return ended(state, event);
    case 'answering':
      if (event.type === 'welcomed') return welcomed(event.welcome.location, state.calls);
      if (event.type === 'hub-down') return callAgain(state.calls);
      return ended(state, event);
    case 'choosing-password':
      if (event.type === 'typed') return write(['Please leave your card there.']);
      return ended(state, event);
    case 'replacing': {
      if (event.type === 'written') return replaced();
      // The old image is whole until the new one is: laying the card back is all there is to do.
      const wanted = cardWanted(event);
      return wanted === undefined ? ended(state, event) : write(wanted);
    }
  }
}

function work(state: LimbasiyaState, effect: Effect): Step {
  return { state, effects: [{ do: 'show', sign: 'working', lines: ['One moment …'] }, effect] };
}

function opened(goal: Goal): Step {
  return goal === 'serve'
    ? { state: { phase: 'refreshing' }, effects: [{ do: 'refresh-list' }] }
    : { state: { phase: 'choosing-password' }, effects: [{ do: 'ask', question: 'new-password' }] };
}

/** The login does not wait for the card to be written: it may be gone. */
function chooseHub(listChanged: boolean): Step {
  return {
    state: { phase: 'choosing-hub' },
    effects: [...(listChanged ? [{ do: 'write-list' } as const] : []), { do: 'choose-hub' }],
  };
}

function agree(calls: number): Step {
  return { state: { phase: 'agreeing', calls }, effects: [{ do: 'claim' }] };
}

function callAgain(calls: number): Step {
  if (calls >= CALLS_MAX) return refuse('hub-lost');
  return { state: { phase: 'calling', calls: calls + 1 }, effects: [{ do: 'call-hub' }] };
}

function welcomed(location: string, calls: number): Step {
  const welcome = [`Welcome to ${location}.`];
  return {
    state: { phase: 'served', suite: 'limbasiya-2021', calls, welcome },
    effects: [{ do: 'show', sign: 'welcome', lines: welcome }, { do: 'clear-old-image' }, { do: 'inform' }],
  };
}

function write(lines: readonly string[]): Step {
  return {
    state: { phase: 'replacing' },
    effects: [{ do: 'show', sign: 'attention', lines }, { do: 'write-card' }],
  };
}

/** Nobody but the card knows the password: once it is written there is nobody to tell. */
function replaced(): Step {
  return conclude({ kind: 'pin-set' }, [
    { do: 'clear-old-image' },
    { do: 'show', sign: 'welcome', lines: ['Your new password is set.', 'You may take your card.'] },
  ]);
}
