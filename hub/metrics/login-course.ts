import type { SuiteName } from '../../protocol/constants.ts';
import { AuthenticationError, ProtocolError, UnsupportedError } from '../../protocol/errors.ts';
import { STATUS } from '../../protocol/login/messages.ts';
import { WIRE_ERROR } from '../../protocol/wire-error.ts';
import type { Clock } from '../../runtime/clock.ts';
import { ConnectionLostError, SilentPeerError, TurnedAwayError } from '../errors.ts';

/**
 * What a connection is at: let in, greeted, waiting for a patient to type, decided and counted, evaluated, waiting
 * for the terminal to open the card, proved and let in; then its session.
 */
export type LoginStep = 'door' | 'hello' | 'typing' | 'decide' | 'evaluate' | 'card' | 'prove' | 'session';

/** How logins end. The patient's PIN was wrong, most often, where it is `left`: the terminal then hangs up. */
export const LOGIN_OUTCOMES = [
  'welcome',
  'unknown',
  'revoked',
  'superseded',
  'not-heard',
  'locked',
  'left',
  'not-authenticated',
  'busy',
  'timeout',
  'clock',
  'unsupported',
  'malformed',
  'internal',
] as const;
export type LoginOutcome = (typeof LOGIN_OUTCOMES)[number];

/** One login as it is counted: how it ended, and how long each step took, in seconds. Plain data. */
export interface LoginReport {
  readonly suite: SuiteName;
  readonly outcome: LoginOutcome;
  readonly seconds: Readonly<Partial<Record<LoginStep, number>>>;
}

const STATUS_OUTCOMES: Readonly<Record<number, LoginOutcome>> = {
  [STATUS.unknown]: 'unknown',
  [STATUS.revoked]: 'revoked',
  [STATUS.superseded]: 'superseded',
  [STATUS.notHeard]: 'not-heard',
  [STATUS.locked]: 'locked',
};

/** The course of one connection's login: which step it is at, and what becomes of it. Names no patient. */
export class LoginCourse {
  suite: SuiteName = 'cardea-1';
  readonly #clock: Pick<Clock, 'monotonic'>;
  readonly #seconds: Partial<Record<LoginStep, number>> = {};
  #step: LoginStep = 'door';
  #since: number;
  #status: LoginOutcome | undefined;

  constructor(clock: Pick<Clock, 'monotonic'>) {
    this.#clock = clock;
    this.#since = clock.monotonic();
  }

  get step(): LoginStep {
    return this.#step;
  }

  enter(step: LoginStep): void {
    this.#endStep();
    this.#step = step;
  }

  /** The card was refused with this status of the CHALLENGE. */
  refused(status: number): void {
    this.#status = STATUS_OUTCOMES[status] ?? 'internal';
  }

  /**
   * The login as it ended; null for a connection that asked for none: one that came and went, or is in its session.
   * @param cause what it failed with
   */
  report(cause?: unknown): LoginReport | null {
    const isLogin = this.#step !== 'hello' && this.#step !== 'typing';
    if (!isLogin || (cause !== undefined && this.#step === 'session')) return null;
    const outcome = this.#status ?? (cause === undefined ? 'welcome' : outcomeOf(cause));
    this.#endStep();
    return { suite: this.suite, outcome, seconds: { ...this.#seconds } };
  }

  #endStep(): void {
    const now = this.#clock.monotonic();
    this.#seconds[this.#step] = (this.#seconds[this.#step] ?? 0) + (now - this.#since) / 1_000;
    this.#since = now;
  }
}

function outcomeOf(cause: unknown): LoginOutcome {
  if (cause instanceof ConnectionLostError) return 'left';
  if (cause instanceof SilentPeerError) return 'timeout';
  if (cause instanceof TurnedAwayError) return WIRE_OUTCOMES[cause.wireCode] ?? 'internal';
  if (cause instanceof UnsupportedError) return 'unsupported';
  if (cause instanceof AuthenticationError) return 'not-authenticated';
  return cause instanceof ProtocolError ? 'malformed' : 'internal';
}

const WIRE_OUTCOMES: Readonly<Record<number, LoginOutcome>> = {
  [WIRE_ERROR.malformed]: 'malformed',
  [WIRE_ERROR.unsupported]: 'unsupported',
  [WIRE_ERROR.timeout]: 'timeout',
  [WIRE_ERROR.busy]: 'busy',
  [WIRE_ERROR.notAuthenticated]: 'not-authenticated',
  [WIRE_ERROR.clock]: 'clock',
};
