import { utf8 } from '../bytes.ts';
import { ProtocolError } from '../errors.ts';

/** What was entered is no identity or no password; nothing was tried with it. */
export class CredentialsFormatError extends ProtocolError {
  readonly code = 'credentials-format';
}

/** What a patient of this suite enters, as bytes. The caller wipes them. */
export interface Credentials {
  readonly ID: Uint8Array;
  readonly PW: Uint8Array;
}

const LONE_SURROGATE = /\p{Surrogate}/u;

/** UTF-8 of NFC, never trimmed. @throws CredentialsFormatError when one of them is empty or no text. */
export function parseCredentials(identity: string, password: string): Credentials {
  return { ID: parse('identity', identity), PW: parsePassword(password) };
}

/** A new password alone. @throws CredentialsFormatError when it is empty or no text. */
export function parsePassword(password: string): Uint8Array {
  return parse('password', password);
}

function parse(name: string, text: string): Uint8Array {
  if (text === '') throw new CredentialsFormatError(`the ${name} is empty`);
  if (LONE_SURROGATE.test(text)) throw new CredentialsFormatError(`the ${name} is no text`);
  return utf8(text);
}
