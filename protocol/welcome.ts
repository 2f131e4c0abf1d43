import { concat, fromNfc, Reader, u8, u32, utf8 } from './bytes.ts';
import { MalformedError } from './errors.ts';

const SESSION_ID_LENGTH = 16;

/** The hub's first transport message (PROTOCOL 2.5, `0x05`). */
export interface Welcome {
  /** 16 random bytes. */
  readonly sessionId: Uint8Array;
  /** Seconds that the session lasts, from the sending of this. */
  readonly validitySeconds: number;
  /** Wrong tries at this hub since the last right login, 0 to 255: for the patient to see. */
  readonly failed: number;
  /** Where the hub is: its certificate's L. */
  readonly location: string;
}

/** The plaintext of a WELCOME. @throws MalformedError when `sessionId` is not 16 bytes */
export function encodeWelcome({ sessionId, validitySeconds, failed, location }: Welcome): Uint8Array {
  if (sessionId.length !== SESSION_ID_LENGTH) throw new MalformedError('a session id is 16 bytes');
  return concat(sessionId, u32(validitySeconds), u8(failed), utf8(location));
}

/** @throws MalformedError */
export function decodeWelcome(plaintext: Uint8Array): Welcome {
  const reader = new Reader(plaintext);
  return {
    sessionId: reader.bytes(SESSION_ID_LENGTH),
    validitySeconds: reader.u32(),
    failed: reader.u8(),
    location: fromNfc(reader.rest()),
  };
}
