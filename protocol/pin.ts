import { utf8 } from './bytes.ts';
import { ProtocolError } from './errors.ts';

/** What was entered cannot be a PIN; nothing was tried with it. */
export class PinFormatError extends ProtocolError {
  readonly code = 'pin-format';

  constructor() {
    super('a PIN is 6 to 12 digits, or 8 to 64 characters of which at least one is no digit');
  }
}

const DIGITS = /^[0-9]+$/;
const LONE_SURROGATE = /\p{Surrogate}/u;

/**
 * The bytes of a PIN as they go into the OPRF: UTF-8 of its NFC, never trimmed (PROTOCOL 2.3).
 * @throws PinFormatError unless it is 6 to 12 ASCII digits, or a passphrase of 8 to 64 code points.
 */
export function parsePin(text: string): Uint8Array {
  const pin = text.normalize('NFC');
  const length = [...pin].length;
  const [shortest, longest] = DIGITS.test(pin) ? [6, 12] : [8, 64];
  // A lone surrogate has no UTF-8: all of them would become the same replacement character.
  if (length < shortest || length > longest || LONE_SURROGATE.test(pin)) throw new PinFormatError();
  return utf8(pin);
}
