import type { DataErrorCode } from '../protocol/data/messages.ts';
import { CardeaError } from '../runtime/errors.ts';

/** The connection is gone, from either side: there is nobody left to tell. */
export class ConnectionLostError extends CardeaError {
  readonly code = 'connection-lost';
}

/** The other side kept silent, or did not take what was sent to it, for too long. */
export class SilentPeerError extends CardeaError {
  readonly code = 'peer-silent';
}

/** The connection is ended with an ERROR frame: `wireCode` and `wireText` are all that the other side learns. */
export class TurnedAwayError extends CardeaError {
  readonly code = 'turned-away';
  readonly wireCode: number;
  readonly wireText: string;

  /** @param reason for the local log */
  constructor(wireCode: number, wireText: string, reason: string, options?: { readonly cause?: unknown }) {
    super(reason, options);
    this.wireCode = wireCode;
    this.wireText = wireText;
  }
}

/** A request in a session is answered with an error; the session goes on. */
export class RequestRefusedError extends CardeaError {
  readonly code: DataErrorCode;

  constructor(code: DataErrorCode, message: string) {
    super(message);
    this.code = code;
  }
}

/** Nobody has this number in today's queue. */
export class NotInQueueError extends CardeaError {
  readonly code = 'not-in-queue';
}

/** A Bundle of records cannot be taken in. */
export class BundleRefusedError extends CardeaError {
  readonly code = 'bundle-refused';
}
