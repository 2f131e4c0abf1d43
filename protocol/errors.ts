/**
 * The base of every error that `protocol/` throws on purpose. `code` is stable and may be matched on.
 * No message holds a secret, or bytes that came from the other side.
 */
export abstract class ProtocolError extends Error {
  abstract readonly code: string;

  constructor(message: string, options?: { readonly cause?: unknown }) {
    super(message, options);
    this.name = new.target.name;
  }
}

/** Bytes that cannot be what they should be: cut, too long, out of bounds, not canonical. */
export class MalformedError extends ProtocolError {
  readonly code = 'malformed';
}

/** A step was asked of an object that is not in the phase for it, or that has failed before. */
export class WrongTurnError extends ProtocolError {
  readonly code = 'wrong-turn';
}

/** A tag or signature did not verify: wrong key, or changed on the way. */
export class AuthenticationError extends ProtocolError {
  readonly code = 'authentication';
}

/** The other side speaks a version or suite that is not spoken here; on the wire ERROR 2 (PROTOCOL 2.5). */
export class UnsupportedError extends ProtocolError {
  readonly code = 'unsupported';
}

/** A key has used up its nonces; nothing more is sealed or opened with it (Noise, 5.1). */
export class NonceExhaustedError extends ProtocolError {
  readonly code = 'nonce-exhausted';
}
