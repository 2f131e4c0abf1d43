import type { SuiteName } from '../../protocol/constants.ts';
import {
  type DataRequest,
  decodeRequest,
  type ErrorAnswer,
  encodeAnswer,
} from '../../protocol/data/messages.ts';
import {
  type DataMethod,
  type DataParams,
  type DataResult,
  LIMBASIYA_METHODS,
  RECOVERY_METHODS,
} from '../../protocol/data/methods.ts';
import { encodeBody, FRAME } from '../../protocol/frames.ts';
import { encodeWelcome } from '../../protocol/welcome.ts';
import { WIRE_ERROR } from '../../protocol/wire-error.ts';
import type { Timer } from '../../runtime/clock.ts';
import { ConnectionLostError, RequestRefusedError, TurnedAwayError } from '../errors.ts';
import type { LoggedIn } from '../login/logged-in.ts';
import type { RecordsPatient } from '../records/records.ts';
import type { ConnectionServices } from '../services.ts';
import { type PatientOrigin, patientOrigin } from '../store/audit.ts';
import type { Wire } from '../wire.ts';
import { METHODS } from './methods/table.ts';
import type { PinSession } from './pin-rules.ts';

/** One patient's session at this hub, from WELCOME to its end (PROTOCOL 2.5). */
export class Session {
  readonly id: Uint8Array;
  readonly suite: SuiteName;
  readonly uid: Uint8Array;
  readonly subject: Uint8Array;
  readonly failed: number;
  readonly recovery: boolean;
  /** An evaluation was answered: there is one a session. */
  hasEvaluated = false;
  /** The device has said that it closes. */
  isClosing = false;
  #basePinVersion: number;
  #carriedPinVersion: number;
  #preparedVersion = 0;
  readonly #source: string;
  readonly #terminalId: string;
  readonly #began: number;
  #ends: number;
  #expiry: Timer | undefined;
  readonly #hub: ConnectionServices;
  readonly #wire: Wire;
  readonly #transport: LoggedIn['transport'];
  readonly #mayStay: LoggedIn['mayStay'];

  /** @param source the address that the terminal came from */
  constructor(hub: ConnectionServices, wire: Wire, loggedIn: LoggedIn, source: string) {
    const { clock, random } = hub.surroundings;
    this.id = random(16);
    this.suite = loggedIn.suite;
    this.uid = loggedIn.uid;
    this.subject = loggedIn.subject;
    this.failed = loggedIn.failed;
    this.recovery = loggedIn.recovery;
    this.#source = source;
    this.#terminalId = loggedIn.terminalId;
    this.#began = clock.monotonic();
    this.#ends = this.#began + hub.policy.validitySeconds * 1_000;
    this.#basePinVersion = loggedIn.pinVersion;
    this.#carriedPinVersion = loggedIn.carriedPinVersion;
    this.#hub = hub;
    this.#wire = wire;
    this.#transport = loggedIn.transport;
    this.#mayStay = loggedIn.mayStay;
  }

  /** Who does what is done in it, from where, now: for the audit trail. */
  get origin(): PatientOrigin {
    return patientOrigin(this.#hub.surroundings.clock, this.#source, this.#terminalId);
  }

  /** Whose records it reaches. */
  get patient(): RecordsPatient {
    return { subject: this.subject, suite: this.suite, origin: this.origin };
  }

  /** What it may change of its card's PIN. */
  get pinSession(): PinSession {
    return {
      uid: this.uid,
      basePinVersion: this.#basePinVersion,
      carriedPinVersion: this.#carriedPinVersion,
      preparedVersion: this.#preparedVersion,
      origin: this.origin,
    };
  }

  /** By the hub's wall clock, ms. */
  get validUntil(): number {
    const { clock } = this.#hub.surroundings;
    return Math.round(clock.now() + this.#ends - clock.monotonic());
  }

  get expiresInSeconds(): number {
    const leftMs = this.#ends - this.#hub.surroundings.clock.monotonic();
    return Math.max(0, Math.floor(leftMs / 1_000));
  }

  /** Begins VT anew, up to the longest that the policy allows. @returns false where it is as long already */
  renew(): boolean {
    const { policy, surroundings } = this.#hub;
    const longest = this.#began + policy.longestSessionSeconds * 1_000;
    if (this.#ends >= longest) return false;
    this.#ends = Math.min(surroundings.clock.monotonic() + policy.validitySeconds * 1_000, longest);
    this.#expireLater();
    return true;
  }

  /** The card key of `pinVersion` is kept, and this session's device has it. */
  hasPrepared(pinVersion: number): void {
    this.#preparedVersion = pinVersion;
  }

  /** This session has made `pinVersion` the card's. */
  tookOver(pinVersion: number): void {
    this.#basePinVersion = pinVersion;
    this.#carriedPinVersion = pinVersion;
  }

  /** Ends it now, from outside: the device is told that the session is over, and nothing else. */
  end(reason: string): void {
    this.#hub.surroundings.log.info('session ended', { session: this.#transport.fingerprint, reason });
    this.#wire.refuse(WIRE_ERROR.sessionExpired, 'the session has ended');
  }

  /**
   * Says WELCOME and answers requests until the device closes, VT is over, the card is revoked, or
   * anything comes that is no DATA.
   * @throws TurnedAwayError, ProtocolError, SilentPeerError, ConnectionLostError
   */
  async serve(): Promise<void> {
    const { sessions, surroundings } = this.#hub;
    sessions.add(this);
    this.#expireLater();
    try {
      // A revocation that was committed before this session could be found would have missed it.
      if (!(await this.#mayStay())) {
        throw new TurnedAwayError(WIRE_ERROR.notAuthenticated, 'not authenticated', 'card revoked');
      }
      if (!this.#wire.openWide()) {
        throw new TurnedAwayError(WIRE_ERROR.malformed, 'out of turn', 'something came before WELCOME');
      }
      await this.#welcome();
      while (!this.isClosing) await this.#answerNext();
      this.#wire.close();
    } finally {
      this.#expiry?.cancel();
      sessions.remove(this);
      this.#transport.wipe();
      surroundings.log.debug('session over', { session: this.#transport.fingerprint });
    }
  }

  #expireLater(): void {
    const { clock } = this.#hub.surroundings;
    this.#expiry?.cancel();
    this.#expiry = clock.after(this.#ends - clock.monotonic(), () => this.end('VT is over'));
  }

  #welcome(): Promise<void> {
    const welcome = encodeWelcome({
      sessionId: this.id,
      validitySeconds: this.#hub.policy.validitySeconds,
      failed: this.failed,
      location: this.#hub.identity.location,
    });
    return this.#wire.send(encodeBody(FRAME.welcome, this.#transport.seal(welcome)));
  }

  async #answerNext(): Promise<void> {
    const body = await this.#wire.receive();
    if (body[0] === FRAME.error) throw new ConnectionLostError('the device ended the session');
    if (body[0] !== FRAME.data) {
      throw new TurnedAwayError(WIRE_ERROR.malformed, 'out of turn', 'a frame in a session was no DATA');
    }
    const request = decodeRequest(this.#transport.open(body.subarray(1)));
    const answer = 'error' in request ? request : await this.#answer(request);
    await this.#wire.send(encodeBody(FRAME.data, this.#transport.seal(encodeAnswer(answer))));
  }

  async #answer(request: DataRequest): Promise<{ id: number; result: DataResult<DataMethod> } | ErrorAnswer> {
    const { id, method } = request;
    try {
      this.#checkAllowed(method);
      return { id, result: await call(this.#hub, this, request) };
    } catch (cause) {
      if (cause instanceof RequestRefusedError) {
        return { id, error: { code: cause.code, message: cause.message } };
      }
      this.#hub.surroundings.log.error('a request failed', {
        method,
        session: this.#transport.fingerprint,
        reason: cause instanceof Error ? cause.message : String(cause),
      });
      return { id, error: { code: 'internal', message: 'the hub could not do it' } };
    }
  }

  /** @throws RequestRefusedError */
  #checkAllowed(method: DataMethod): void {
    if (this.suite === 'limbasiya-2021' && !LIMBASIYA_METHODS.includes(method)) {
      throw new RequestRefusedError('not-allowed', 'a limbasiya-2021 card has no PIN at a hub');
    }
    if (this.recovery && !RECOVERY_METHODS.includes(method)) {
      throw new RequestRefusedError('not-allowed', 'the recovery code only sets a new PIN');
    }
  }
}

function call<M extends DataMethod>(
  hub: ConnectionServices,
  session: Session,
  request: { readonly method: M; readonly params: DataParams<M> },
): Promise<DataResult<M>> {
  return METHODS[request.method](hub, session, request.params);
}
