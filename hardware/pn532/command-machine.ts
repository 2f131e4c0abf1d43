import type { Deframed } from './deframer.ts';
import { CHIP_TO_HOST } from './frame.ts';

/** A command for the chip, and how long and how often to try it. */
export interface Command {
  readonly code: number;
  readonly parameters: Uint8Array;
  /**
   * May be sent again when its fate is unknown. Never true of what changes a card (WRITE, UPDATE) or counts
   * (VERIFY): those are looked into first (HARDWARE 5).
   */
  readonly repeatable: boolean;
  readonly ackTimeoutMs: number;
  readonly replyTimeoutMs: number;
}

/**
 * Why a command failed. After `no-ack`, `no-reply` and `damaged` the chip may have done it or not; after
 * `refused` it has not (error frame); `port-lost` and `closed` leave it open.
 */
export type FailureReason = 'no-ack' | 'no-reply' | 'damaged' | 'refused' | 'port-lost' | 'closed';

export type State =
  | { readonly name: 'idle' }
  | { readonly name: 'awaiting-ack'; readonly command: Command; readonly triesLeft: number }
  | {
      readonly name: 'awaiting-reply';
      readonly command: Command;
      readonly triesLeft: number;
      /** A damaged reply was asked for again already. */
      readonly nackSent: boolean;
    };

export type Event =
  | { readonly name: 'start'; readonly command: Command }
  | { readonly name: 'frame'; readonly frame: Deframed }
  | { readonly name: 'timeout' }
  | { readonly name: 'port-lost' }
  | { readonly name: 'close' };

export type Effect =
  | { readonly do: 'send-command'; readonly command: Command }
  /** Host NACK: send the response again. */
  | { readonly do: 'send-nack' }
  /** Host ACK: stop what is running. The chip gives no answer to it. */
  | { readonly do: 'send-abort' }
  /** (Re)starts the one timer; it stops by itself when the command settles. */
  | { readonly do: 'start-timer'; readonly ms: number }
  | { readonly do: 'succeed'; readonly data: Uint8Array }
  | { readonly do: 'fail'; readonly reason: FailureReason };

export interface Step {
  readonly state: State;
  readonly effects: readonly Effect[];
}

export const IDLE: State = { name: 'idle' };

/** How often a repeatable command is sent, the first time included. */
const TRIES = 3;

/**
 * One command's life: sent, acknowledged, answered (HARDWARE 1 and 7). Pure: what to do comes out as
 * effects, in order; `succeed` and `fail` end the command.
 *
 * @throws RangeError on `start` while a command runs: there is only one at a time
 */
export function step(state: State, event: Event): Step {
  switch (state.name) {
    case 'idle':
      return whileIdle(event);
    case 'awaiting-ack':
      return whileAwaitingAck(state, event);
    case 'awaiting-reply':
      return whileAwaitingReply(state, event);
  }
}

function whileIdle(event: Event): Step {
  switch (event.name) {
    case 'start':
      return send(event.command, TRIES);
    case 'frame': // The late answer of a command that was given up.
    case 'timeout':
    case 'port-lost':
    case 'close':
      return { state: IDLE, effects: [] };
  }
}

function whileAwaitingAck(state: Extract<State, { name: 'awaiting-ack' }>, event: Event): Step {
  switch (event.name) {
    case 'start':
      throw new RangeError('a command is running');
    case 'frame':
      // Anything but the ACK belongs to an earlier command: a reply, too, even one of the same code.
      if (event.frame.kind !== 'ack') return stay(state);
      return {
        state: {
          name: 'awaiting-reply',
          command: state.command,
          triesLeft: state.triesLeft,
          nackSent: false,
        },
        effects: [{ do: 'start-timer', ms: state.command.replyTimeoutMs }],
      };
    case 'timeout':
      return againOrFail(state, 'no-ack');
    case 'port-lost':
      return fail('port-lost');
    case 'close':
      return abortAndFail('closed');
  }
}

function whileAwaitingReply(state: Extract<State, { name: 'awaiting-reply' }>, event: Event): Step {
  switch (event.name) {
    case 'start':
      throw new RangeError('a command is running');
    case 'frame':
      return onFrame(state, event.frame);
    case 'timeout':
      return againOrFail(state, state.nackSent ? 'damaged' : 'no-reply');
    case 'port-lost':
      return fail('port-lost');
    case 'close':
      return abortAndFail('closed');
  }
}

function onFrame(state: Extract<State, { name: 'awaiting-reply' }>, frame: Deframed): Step {
  switch (frame.kind) {
    case 'information': {
      const [code] = frame.data;
      const isReply = frame.tfi === CHIP_TO_HOST && code === state.command.code + 1;
      if (!isReply) return stay(state);
      return { state: IDLE, effects: [{ do: 'succeed', data: frame.data.slice(1) }] };
    }
    case 'error':
      return fail('refused');
    case 'damaged':
      if (state.nackSent) return againOrFail(state, 'damaged');
      return {
        state: { ...state, nackSent: true },
        effects: [{ do: 'send-nack' }, { do: 'start-timer', ms: state.command.replyTimeoutMs }],
      };
    case 'ack': // A second one, late.
    case 'nack':
      return stay(state);
  }
}

function stay(state: State): Step {
  return { state, effects: [] };
}

function send(command: Command, tries: number): Step {
  return {
    state: { name: 'awaiting-ack', command, triesLeft: tries - 1 },
    effects: [
      { do: 'send-command', command },
      { do: 'start-timer', ms: command.ackTimeoutMs },
    ],
  };
}

/** Stops the command; sends it again where that does no harm. */
function againOrFail(
  state: { readonly command: Command; readonly triesLeft: number },
  reason: FailureReason,
): Step {
  if (!state.command.repeatable || state.triesLeft === 0) return abortAndFail(reason);
  const again = send(state.command, state.triesLeft);
  return { state: again.state, effects: [{ do: 'send-abort' }, ...again.effects] };
}

function abortAndFail(reason: FailureReason): Step {
  return { state: IDLE, effects: [{ do: 'send-abort' }, { do: 'fail', reason }] };
}

function fail(reason: FailureReason): Step {
  return { state: IDLE, effects: [{ do: 'fail', reason }] };
}
