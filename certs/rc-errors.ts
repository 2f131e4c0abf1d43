import { CardeaError } from '../runtime/errors.ts';

/**
 * The RC cannot be reached, or the connection broke before its whole answer was there. What was asked may
 * or may not have been done.
 */
export class RcUnreachableError extends CardeaError {
  readonly code = 'rc-unreachable';
}

/** What answers is not this network's RC. Nothing was sent to it. */
export class RcUntrustedError extends CardeaError {
  readonly code = 'rc-untrusted';
}

/** The RC's answer is none: no JSON, too long, or not what was asked for. */
export class RcAnswerError extends CardeaError {
  readonly code = 'rc-answer-malformed';
}

/** The RC said no. */
export class RcRefusedError extends CardeaError {
  readonly code = 'rc-refused';
  /** The RC's own stable code for the reason (protocol/rc-api/problem.ts). */
  readonly problemCode: string;
  /** HTTP's. */
  readonly status: number;

  constructor(message: string, options: { readonly problemCode: string; readonly status: number }) {
    super(message);
    this.problemCode = options.problemCode;
    this.status = options.status;
  }
}

/** Something was asked of a client that has been closed, or it was closed meanwhile. */
export class RcClientClosedError extends CardeaError {
  readonly code = 'rc-client-closed';
}
