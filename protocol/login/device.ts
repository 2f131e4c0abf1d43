import { equalConstantTime, isZero, type Random, wipe } from '../bytes.ts';
import type { Primitives } from '../crypto/primitives.ts';
import { MalformedError, WrongTurnError } from '../errors.ts';
import { decodeBody, FRAME } from '../frames.ts';
import { derivePsk, type KeyPair } from '../keys.ts';
import { HandshakeState } from '../noise/handshake-state.ts';
import { XKpsk3 } from '../noise/patterns.ts';
import { Transport } from '../transport.ts';
import { Turns } from '../turns.ts';
import { decodeWelcome, type Welcome } from '../welcome.ts';
import {
  type Challenge,
  consume,
  decodeChallenge,
  decodeLoginBody,
  encodeLoginBody,
  encodeLoginRequest,
  encodeTerminalId,
  isNoEvaluation,
  type LoginRequest,
  loginPrologue,
  MESSAGE_LENGTH,
  STATUS,
} from './messages.ts';

type Phase = 'login' | 'challenge' | 'proof' | 'welcome' | 'done';

export interface DeviceLoginOptions {
  /** The HELLO's whole body, as it came. */
  readonly hello: Uint8Array;
  /** Id and static key from the hub's certificate, which has been verified (PROTOCOL 2.5). */
  readonly hubId: string;
  readonly hubStatic: Uint8Array;
  readonly random: Random;
}

/** What opening the card gave (PROTOCOL 2.5, handshake, 3). It stays the caller's, to be wiped by the caller. */
export interface Proof {
  /** `cs`, on the recovery path `rs`. */
  readonly cardKey: KeyPair;
  /** 32 bytes. */
  readonly usk: Uint8Array;
  /** 0 to 32 bytes of UTF-8. */
  readonly terminalId: string;
}

/**
 * The device's side of one `cardea-1` login: `login`, `readChallenge`, `prove`, `readWelcome`, in this
 * order. Any failure is final and wipes what the object holds; a step out of turn throws WrongTurnError.
 */
export class DeviceLogin {
  readonly #p: Primitives;
  readonly #hubId: string;
  readonly #handshake: HandshakeState;
  readonly #turns = new Turns<Phase>('login', () => this.#clear());
  #blinded: Uint8Array | undefined;
  #session: Transport | undefined;

  /** @throws MalformedError when `hubStatic` is not 32 bytes */
  constructor(p: Primitives, { hello, hubId, hubStatic, random }: DeviceLoginOptions) {
    this.#p = p;
    this.#hubId = hubId;
    const prologue = loginPrologue(hello);
    this.#handshake = new HandshakeState(p, {
      pattern: XKpsk3,
      role: 'initiator',
      prologue,
      rs: hubStatic,
      random,
    });
  }

  /** The LOGIN body. @throws MalformedError */
  login(request: LoginRequest): Uint8Array {
    return this.#turns.take('login', 'challenge', () => {
      this.#blinded = request.blinded.slice();
      const message = consume(encodeLoginRequest(request), (payload) =>
        this.#handshake.writeMessage(payload),
      );
      return encodeLoginBody(FRAME.login, message);
    });
  }

  /**
   * What the hub answered. With a status other than `STATUS.goOn` the login is over.
   * @throws MalformedError, also for an `evaluated` that could tell of the PIN; AuthenticationError
   */
  readChallenge(body: Uint8Array): Challenge {
    const challenge = this.#turns.take('challenge', 'proof', () => {
      const { challenge: length } = MESSAGE_LENGTH;
      const message = decodeLoginBody(FRAME.challenge, body, { min: length, max: length });
      const decoded = consume(this.#handshake.readMessage(message), decodeChallenge);
      this.#checkEvaluation(decoded);
      return decoded;
    });
    if (challenge.status !== STATUS.goOn) this.wipe();
    return challenge;
  }

  /** The PROOF body. @throws MalformedError when the terminal id is too long; AuthenticationError */
  prove({ cardKey, usk, terminalId }: Proof): Uint8Array {
    return this.#turns.take('proof', 'welcome', () => {
      this.#handshake.provideStatic(cardKey);
      const message = consume(derivePsk(this.#p, usk, this.#hubId), (psk) => {
        this.#handshake.providePsk(psk);
        return this.#handshake.writeMessage(encodeTerminalId(terminalId));
      });
      const { ciphers, handshakeHash } = this.#handshake.split();
      const [deviceToHub, hubToDevice] = ciphers;
      this.#session = new Transport('device', { deviceToHub, hubToDevice }, handshakeHash);
      return encodeLoginBody(FRAME.proof, message);
    });
  }

  /** The session is the caller's from here on. @throws MalformedError, AuthenticationError */
  readWelcome(body: Uint8Array): { readonly welcome: Welcome; readonly session: Transport } {
    return this.#turns.take('welcome', 'done', () => {
      const session = this.#session;
      if (session === undefined) throw new WrongTurnError('there is no session yet');
      const welcome = decodeWelcome(session.open(decodeBody(FRAME.welcome, body)));
      this.#session = undefined;
      return { welcome, session };
    });
  }

  /** Ends the login and wipes what it holds; a session that was handed over stays. */
  wipe(): void {
    this.#turns.end();
  }

  #checkEvaluation({ status, attemptsLeft, evaluated }: Challenge): void {
    const blinded = this.#blinded ?? new Uint8Array(0);
    if (status !== STATUS.goOn) return;
    if (isZero(blinded)) {
      if (!isNoEvaluation({ attemptsLeft, evaluated })) {
        throw new MalformedError('an evaluation that was not asked for');
      }
    } else if (!this.#p.isElement(evaluated) || equalConstantTime(evaluated, blinded)) {
      throw new MalformedError('the evaluated PIN is no element, or the blinded one itself');
    }
  }

  #clear(): void {
    this.#handshake.wipe();
    this.#session?.wipe();
    this.#session = undefined;
    wipe(this.#blinded);
  }
}
