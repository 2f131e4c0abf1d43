import { FRAME } from '../../protocol/frames.ts';
import { WIRE_ERROR } from '../../protocol/wire-error.ts';
import { ConnectionLostError, TurnedAwayError } from '../errors.ts';

/** @throws ConnectionLostError when the device takes its leave; TurnedAwayError for another type */
export function expectBody(body: Uint8Array, type: number): Uint8Array {
  if (body[0] === type) return body;
  if (body[0] === FRAME.error) throw new ConnectionLostError('the device ended the login');
  throw new TurnedAwayError(WIRE_ERROR.malformed, 'out of turn', 'a frame came out of turn');
}

/** What the device is told is always the same. @param reason for the local log */
export function notAuthenticated(reason: string, cause?: unknown): TurnedAwayError {
  return new TurnedAwayError(WIRE_ERROR.notAuthenticated, 'not authenticated', reason, { cause });
}
