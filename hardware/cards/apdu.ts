import { CardLockedError, CardUnreadableError, HardwareError } from '../errors.ts';
import { ExchangeError } from '../pn532/field.ts';
import type { CardLink } from './link.ts';

/** A short command APDU (ISO 7816-4, HARDWARE 5). */
export interface Apdu {
  readonly ins: number;
  readonly p1: number;
  readonly p2: number;
  /** At most 255 bytes. */
  readonly data?: Uint8Array;
  /** Bytes expected, 1 to 256. */
  readonly expected?: number;
  /** May be sent again when its fate is unknown. */
  readonly repeatable: boolean;
}

/** A card answered with a status word that is no success. */
export class StatusWordError extends HardwareError {
  readonly code = 'card-refused';
  readonly statusWord: number;

  constructor(statusWord: number) {
    super(`the card refused (${statusWord.toString(16).padStart(4, '0')})`);
    this.statusWord = statusWord;
  }
}

export const SW = {
  ok: 0x9000,
  memoryFailure: 0x6581,
  notAuthorised: 0x6982,
  blocked: 0x6983,
  conditions: 0x6985,
  functionUnsupported: 0x6a81,
  fileNotFound: 0x6a82,
  instructionUnsupported: 0x6d00,
  classUnsupported: 0x6e00,
} as const;

const GET_RESPONSE = 0xc0;
/** A short APDU's answer is 256 bytes; a card that has more to say each time means no good. */
const MAX_ROUNDS = 8;

/**
 * Sends a command, fetches what the card holds back (`61xx`), and repeats it with the length the card wants
 * (`6Cxx`).
 *
 * @throws StatusWordError, ExchangeError, CardUnreadableError for an answer that is none
 */
export async function transmit(link: CardLink, apdu: Apdu): Promise<Uint8Array> {
  const data: number[] = [];
  let next = apdu;
  for (let round = 0; round < MAX_ROUNDS; round++) {
    const answer = await link.exchange(encode(next), { repeatable: next.repeatable, slow: true });
    const [sw1, sw2] = answer.subarray(-2);
    if (sw1 === undefined || sw2 === undefined) throw senseless();
    if (sw1 === 0x6c && next.expected !== lengthOf(sw2)) {
      next = { ...next, expected: lengthOf(sw2) };
      continue;
    }
    data.push(...answer.subarray(0, -2));
    if (sw1 === 0x61) {
      // What was fetched is gone from the card: asking twice would lose a part.
      next = { ins: GET_RESPONSE, p1: 0, p2: 0, expected: lengthOf(sw2), repeatable: false };
      continue;
    }
    const statusWord = sw1 * 256 + sw2;
    if (statusWord !== SW.ok) throw new StatusWordError(statusWord);
    return Uint8Array.from(data);
  }
  throw senseless();
}

/** In an APDU and in status words 00 means 256. */
function lengthOf(byte: number): number {
  return byte === 0 ? 256 : byte;
}

function encode({ ins, p1, p2, data, expected }: Apdu): Uint8Array {
  const body = data === undefined ? [] : [data.length, ...data];
  const le = expected === undefined ? [] : [expected & 0xff];
  return Uint8Array.of(0x00, ins, p1, p2, ...body, ...le);
}

export function senseless(): CardUnreadableError {
  return new CardUnreadableError('the card answers in a way that makes no sense: use another card');
}

/** What a status word means for whoever holds the card. */
export function refusal(error: StatusWordError): HardwareError {
  switch (error.statusWord) {
    case SW.notAuthorised:
    case SW.blocked:
    case SW.conditions:
      return new CardLockedError('the card is locked: use another card', { cause: error });
    case SW.memoryFailure:
      return new CardUnreadableError("the card's memory fails: use another card", { cause: error });
    default:
      return new CardUnreadableError(
        `the card refused what was asked of it (${error.statusWord.toString(16)}): use another card`,
        { cause: error },
      );
  }
}

/** True where the card may have done what it refused to confirm. */
export function isUncertain(error: unknown): boolean {
  if (error instanceof ExchangeError) return true;
  return error instanceof StatusWordError && error.statusWord === SW.memoryFailure;
}
