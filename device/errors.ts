import { CardeaError } from '../runtime/errors.ts';

/** The hub did not answer, or the connection to it ended: nothing is lost, it may be called again. */
export class HubLostError extends CardeaError {
  readonly code = 'hub-lost';
}

/** Nobody answers where the hub should be. */
export class HubUnreachableError extends CardeaError {
  readonly code = 'hub-unreachable';
}

/** What answered is no hub that this card, or this terminal, can trust. Nothing secret was sent. */
export class HubUntrustedError extends CardeaError {
  readonly code = 'hub-untrusted';
}

/** The hub ended the conversation with an ERROR frame. `wireCode` as in PROTOCOL 2.5. */
export class HubRefusedError extends CardeaError {
  readonly code = 'hub-refused';
  readonly wireCode: number;
  /** What stood beside the code: for logs, and for the hub's time. */
  readonly text: string;

  constructor(message: string, wireCode: number, text = '') {
    super(message);
    this.wireCode = wireCode;
    this.text = text;
  }
}

/** The hub answered a request of the session with an error. `dataCode` as in the DATA schemas. */
export class RequestRefusedError extends CardeaError {
  readonly code = 'request-refused';
  readonly dataCode: string;

  constructor(message: string, dataCode: string) {
    super(message);
    this.dataCode = dataCode;
  }
}

/** The card belongs to a suite that this terminal does not take. */
export class SuiteRefusedError extends CardeaError {
  readonly code = 'suite-refused';
}

/** Another card lies where the first one is wanted. */
export class CardChangedError extends CardeaError {
  readonly code = 'card-changed';
}

/** The terminal was asked for something it has not been set up for. */
export class TerminalSetupError extends CardeaError {
  readonly code = 'terminal-setup';
}
