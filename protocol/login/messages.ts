import { concat, fromNfc, isZero, Reader, u8, u16, utf8, wipe } from '../bytes.ts';
import { ELEMENT_LENGTH, LABEL, SUITE, UID_LENGTH } from '../constants.ts';
import { MalformedError, UnsupportedError } from '../errors.ts';
import { decodeBody, encodeBody, type FrameType } from '../frames.ts';

/** The hub's answer to a LOGIN, the first that applies (PROTOCOL 2.5, handshake, 2). */
export const STATUS = {
  goOn: 0,
  unknown: 1,
  revoked: 2,
  locked: 3,
  superseded: 4,
  notHeard: 5,
} as const;
export type Status = (typeof STATUS)[keyof typeof STATUS];
export type Refusal = Exclude<Status, typeof STATUS.goOn>;

const MAX_TERMINAL_ID = 32;

/** Lengths of the three handshake messages of `cardea-1`, in bytes. */
export const MESSAGE_LENGTH = { login: 98, challenge: 82, proofMin: 64, proofMax: 96 } as const;

/** Binds the handshake to this hub's fresh HELLO; `hello` is its whole body. */
export function loginPrologue(hello: Uint8Array): Uint8Array {
  return concat(utf8(LABEL.suite), hello);
}

/** LOGIN, CHALLENGE and PROOF alike: type, suite, the suite's message. */
export function encodeLoginBody(type: FrameType, message: Uint8Array): Uint8Array {
  return encodeBody(type, concat(u8(SUITE.cardea1), message));
}

/** The suite's message. @throws MalformedError, UnsupportedError for another suite */
export function decodeLoginBody(
  type: FrameType,
  body: Uint8Array,
  { min, max }: { readonly min: number; readonly max: number },
): Uint8Array {
  const reader = new Reader(decodeBody(type, body));
  const suite = reader.u8();
  if (suite !== SUITE.cardea1) throw new UnsupportedError(`suite ${suite} in a login under ${SUITE.cardea1}`);
  if (reader.remaining < min || reader.remaining > max) {
    throw new MalformedError(`a message of ${reader.remaining} bytes where ${min} to ${max} were due`);
  }
  return reader.rest();
}

/** What `use` makes of bytes that are wiped when it is done, or has failed. */
export function consume<T>(bytes: Uint8Array, use: (bytes: Uint8Array) => T): T {
  try {
    return use(bytes);
  } finally {
    wipe(bytes);
  }
}

/** Payload 1. */
export interface LoginRequest {
  /** 16 bytes. */
  readonly uid: Uint8Array;
  readonly pinVersion: number;
  /** The blinded PIN, 32 bytes; all zeros on the recovery path, which asks for no evaluation. */
  readonly blinded: Uint8Array;
}

/** @throws MalformedError when a field has the wrong length */
export function encodeLoginRequest({ uid, pinVersion, blinded }: LoginRequest): Uint8Array {
  if (uid.length !== UID_LENGTH) throw new MalformedError('a UID is 16 bytes');
  if (blinded.length !== ELEMENT_LENGTH) throw new MalformedError('a blinded PIN is 32 bytes');
  return concat(uid, u16(pinVersion), blinded);
}

/** @throws MalformedError; whether `blinded` is an element is not looked at */
export function decodeLoginRequest(payload: Uint8Array): LoginRequest {
  const reader = new Reader(payload);
  const request = {
    uid: reader.bytes(UID_LENGTH),
    pinVersion: reader.u16(),
    blinded: reader.bytes(ELEMENT_LENGTH),
  };
  reader.end();
  return request;
}

/** Payload 2. */
export interface Challenge {
  readonly status: Status;
  /** What is left after this try; 0 where nothing was evaluated. */
  readonly attemptsLeft: number;
  /** 32 bytes; all zeros where nothing was evaluated. */
  readonly evaluated: Uint8Array;
}

/** Of a refusal, and on the recovery path. */
export const NO_EVALUATION = { attemptsLeft: 0, evaluated: new Uint8Array(ELEMENT_LENGTH) } as const;

/** @throws MalformedError when `evaluated` is not 32 bytes */
export function encodeChallenge({ status, attemptsLeft, evaluated }: Challenge): Uint8Array {
  if (evaluated.length !== ELEMENT_LENGTH) throw new MalformedError('an evaluated PIN is 32 bytes');
  return concat(u8(status), u8(attemptsLeft), evaluated);
}

/** @throws MalformedError, also for a status that is not known and for a refusal that carries anything else */
export function decodeChallenge(payload: Uint8Array): Challenge {
  const reader = new Reader(payload);
  const status = reader.u8();
  const challenge = { attemptsLeft: reader.u8(), evaluated: reader.bytes(ELEMENT_LENGTH) };
  reader.end();
  if (!isStatus(status)) throw new MalformedError(`status ${status} is not known`);
  if (status !== STATUS.goOn && !isNoEvaluation(challenge)) {
    throw new MalformedError('a refusal that carries an evaluation');
  }
  return { status, ...challenge };
}

export function isNoEvaluation({ attemptsLeft, evaluated }: Omit<Challenge, 'status'>): boolean {
  return attemptsLeft === 0 && isZero(evaluated);
}

function isStatus(status: number): status is Status {
  return Object.values<number>(STATUS).includes(status);
}

/** Payload 3: the terminal's id. @throws MalformedError above 32 bytes */
export function encodeTerminalId(terminalId: string): Uint8Array {
  const bytes = utf8(terminalId);
  if (bytes.length > MAX_TERMINAL_ID) throw new MalformedError('a terminal id is at most 32 bytes');
  return bytes;
}

/** @throws MalformedError */
export function decodeTerminalId(payload: Uint8Array): string {
  if (payload.length > MAX_TERMINAL_ID) throw new MalformedError('a terminal id is at most 32 bytes');
  return fromNfc(payload);
}
