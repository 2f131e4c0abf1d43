import type { Question } from '../../hardware/panel/panel.ts';
import { HubLostError } from '../errors.ts';
import type { Event } from './state.ts';
import type { Visit } from './visit-action.ts';

/** An action's result: what it means to the terminal, and what an engineer reads about it. */
export interface Done {
  readonly note: string;
  /** Absent for what changes nothing at the terminal. */
  readonly event?: Event;
}

/**
 * What a tap does with a card of its suite. Each method is one effect of the terminal's decisions; whatever
 * it throws has a `code` that `failureEvent` understands.
 */
export interface SuiteTap {
  /** What is done for the patient once `prove` has opened a session. */
  readonly visit: Visit;
  /** Asks the patient; what is typed is turned into what the protocol needs at once. */
  ask(question: Question, signal: AbortSignal): Promise<Done>;
  openCard(): Promise<Done>;
  /** Connects to the hub and checks that it is one that may be spoken to. */
  callHub(): Promise<Done>;
  /** LOGIN out, CHALLENGE in. */
  claim(): Promise<Done>;
  /** PROOF out, WELCOME in: from here on each knows the other. */
  prove(): Promise<Done>;
  /** Writes what was prepared into the slot that is not current, once the card lies there. */
  writeCard(signal: AbortSignal): Promise<Done>;
  /** Takes leave of the hub, closes the connection, wipes every secret. */
  end(): Promise<void>;
}

export const PROMPTS: Readonly<Record<Question, string>> = {
  pin: 'PIN',
  'new-pin': 'New PIN',
  'new-pin-again': 'New PIN, once more',
  'recovery-code': 'Recovery code',
  identity: 'Identity',
  password: 'Password',
  'new-password': 'New password',
  'new-password-again': 'New password, once more',
};

export const CANCELLED: Done = { event: { type: 'cancelled' }, note: 'the patient cancelled' };

/** What an earlier step of the tap must have made. Where a late event finds it gone, the hub is gone with it. */
export function need<T>(made: T | undefined): T {
  if (made === undefined) throw new HubLostError('the tap is over');
  return made;
}
