import { describe, expect, it } from 'vitest';
import {
  type Command,
  type Effect,
  type Event,
  type FailureReason,
  IDLE,
  type State,
  step,
} from '../../../hardware/pn532/command-machine.ts';
import { bytes } from '../bytes.ts';

const read: Command = {
  code: 0x40,
  parameters: bytes('01 30 04'),
  repeatable: true,
  ackTimeoutMs: 100,
  replyTimeoutMs: 500,
};
const write: Command = { ...read, parameters: bytes('01 a2 04 01020304'), repeatable: false };

const ack: Event = { name: 'frame', frame: { kind: 'ack' } };
const nack: Event = { name: 'frame', frame: { kind: 'nack' } };
const error: Event = { name: 'frame', frame: { kind: 'error' } };
const damaged: Event = { name: 'frame', frame: { kind: 'damaged' } };
const timeout: Event = { name: 'timeout' };
const portLost: Event = { name: 'port-lost' };
const close: Event = { name: 'close' };
const start = (command: Command): Event => ({ name: 'start', command });
const reply = (data: string, tfi = 0xd5): Event => ({
  name: 'frame',
  frame: { kind: 'information', tfi, data: bytes(data) },
});

/** Where events lead to, from rest: the state, and the effects of the last event. */
function following(...events: readonly Event[]): { state: State; effects: readonly Effect[] } {
  let state = IDLE;
  let effects: readonly Effect[] = [];
  for (const event of events) ({ state, effects } = step(state, event));
  return { state, effects };
}

const failed = (reason: FailureReason): Effect => ({ do: 'fail', reason });
const sends = (command: Command): readonly Effect[] => [
  { do: 'send-command', command },
  { do: 'start-timer', ms: command.ackTimeoutMs },
];
const abort: Effect = { do: 'send-abort' };

describe('a command', () => {
  it('is sent, acknowledged and answered', () => {
    expect(following(start(read)).effects).toEqual(sends(read));
    expect(following(start(read), ack).effects).toEqual([{ do: 'start-timer', ms: 500 }]);
    expect(following(start(read), ack, reply('41 00 aabb'))).toEqual({
      state: IDLE,
      effects: [{ do: 'succeed', data: bytes('00 aabb') }],
    });
  });

  it('is the only one', () => {
    expect(() => following(start(read), start(read))).toThrow(RangeError);
    expect(() => following(start(read), ack, start(read))).toThrow(RangeError);
  });

  it('fails at once when the chip refuses it, and is not sent again', () => {
    expect(following(start(read), ack, error)).toEqual({ state: IDLE, effects: [failed('refused')] });
  });

  it.each([
    ['the reply of another command', reply('4b 00')],
    ['a reply of its code, from the wrong side', reply('41 00', 0xd4)],
    ['a second ACK', ack],
    ['a NACK', nack],
  ])('is not answered by %s', (_, event) => {
    const waiting = following(start(read), ack);
    expect(step(waiting.state, event)).toEqual({ state: waiting.state, effects: [] });
  });

  it.each([
    ['a reply of its own code: a late one', reply('41 00')],
    ['an error frame', error],
    ['a damaged frame', damaged],
    ['a NACK', nack],
  ])('is not answered before its ACK, not even by %s', (_, event) => {
    const waiting = following(start(read));
    expect(step(waiting.state, event)).toEqual({ state: waiting.state, effects: [] });
  });
});

describe('a command without ACK', () => {
  it('is sent three times where that does no harm', () => {
    expect(following(start(read), timeout).effects).toEqual([abort, ...sends(read)]);
    expect(following(start(read), timeout, timeout).effects).toEqual([abort, ...sends(read)]);
    expect(following(start(read), timeout, timeout, timeout)).toEqual({
      state: IDLE,
      effects: [abort, failed('no-ack')],
    });
  });

  it('is sent once where its fate would be unknown', () => {
    expect(following(start(write), timeout)).toEqual({ state: IDLE, effects: [abort, failed('no-ack')] });
  });
});

describe('a command without reply', () => {
  it('is stopped and sent again where that does no harm', () => {
    expect(following(start(read), ack, timeout).effects).toEqual([abort, ...sends(read)]);
    expect(following(start(read), ack, timeout, ack, timeout, ack, timeout)).toEqual({
      state: IDLE,
      effects: [abort, failed('no-reply')],
    });
  });

  it('is only stopped where its fate is unknown', () => {
    expect(following(start(write), ack, timeout)).toEqual({
      state: IDLE,
      effects: [abort, failed('no-reply')],
    });
  });
});

describe('a damaged reply', () => {
  it('is asked for again, once', () => {
    expect(following(start(write), ack, damaged).effects).toEqual([
      { do: 'send-nack' },
      { do: 'start-timer', ms: 500 },
    ]);
    expect(following(start(write), ack, damaged, reply('41 00')).effects).toEqual([
      { do: 'succeed', data: bytes('00') },
    ]);
  });

  it.each([
    ['damaged again', damaged],
    ['not sent again', timeout],
  ])('that is %s lets the command be sent anew, but for a write', (_, event) => {
    expect(following(start(read), ack, damaged, event).effects).toEqual([abort, ...sends(read)]);
    expect(following(start(write), ack, damaged, event)).toEqual({
      state: IDLE,
      effects: [abort, failed('damaged')],
    });
  });

  it('of a command sent anew is asked for again once more', () => {
    const again = following(start(read), ack, damaged, damaged, ack, damaged);
    expect(again.effects).toEqual([{ do: 'send-nack' }, { do: 'start-timer', ms: 500 }]);
  });
});

describe('at the end', () => {
  const states: readonly (readonly [string, readonly Event[]])[] = [
    ['while it waits for the ACK', [start(read)]],
    ['while it waits for the reply', [start(read), ack]],
    ['while it waits for a reply sent again', [start(read), ack, damaged]],
  ];

  it.each(states)('a command fails %s when the port is lost', (_, events) => {
    expect(following(...events, portLost)).toEqual({ state: IDLE, effects: [failed('port-lost')] });
  });

  it.each(states)('a command is stopped and fails %s when the reader is closed', (_, events) => {
    expect(following(...events, close)).toEqual({ state: IDLE, effects: [abort, failed('closed')] });
  });

  it.each([
    ['an ACK', ack],
    ['a reply', reply('41 00')],
    ['a timeout', timeout],
    ['the loss of the port', portLost],
    ['close', close],
  ])('%s at rest does nothing', (_, event) => {
    expect(step(IDLE, event)).toEqual({ state: IDLE, effects: [] });
  });
});
