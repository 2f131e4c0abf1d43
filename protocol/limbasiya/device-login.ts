import { wipe } from '../bytes.ts';
import type { Primitives } from '../crypto/primitives.ts';
import { WrongTurnError } from '../errors.ts';
import { decodeBody, FRAME } from '../frames.ts';
import type { Transport } from '../transport.ts';
import { Turns } from '../turns.ts';
import { decodeWelcome, type Welcome } from '../welcome.ts';
import type { ListedHub } from './list.ts';
import { decodeLoginBody, encodeLoginBody, openTransport } from './login-body.ts';
import {
  type Agreement,
  type CardIdentity,
  decodeChallenge,
  encodeLogin,
  type Login,
  makeLogin,
  readChallenge,
} from './service.ts';

type Phase = 'login' | 'challenge' | 'proof' | 'welcome' | 'done';

export interface LimbasiyaDeviceLoginOptions {
  /** The HELLO's whole body, as it came. */
  readonly hello: Uint8Array;
  /** `UID` and `C` of the opened card. Copied; the caller's own stay the caller's. */
  readonly card: CardIdentity;
  /** The hub that the patient chose of the card's list. */
  readonly hub: Pick<ListedHub, 'ID' | 'SSK'>;
}

/**
 * The device's side of one `limbasiya-2021` login: `login`, `readChallenge`, `prove`, `readWelcome`, in
 * this order (PROTOCOL 1.2, 2.5). Times are the device's own, in milliseconds. Any failure is final and
 * wipes what the object holds; a step out of turn throws WrongTurnError.
 */
export class LimbasiyaDeviceLogin {
  readonly #p: Primitives;
  readonly #hello: Uint8Array;
  readonly #card: CardIdentity;
  readonly #hub: Pick<ListedHub, 'ID' | 'SSK'>;
  readonly #turns = new Turns<Phase>('login', () => this.#clear());
  #sent: { readonly login: Login; readonly body: Uint8Array } | undefined;
  #session: Transport | undefined;

  constructor(p: Primitives, { hello, card, hub }: LimbasiyaDeviceLoginOptions) {
    this.#p = p;
    this.#hello = hello.slice();
    this.#card = { UID: card.UID.slice(), C: card.C.slice() };
    this.#hub = { ID: hub.ID, SSK: hub.SSK.slice() };
  }

  /** The LOGIN body, at the time `T1`. */
  login(T1: number): Uint8Array {
    return this.#turns.take('login', 'challenge', () => {
      const login = makeLogin(this.#p, this.#card, this.#hub, T1);
      const body = encodeLoginBody(FRAME.login, encodeLogin(login));
      this.#sent = { login, body };
      return body;
    });
  }

  /**
   * What the hub announced, received at the time `T3`.
   * @throws ClockError, AuthenticationError, MalformedError, UnsupportedError
   */
  readChallenge(body: Uint8Array, T3: number): Omit<Agreement, 'SK'> {
    return this.#turns.take('challenge', 'proof', () => {
      const sent = this.#sent;
      if (sent === undefined) throw new WrongTurnError('no login was sent');
      const challenge = decodeChallenge(decodeLoginBody(FRAME.challenge, body));
      const { SK, VT, Loc } = readChallenge(this.#p, this.#card, this.#hub.ID, sent.login, challenge, T3);
      const transcript = { hello: this.#hello, login: sent.body, challenge: body };
      this.#session = openTransport(this.#p, 'device', SK, transcript);
      return { VT, Loc };
    });
  }

  /** The PROOF body: the first transport message, of nothing. */
  prove(): Uint8Array {
    return this.#turns.take('proof', 'welcome', () =>
      encodeLoginBody(FRAME.proof, this.#opened().seal(new Uint8Array(0))),
    );
  }

  /** The session is the caller's from here on. @throws MalformedError, AuthenticationError */
  readWelcome(body: Uint8Array): { readonly welcome: Welcome; readonly session: Transport } {
    return this.#turns.take('welcome', 'done', () => {
      const session = this.#opened();
      const welcome = decodeWelcome(session.open(decodeBody(FRAME.welcome, body)));
      this.#session = undefined;
      this.#clear();
      return { welcome, session };
    });
  }

  /** Ends the login and wipes what it holds; a session that was handed over stays. */
  wipe(): void {
    this.#turns.end();
  }

  #opened(): Transport {
    if (this.#session === undefined) throw new WrongTurnError('there is no session yet');
    return this.#session;
  }

  #clear(): void {
    wipe(this.#card.UID, this.#card.C, this.#hub.SSK);
    this.#session?.wipe();
    this.#session = undefined;
  }
}
