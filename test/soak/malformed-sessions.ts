import { toHex, utf8 } from '../../protocol/bytes.ts';
import { decodeBody, encodeBody, encodeFrame, FRAME } from '../../protocol/frames.ts';
import type { Transport } from '../../protocol/transport.ts';
import { WIRE_ERROR } from '../../protocol/wire-error.ts';
import { HubSaidError, type TestDevice } from '../hub/test-device.ts';
import { ANSWERED, type Draw, NO_REQUESTS, type SpoiltRequest, shown } from '../support/malformed-data.ts';
import { type OpenSession, SPOILT_FRAMES, type SpoiltFrame } from '../support/spoilt-frames.ts';
import type { SeededRandom } from './seeded-random.ts';

/** A hub that says nothing for so long has stopped. */
const PATIENCE_MS = 60_000;
/** A witness leaves before VT ends the session, s. */
const WITNESS_LEAVES_S = 120;
/** What the ERROR before a close says, by its code: nothing of what was wrong. */
const WORDS: Readonly<Record<number, readonly string[]>> = {
  [WIRE_ERROR.malformed]: ['malformed', 'out of turn'],
  [WIRE_ERROR.notAuthenticated]: ['not authenticated'],
};

/** A hub did not do with what came in a session as PROTOCOL 2.5 says. */
export class SessionFoundError extends Error {}

/** A way to end a session, by its name. */
export type Ending = readonly [
  what: string,
  make: (session: OpenSession, random: SeededRandom) => SpoiltFrame,
];

/** All that ends a session. */
export const ENDINGS: readonly Ending[] = [
  ...Object.entries(NO_REQUESTS).map(([what, draw]): Ending => [`DATA: ${what}`, sealing(draw)]),
  ...Object.entries(SPOILT_FRAMES),
];

/** All that is answered, and ends no session. */
export const REFUSALS: readonly (readonly [what: string, draw: Draw<SpoiltRequest>])[] =
  Object.entries(ANSWERED);

/** A session of somebody who holds its keys, and sends in it what no device would. */
export class MalformedSession {
  readonly #device: TestDevice;
  readonly #random: SeededRandom;
  readonly #transport: Transport;
  #lastRequest: Uint8Array = new Uint8Array(0);
  #lastAnswer: Uint8Array = new Uint8Array(0);
  #id = 0;

  private constructor(device: TestDevice, transport: Transport, random: SeededRandom) {
    this.#device = device;
    this.#transport = transport;
    this.#random = random;
  }

  /** @param device just welcomed @throws SessionFoundError where the patient has records, who never left any */
  static async begin(device: TestDevice, random: SeededRandom): Promise<MalformedSession> {
    const { transport } = device;
    if (transport === undefined) throw new TypeError('the device is in no session');
    const session = new MalformedSession(device, transport, random);
    const { result } = await session.#ask(utf8('{"id":0,"method":"patient.summary","params":{}}'));
    const kinds = isSummary(result)
      ? result.entry.map(({ resource }) => resource.resourceType)
      : ['no summary'];
    if (kinds.join() !== 'Patient') {
      throw new SessionFoundError(`a patient who left nothing has records: ${kinds.join()}`);
    }
    return session;
  }

  /** Sends what is answered. @throws SessionFoundError where it is not, or otherwise than it should be */
  async refuse(what: string, draw: Draw<SpoiltRequest>): Promise<void> {
    const id = this.#nextId();
    const { plaintext, answered } = draw(this.#random, id);
    const answer = await this.#ask(plaintext, what);
    const code = answer.error?.code ?? (answer.result === undefined ? 'nothing' : 'result');
    if (answer.id !== id || code !== answered) {
      const should = `request ${id} should be answered with ${answered}`;
      throw new SessionFoundError(
        `${what}: ${should}, and request ${String(answer.id)} was with ${String(code)}: ${shown(plaintext)}`,
      );
    }
  }

  /** Sends what ends the session. @throws SessionFoundError where it does not, or otherwise than it should */
  async end([what, make]: Ending): Promise<void> {
    const session = {
      transport: this.#transport,
      lastRequest: this.#lastRequest,
      lastAnswer: this.#lastAnswer,
    };
    const { bytes, ends, hangsUp } = make(session, this.#random);
    this.#device.sendRaw(bytes);
    if (hangsUp) this.#device.stream.end();
    const how = await withinPatience(what, howItEnds(what, this.#device));
    const isAsItShould =
      ends === null ? how === null : how?.code === ends && WORDS[ends]?.includes(how.words);
    if (!isAsItShould) {
      const should = ends === null ? 'without a word' : `with ERROR ${ends}`;
      const did = how === null ? 'without a word' : `with ERROR ${how.code}: ${how.words}`;
      throw new SessionFoundError(
        `${what}: the session should end ${should}, and ended ${did}: ${shown(bytes)}`,
      );
    }
    await withinPatience(what, this.#device.untilClosed());
    this.#transport.wipe();
  }

  /** The next; or one that was there before, or stands at an end: they are the device's, and mean nothing to a hub. */
  #nextId(): number {
    this.#id += 1;
    return this.#random.oneOf([this.#id, this.#id, this.#id, this.#id - 1, 0, Number.MAX_SAFE_INTEGER]);
  }

  async #ask(plaintext: Uint8Array, what = 'a request'): Promise<Answer> {
    const body = encodeBody(FRAME.data, this.#transport.seal(plaintext));
    this.#device.send(body);
    const answer = await withinPatience(what, this.#device.receive()).catch((cause: unknown) => {
      throw new SessionFoundError(`${what} was not answered: ${String(cause)}: ${shown(plaintext)}`, {
        cause,
      });
    });
    this.#lastRequest = body;
    this.#lastAnswer = answer.slice();
    return JSON.parse(Buffer.from(this.#transport.open(decodeBody(FRAME.data, answer))).toString()) as Answer;
  }
}

/** A patient who is served beside all that, and must notice nothing of it. */
export class Witness {
  readonly #logIn: () => Promise<TestDevice>;
  #device: TestDevice | undefined;
  #session = '';

  constructor(logIn: () => Promise<TestDevice>) {
    this.#logIn = logIn;
  }

  /** Asks for something in the session, which is the same as ever. @throws SessionFoundError */
  async look(): Promise<void> {
    try {
      this.#device ??= await this.#logIn();
      const info = await withinPatience('a witness', this.#device.call('session.info', {}));
      if (this.#session !== '' && info.sessionId !== this.#session) throw new Error('it is another session');
      this.#session = info.sessionId;
      if (info.expiresInSeconds < WITNESS_LEAVES_S) await this.leave();
    } catch (cause) {
      throw new SessionFoundError(`somebody else's session was disturbed: ${String(cause)}`, { cause });
    }
  }

  async leave(): Promise<void> {
    await this.#device?.call('session.close', {});
    await this.#device?.untilClosed();
    this.#device = undefined;
    this.#session = '';
  }
}

interface Answer {
  readonly id?: unknown;
  readonly result?: unknown;
  readonly error?: { readonly code?: unknown };
}

interface Summary {
  readonly entry: readonly { readonly resource: { readonly resourceType: string } }[];
}

function isSummary(result: unknown): result is Summary {
  return typeof result === 'object' && result !== null && 'entry' in result;
}

function sealing(draw: Draw<Uint8Array>) {
  return ({ transport }: OpenSession, random: SeededRandom): SpoiltFrame => ({
    bytes: encodeFrame(encodeBody(FRAME.data, transport.seal(draw(random, random.between(0, 1_000))))),
    ends: WIRE_ERROR.malformed,
  });
}

/** Null where the hub closes without a word. */
async function howItEnds(
  what: string,
  device: TestDevice,
): Promise<{ readonly code: number; readonly words: string } | null> {
  try {
    const body = await device.receive();
    throw new SessionFoundError(`${what}: it was answered: ${toHex(body.subarray(0, 40))}`);
  } catch (cause) {
    if (cause instanceof HubSaidError) return { code: cause.code, words: cause.words };
    if (cause instanceof SessionFoundError) throw cause;
    return null;
  }
}

async function withinPatience<T>(what: string, promise: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const silence = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new SessionFoundError(`${what}: the hub kept silent`)), PATIENCE_MS);
  });
  try {
    return await Promise.race([promise, silence]);
  } finally {
    clearTimeout(timer);
  }
}
