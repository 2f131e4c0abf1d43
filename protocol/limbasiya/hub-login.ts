import { wipe } from '../bytes.ts';
import type { Primitives } from '../crypto/primitives.ts';
import { MalformedError, WrongTurnError } from '../errors.ts';
import { FRAME } from '../frames.ts';
import type { Transport } from '../transport.ts';
import { Turns } from '../turns.ts';
import type { ListedHub } from './list.ts';
import { decodeLoginBody, encodeLoginBody, openTransport } from './login-body.ts';
import { decodeLogin, encodeChallenge, type Login, makeChallenge, readLogin } from './service.ts';

type Phase = 'login' | 'answer' | 'proof' | 'done';

export interface LimbasiyaHubLoginOptions {
  /** The HELLO's whole body, as it was sent on this connection. */
  readonly hello: Uint8Array;
  /** What the hub is in the lists. It is used in place, never copied or wiped. */
  readonly hub: Omit<ListedHub, 'address'>;
}

interface Received {
  readonly login: Login;
  readonly body: Uint8Array;
  readonly UID: Uint8Array;
  readonly T2: number;
}

/**
 * The hub's side of one `limbasiya-2021` login: `readLogin`, `challenge`, `readProof`, in this order
 * (PROTOCOL 1.2, 2.5). Any failure is final and wipes what the object holds; a step out of turn throws
 * WrongTurnError.
 */
export class LimbasiyaHubLogin {
  readonly #p: Primitives;
  readonly #hello: Uint8Array;
  readonly #hub: Omit<ListedHub, 'address'>;
  readonly #turns = new Turns<Phase>('login', () => this.#clear());
  #received: Received | undefined;
  #session: Transport | undefined;

  constructor(p: Primitives, { hello, hub }: LimbasiyaHubLoginOptions) {
    this.#p = p;
    this.#hello = hello.slice();
    this.#hub = hub;
  }

  /**
   * The `UID` to look up, which nothing vouches for yet. `now` is the hub's time in milliseconds.
   * @throws ClockError, which is ERROR 8 with that time; MalformedError; UnsupportedError
   */
  readLogin(body: Uint8Array, now: number): Uint8Array {
    return this.#turns.take('login', 'answer', () => {
      const login = decodeLogin(decodeLoginBody(FRAME.login, body));
      const { UID, T2 } = readLogin(this.#p, this.#hub, login, now);
      this.#received = { login, body: body.slice(), UID, T2 };
      return UID.slice();
    });
  }

  /**
   * The CHALLENGE body, with the `C` of that `UID`; `VT` in seconds.
   * @throws AuthenticationError when `beta` is not that card's
   */
  challenge({ C, VT }: { readonly C: Uint8Array; readonly VT: number }): Uint8Array {
    return this.#turns.take('answer', 'proof', () => {
      if (this.#received === undefined) throw new WrongTurnError('no login was received');
      const { login, body: loginBody, UID, T2 } = this.#received;
      const { challenge, agreement } = makeChallenge(this.#p, this.#hub, { UID, C }, login, { T2, VT });
      const body = encodeLoginBody(FRAME.challenge, encodeChallenge(challenge));
      const transcript = { hello: this.#hello, login: loginBody, challenge: body };
      this.#session = openTransport(this.#p, 'hub', agreement.SK, transcript);
      wipe(UID);
      return body;
    });
  }

  /**
   * The card has proved itself. The session is the caller's from here on, and its first message is the
   * WELCOME.
   * @throws AuthenticationError, MalformedError, UnsupportedError
   */
  readProof(body: Uint8Array): Transport {
    return this.#turns.take('proof', 'done', () => {
      const session = this.#session;
      if (session === undefined) throw new WrongTurnError('there is no session yet');
      if (session.open(decodeLoginBody(FRAME.proof, body)).length > 0) {
        throw new MalformedError('a proof says nothing');
      }
      this.#session = undefined;
      return session;
    });
  }

  /** Ends the login and wipes what it holds; a session that was handed over stays. */
  wipe(): void {
    this.#turns.end();
  }

  #clear(): void {
    wipe(this.#received?.UID);
    this.#session?.wipe();
    this.#session = undefined;
  }
}
