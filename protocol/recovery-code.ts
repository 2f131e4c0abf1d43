import { type Random, utf8, wipe } from './bytes.ts';
import { ProtocolError } from './errors.ts';

/** What was entered cannot be a recovery code; nothing was tried with it. */
export class RecoveryCodeFormatError extends ProtocolError {
  readonly code = 'recovery-code-format';

  constructor() {
    super('a recovery code has 20 letters and digits, and no U among them');
  }
}

const LENGTH = 20;
/** Crockford's base32: no I, L, O, U. */
const ALPHABET = '0123456789ABCDEFGHJKMNPQRSTVWXYZ';
const CODE = new RegExp(`^[${ALPHABET}]{${LENGTH}}$`);
/** What people read for the digits 1 and 0. */
const MISREAD: Readonly<Record<string, string>> = { I: '1', L: '1', O: '0' };

/** A new code: 100 random bits as 20 ASCII characters, the `code` of PROTOCOL 2.3. */
export function makeRecoveryCode(random: Random): Uint8Array {
  const bytes = random(LENGTH);
  // 256 is a multiple of 32, so each character is as likely as any other.
  const code = bytes.map((byte) => ALPHABET.charCodeAt(byte % ALPHABET.length));
  wipe(bytes);
  return code;
}

/**
 * `code` from what somebody entered: letters in either case, spaces and hyphens anywhere, I and L for 1,
 * O for 0 (PROTOCOL 2.3).
 * @throws RecoveryCodeFormatError for anything else, a U among it.
 */
export function parseRecoveryCode(text: string): Uint8Array {
  // Only ASCII is folded: toUpperCase alone would make an S of ſ and two of ß.
  const code = text
    .replace(/[ -]/g, '')
    .replace(/[a-z]/g, (letter) => letter.toUpperCase())
    .replace(/[ILO]/g, (letter) => MISREAD[letter] ?? letter);
  if (!CODE.test(code)) throw new RecoveryCodeFormatError();
  return utf8(code);
}

/** The code as it is shown, once: four groups of five with hyphens between them. */
export function formatRecoveryCode(code: Uint8Array): string {
  return String.fromCharCode(...code).replace(/.{5}(?=.)/g, '$&-');
}
