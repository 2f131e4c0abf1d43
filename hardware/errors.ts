/**
 * The base of every error that `hardware/` throws on purpose. `code` is stable and may be matched on;
 * `message` says what happened and what to do about it, in one plain line. No message holds a card's
 * content.
 */
export abstract class HardwareError extends Error {
  abstract readonly code: string;

  constructor(message: string, options?: { readonly cause?: unknown }) {
    super(message, options);
    this.name = new.target.name;
  }
}

/** The card left the field, or another took its place, before the work with it was done. */
export class CardRemovedError extends HardwareError {
  readonly code = 'card-removed';
}

/** The card is there, but what it answers makes no sense or its memory fails. */
export class CardUnreadableError extends HardwareError {
  readonly code = 'card-unreadable';
}

/** The card holds something that is not Cardea's; the message names what. */
export class ForeignCardError extends HardwareError {
  readonly code = 'card-foreign';
}

/** The card cannot hold two slots of the size asked for. */
export class CardTooSmallError extends HardwareError {
  readonly code = 'card-too-small';
}

/** The card refuses reading or writing: read-only, locked, or protected by a password. */
export class CardLockedError extends HardwareError {
  readonly code = 'card-locked';
}

/** There is nothing on the card: it was never formatted, or formatting was cut short. */
export class BlankCardError extends HardwareError {
  readonly code = 'card-blank';
}

/** A kind of card that cannot serve as a Cardea card. */
export class CardUnsupportedError extends HardwareError {
  readonly code = 'card-unsupported';
}

/** The port to the reader cannot be opened, or vanished: unplugged, or taken by another program. */
export class ReaderLostError extends HardwareError {
  readonly code = 'reader-lost';
}

/** The port is there, but the chip behind it does not answer, or nothing that makes sense. */
export class ReaderSilentError extends HardwareError {
  readonly code = 'reader-silent';
}

/** The reader's chip refused a command, or switched its antenna off (too hot, too much current). */
export class ReaderFailedError extends HardwareError {
  readonly code = 'reader-failed';
}

/** The reader was closed by this program while something waited for it. */
export class ReaderClosedError extends HardwareError {
  readonly code = 'reader-closed';
}

/** A `--reader` that names no reader. */
export class ReaderPathError extends HardwareError {
  readonly code = 'reader-path';
}
