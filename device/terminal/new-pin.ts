import type { Event, State, Step } from './state.ts';
import { cardWanted, conclude, ended, refuse, stay } from './steps.ts';

type NewPinState = Extract<State, { phase: 'choosing' | 'preparing' | 'writing' | 'confirming' }>;

/**
 * A new PIN, once the patient is in (PROTOCOL 2.6): chosen, prepared with the hub, written, confirmed.
 * Until the card is written the old PIN is good; from then on the new one is, whatever gets lost.
 */
export function changePinTransition(state: NewPinState, event: Event): Step {
  switch (state.phase) {
    case 'choosing':
      if (event.type === 'typed') {
        return {
          state: { phase: 'preparing' },
          effects: [{ do: 'show', sign: 'working', lines: ['One moment …'] }, { do: 'prepare-new-pin' }],
        };
      }
      return lost(state, event);
    case 'preparing':
      if (event.type === 'prepared') return write(['Please leave your card there.']);
      return lost(state, event);
    case 'writing':
      if (event.type === 'written')
        return { state: { phase: 'confirming' }, effects: [{ do: 'confirm-new-pin' }] };
      // The old image is whole until the new one is: laying the card back is all there is to do.
      return writeAgain(state, event);
    case 'confirming':
      if (event.type === 'confirmed') {
        return conclude({ kind: 'pin-set' }, [
          { do: 'clear-old-image' },
          { do: 'show', sign: 'welcome', lines: ['Your new PIN is set.', 'You may take your card.'] },
        ]);
      }
      if (event.type === 'hub-down' || event.type === 'failed') return refuse('new-pin-unfinished');
      return stay(state);
  }
}

function writeAgain(state: State, event: Event): Step {
  const wanted = cardWanted(event);
  return wanted === undefined ? ended(state, event) : write(wanted);
}

function write(lines: readonly string[]): Step {
  return {
    state: { phase: 'writing' },
    effects: [{ do: 'show', sign: 'attention', lines }, { do: 'write-card' }],
  };
}

/** Before the card is written, a lost connection leaves everything as it was. */
function lost(state: State, event: Event): Step {
  return event.type === 'hub-down' ? refuse('hub-lost') : ended(state, event);
}
