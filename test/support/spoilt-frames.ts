import { concat, u8, u16, utf8 } from '../../protocol/bytes.ts';
import { encodeBody, encodeFrame, FRAME } from '../../protocol/frames.ts';
import type { Transport } from '../../protocol/transport.ts';
import { encodeWireError, WIRE_ERROR } from '../../protocol/wire-error.ts';
import type { SeededRandom } from '../soak/seeded-random.ts';

/** A session at a device, as far as somebody spoils it. */
export interface OpenSession {
  readonly transport: Transport;
  /** The body of the last DATA that the hub sent. */
  readonly lastAnswer: Uint8Array;
  /** The body of the last DATA that was sent to it, and answered. */
  readonly lastRequest: Uint8Array;
}

/** Bytes that are sent in a session, and how it must end (PROTOCOL 2.5). */
export interface SpoiltFrame {
  readonly bytes: Uint8Array;
  /** The code of the ERROR before the hub closes; null: it closes without a word. */
  readonly ends: number | null;
  /** The device hangs up after it. */
  readonly hangsUp?: true;
}

const REQUEST = utf8('{"id":1,"method":"session.info","params":{}}');
const TAG_LENGTH = 16;

/** What is no DATA that the session's keys sealed for this moment. */
export const SPOILT_FRAMES: Readonly<
  Record<string, (session: OpenSession, random: SeededRandom) => SpoiltFrame>
> = {
  'a bit flipped': ({ transport }, random) => {
    const sealed = transport.seal(REQUEST);
    const at = random.between(0, sealed.length - 1);
    sealed[at] = (sealed[at] ?? 0) ^ (1 << random.between(0, 7));
    return notAuthenticated(sealed);
  },
  'a nonce left out': ({ transport }) => {
    transport.seal(REQUEST);
    return notAuthenticated(transport.seal(REQUEST));
  },
  'the last request, repeated': ({ lastRequest }) => forged(lastRequest),
  "the hub's own answer, sent back": ({ lastAnswer }) => forged(lastAnswer),
  'a request that is cut': ({ transport }, random) => {
    const sealed = transport.seal(REQUEST);
    return notAuthenticated(sealed.subarray(0, random.between(TAG_LENGTH, sealed.length - 1)));
  },
  'less than a tag': (_, random) => notAuthenticated(draw(random, random.between(0, TAG_LENGTH - 1))),
  'a request with more behind it': ({ transport }, random) =>
    notAuthenticated(concat(transport.seal(REQUEST), draw(random, random.between(1, 2_000)))),
  'the longest frame there is, of random bytes': (_, random) => notAuthenticated(draw(random, 65_534)),
  'a request in the clear': () => notAuthenticated(REQUEST),
  'a WELCOME sealed by the device': ({ transport }) => outOfTurn(FRAME.welcome, transport.seal(REQUEST)),
  'a HELLO': (_, random) => outOfTurn(FRAME.hello, draw(random, 200)),
  'another LOGIN': (_, random) => outOfTurn(FRAME.login, concat(u8(2), draw(random, 98))),
  'a CHALLENGE': (_, random) => outOfTurn(FRAME.challenge, concat(u8(2), draw(random, 82))),
  'another PROOF': (_, random) => outOfTurn(FRAME.proof, concat(u8(2), draw(random, 70))),
  'a type that is not known': (_, random) => ({
    bytes: encodeFrame(concat(u8(random.between(7, 255)), draw(random, 40))),
    ends: WIRE_ERROR.malformed,
  }),
  'a frame of no bytes': () => ({ bytes: u16(0), ends: WIRE_ERROR.malformed }),
  'requests without waiting for answers': ({ transport }) => {
    const frames = Array.from({ length: 6 }, () => dataFrame(transport.seal(REQUEST)));
    return { bytes: concat(...frames), ends: WIRE_ERROR.malformed };
  },
  'an ERROR of its own': (_, random) => ({
    bytes: encodeFrame(encodeWireError(random.between(0, 255), 'the device gives up')),
    ends: null,
  }),
  'half a frame': (_, random) => ({
    bytes: concat(u16(random.between(100, 65_535)), u8(FRAME.data), draw(random, 20)),
    ends: null,
    hangsUp: true,
  }),
};

function notAuthenticated(sealed: Uint8Array): SpoiltFrame {
  return { bytes: dataFrame(sealed), ends: WIRE_ERROR.notAuthenticated };
}

/** A body that was sent before. */
function forged(body: Uint8Array): SpoiltFrame {
  return { bytes: encodeFrame(body), ends: WIRE_ERROR.notAuthenticated };
}

function outOfTurn(type: (typeof FRAME)[keyof typeof FRAME], rest: Uint8Array): SpoiltFrame {
  return { bytes: encodeFrame(encodeBody(type, rest)), ends: WIRE_ERROR.malformed };
}

function dataFrame(sealed: Uint8Array): Uint8Array {
  return encodeFrame(encodeBody(FRAME.data, sealed));
}

function draw(random: SeededRandom, length: number): Uint8Array {
  return Uint8Array.from({ length }, () => random.between(0, 255));
}
