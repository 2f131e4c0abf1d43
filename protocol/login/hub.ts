import { equalConstantTime, isZero, type Random } from '../bytes.ts';
import type { Primitives } from '../crypto/primitives.ts';
import { AuthenticationError, MalformedError } from '../errors.ts';
import { FRAME } from '../frames.ts';
import type { KeyPair } from '../keys.ts';
import { HandshakeState } from '../noise/handshake-state.ts';
import { XKpsk3 } from '../noise/patterns.ts';
import { Transport } from '../transport.ts';
import { Turns } from '../turns.ts';
import {
  type Challenge,
  consume,
  decodeLoginBody,
  decodeLoginRequest,
  decodeTerminalId,
  encodeChallenge,
  encodeLoginBody,
  isNoEvaluation,
  type LoginRequest,
  loginPrologue,
  MESSAGE_LENGTH,
  NO_EVALUATION,
  type Refusal,
  STATUS,
} from './messages.ts';

type Phase = 'login' | 'answer' | 'proof' | 'done' | 'refused';

export interface HubLoginOptions {
  /** The HELLO's whole body, as it was sent on this connection. */
  readonly hello: Uint8Array;
  /** The pair that the certificate in `hello` certifies. It is used in place, never copied or wiped. */
  readonly hubStatic: KeyPair;
  readonly random: Random;
}

export interface ReceivedLogin extends LoginRequest {
  /** The recovery path: `blinded` is all zeros, nothing is to be evaluated. */
  readonly recovery: boolean;
}

/** What the hub holds of the card that logs in; it stays the hub's, to be wiped by the hub. */
export interface ExpectedCard {
  /** `psk_ij`, 32 bytes. */
  readonly psk: Uint8Array;
  /**
   * `CS` of the PIN version that logs in, on the recovery path `RS`. More than one where new PINs are
   * pending under one version: the card carries one of them.
   */
  readonly expectedStatics: readonly Uint8Array[];
}

/**
 * The hub's side of one `cardea-1` login: `readLogin`, then `refuse` or `challenge`, then `readProof`.
 * Any failure is final and wipes what the object holds; a step out of turn throws WrongTurnError.
 */
export class HubLogin {
  readonly #p: Primitives;
  readonly #handshake: HandshakeState;
  readonly #turns = new Turns<Phase>('login', () => this.#handshake.wipe());
  #recovery = false;

  /** @throws MalformedError when the static key is not 32 bytes */
  constructor(p: Primitives, { hello, hubStatic, random }: HubLoginOptions) {
    const prologue = loginPrologue(hello);
    this.#p = p;
    this.#handshake = new HandshakeState(p, {
      pattern: XKpsk3,
      role: 'responder',
      prologue,
      s: hubStatic,
      random,
    });
  }

  /** @throws MalformedError, also for a `blinded` that is no element; UnsupportedError; AuthenticationError */
  readLogin(body: Uint8Array): ReceivedLogin {
    return this.#turns.take('login', 'answer', () => {
      const { login: length } = MESSAGE_LENGTH;
      const message = decodeLoginBody(FRAME.login, body, { min: length, max: length });
      const request = consume(this.#handshake.readMessage(message), decodeLoginRequest);
      this.#recovery = isZero(request.blinded);
      if (!this.#recovery && !this.#p.isElement(request.blinded))
        throw new MalformedError('the blinded PIN is no element');
      return { ...request, recovery: this.#recovery };
    });
  }

  /** The CHALLENGE body that says no; the login is over. */
  refuse(status: Refusal): Uint8Array {
    const body = this.#turns.take('answer', 'refused', () =>
      this.#challengeBody({ status, ...NO_EVALUATION }),
    );
    this.wipe();
    return body;
  }

  /**
   * The CHALLENGE body that goes on. On the recovery path nothing is evaluated: leave the argument out.
   * @throws MalformedError when there is an evaluation on the recovery path, or none on the other
   */
  challenge(answer: Omit<Challenge, 'status'> = NO_EVALUATION): Uint8Array {
    return this.#turns.take('answer', 'proof', () => {
      const fits = this.#recovery ? isNoEvaluation(answer) : !isZero(answer.evaluated);
      if (!fits) throw new MalformedError('an evaluation belongs to a PIN, and to nothing else');
      return this.#challengeBody({ status: STATUS.goOn, ...answer });
    });
  }

  /**
   * The card has proved itself with the key `cardStatic`, one of those expected. The session is the caller's from here on, and its first message is the
   * WELCOME.
   * @throws MalformedError, UnsupportedError, AuthenticationError, which all mean the same to the other side
   */
  readProof(
    body: Uint8Array,
    { psk, expectedStatics }: ExpectedCard,
  ): { readonly terminalId: string; readonly cardStatic: Uint8Array; readonly session: Transport } {
    return this.#turns.take('proof', 'done', () => {
      const { proofMin: min, proofMax: max } = MESSAGE_LENGTH;
      const message = decodeLoginBody(FRAME.proof, body, { min, max });
      this.#handshake.providePsk(psk);
      const terminalId = consume(this.#handshake.readMessage(message), decodeTerminalId);
      const shown = this.#handshake.remoteStatic ?? new Uint8Array(0);
      const cardStatic = expectedStatics.find((expected) => equalConstantTime(shown, expected));
      if (cardStatic === undefined) {
        throw new AuthenticationError('another card key than the one registered');
      }
      const { ciphers, handshakeHash } = this.#handshake.split();
      const [deviceToHub, hubToDevice] = ciphers;
      const session = new Transport('hub', { deviceToHub, hubToDevice }, handshakeHash);
      return { terminalId, cardStatic, session };
    });
  }

  /** Ends the login and wipes what it holds; a session that was handed over stays. */
  wipe(): void {
    this.#turns.end();
  }

  #challengeBody(challenge: Challenge): Uint8Array {
    return encodeLoginBody(FRAME.challenge, this.#handshake.writeMessage(encodeChallenge(challenge)));
  }
}
