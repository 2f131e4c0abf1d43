import { CardeaError } from '../../runtime/errors.ts';
import { RequestRefusedError, TurnedAwayError } from '../errors.ts';
import type { Failure } from './messages.ts';

/** What another of the hub's processes failed at; `code` and message are those of the error there. */
export class OtherProcessError extends CardeaError {
  readonly code: string;

  constructor(code: string, message: string) {
    super(message);
    this.code = code;
  }
}

/** An error as it goes to another process: what the wire and the log need of it, and nothing that hangs on it. */
export function encodeFailure(cause: unknown): Failure {
  if (cause instanceof TurnedAwayError) {
    const { wireCode, wireText, message: reason } = cause;
    return { kind: 'turned-away', wireCode, wireText, reason };
  }
  if (cause instanceof RequestRefusedError) {
    return { kind: 'request-refused', code: cause.code, message: cause.message };
  }
  if (cause instanceof CardeaError) return { kind: 'failed', code: cause.code, message: cause.message };
  return { kind: 'failed', code: 'unexpected', message: String(cause) };
}

export function decodeFailure(failure: Failure): CardeaError {
  switch (failure.kind) {
    case 'turned-away':
      return new TurnedAwayError(failure.wireCode, failure.wireText, failure.reason);
    case 'request-refused':
      return new RequestRefusedError(failure.code, failure.message);
    case 'failed':
      return new OtherProcessError(failure.code, failure.message);
  }
}
