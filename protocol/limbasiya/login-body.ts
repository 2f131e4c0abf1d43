import { concat, Reader, u8, utf8, wipe } from '../bytes.ts';
import { SUITE } from '../constants.ts';
import type { Primitives } from '../crypto/primitives.ts';
import { UnsupportedError } from '../errors.ts';
import { decodeBody, encodeBody, type FrameType } from '../frames.ts';
import { CipherState } from '../noise/cipher-state.ts';
import { Transport } from '../transport.ts';

const TRANSPORT = utf8('limbasiya-2021 transport');
const KEY_LENGTH = 32;

/** LOGIN, CHALLENGE and PROOF alike: type, suite, the suite's message (PROTOCOL 2.5). */
export function encodeLoginBody(type: FrameType, message: Uint8Array): Uint8Array {
  return encodeBody(type, concat(u8(SUITE.limbasiya2021), message));
}

/** The suite's message. @throws MalformedError; UnsupportedError for another suite. */
export function decodeLoginBody(type: FrameType, body: Uint8Array): Uint8Array {
  const reader = new Reader(decodeBody(type, body));
  const suite = reader.u8();
  if (suite !== SUITE.limbasiya2021) {
    throw new UnsupportedError(`suite ${suite} in a login under ${SUITE.limbasiya2021}`);
  }
  return reader.rest();
}

/** The bodies that a login's keys hang on, type bytes included. */
export interface Transcript {
  readonly hello: Uint8Array;
  readonly login: Uint8Array;
  readonly challenge: Uint8Array;
}

/** The channel that `SK` opens (PROTOCOL 2.5, last paragraph). Wipes `SK`. */
export function openTransport(
  p: Primitives,
  role: 'device' | 'hub',
  SK: Uint8Array,
  { hello, login, challenge }: Transcript,
): Transport {
  const transcript = p.sha256(concat(hello, login, challenge));
  const keys = p.hkdf(SK, transcript, TRANSPORT, 2 * KEY_LENGTH);
  const ciphers = {
    deviceToHub: new CipherState(p, keys.slice(0, KEY_LENGTH)),
    hubToDevice: new CipherState(p, keys.slice(KEY_LENGTH)),
  };
  wipe(SK, keys);
  return new Transport(role, ciphers, transcript);
}
