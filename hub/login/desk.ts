import { toHex } from '../../protocol/bytes.ts';
import { type Refusal, STATUS } from '../../protocol/login/messages.ts';
import { WIRE_ERROR } from '../../protocol/wire-error.ts';
import { TurnedAwayError } from '../errors.ts';
import { checkLists } from '../feed/list-age.ts';
import type { Questions } from '../feed/questions.ts';
import type { Reporter } from '../feed/reporter.ts';
import type { Gate } from '../gate.ts';
import type { Meter } from '../metrics/meter.ts';
import type { HubServices } from '../services.ts';
import { type PatientOrigin, patientOrigin } from '../store/audit.ts';
import type { HubStore } from '../store/store.ts';
import type { Login, LoginAnswer, Try } from '../store/tries.ts';
import { expectedStatics, type LoginClaim, questionBefore } from './decide.ts';

/** What a handshake needs of the card, its holder's to wipe. Sizes in bytes. */
export interface HandshakeCard {
  /** `psk_ij`, 32. */
  readonly psk: Uint8Array;
  /** 32. */
  readonly oprfSeed: Uint8Array;
  /** 32 each; a right PROOF shows one of them. Empty where no PROOF can be right. */
  readonly expectedStatics: readonly Uint8Array[];
}

export type DeskAnswer =
  | { readonly status: Refusal }
  | {
      readonly status: typeof STATUS.goOn;
      /** Of the handshake that is open from now on: it must end in `enter` or `leave`. */
      readonly number: number;
      readonly attemptsLeft: number;
      readonly card: HandshakeCard;
    };

/** The card is let in. */
export interface DeskEntry {
  /** The patient's name at this hub, 16 bytes. */
  readonly subject: Uint8Array;
  readonly pinVersion: number;
  /** Wrong tries here since the last right login before this one. */
  readonly failed: number;
}

/**
 * Where logins are decided and counted: one for all connections of a hub, in whichever process they are served.
 * What it takes and gives is plain data.
 */
export interface Desk {
  /**
   * Decides a LOGIN; where an evaluation is to be answered, a try is taken and on the disk.
   * @param source whom wrong tries are counted against besides the card
   * @throws TurnedAwayError where a bound is reached or the lists are too old; StoreError
   */
  answer(login: Login, source: string): Promise<DeskAnswer>;
  /**
   * Ends a handshake whose right PROOF has shown the static key `shown`, and gives its try back.
   * @param terminalId as the PROOF says
   * @returns null where the card may not enter after all; `leave` is due then
   * @throws StoreError, and then, too, `leave` is due
   */
  enter(number: number, shown: Uint8Array, terminalId: string): Promise<DeskEntry | null>;
  /** Ends a handshake without a right PROOF; one that has ended already is left alone. @throws StoreError */
  leave(number: number): Promise<void>;
}

interface OpenHandshake {
  readonly claim: LoginClaim;
  readonly source: string;
  /** Null on the recovery path, which takes none. */
  readonly attempt: Try | null;
}

export interface LoginDeskOptions extends Pick<HubServices, 'surroundings' | 'policy'> {
  readonly store: HubStore;
  readonly gate: Gate;
  readonly questions: Questions;
  readonly reporter: Reporter;
  readonly meter: Pick<Meter, 'tried'>;
}

/** The desk itself, at the store. */
export class LoginDesk implements Desk {
  readonly #hub: LoginDeskOptions;
  readonly #open = new Map<number, OpenHandshake>();
  #last = 0;

  constructor(hub: LoginDeskOptions) {
    this.#hub = hub;
  }

  async answer(login: Login, source: string): Promise<DeskAnswer> {
    await checkLists(this.#hub);
    const answer = await this.#decide(login, source);
    if (answer.status !== STATUS.goOn) {
      const status = nameOf(answer.status);
      this.#hub.surroundings.log.info('login refused', { status });
      await this.#noteRefusal(login, source, OUTCOME[status] ?? status);
      return { status: answer.status };
    }
    const { status, card, attemptsLeft, attempt } = answer;
    this.#last += 1;
    const { uid, pinVersion, recovery } = login;
    this.#open.set(this.#last, { claim: { uid, pinVersion, recovery }, source, attempt });
    const { psk, oprfSeed } = card;
    const statics = expectedStatics(card, login);
    return {
      status,
      number: this.#last,
      attemptsLeft,
      card: { psk, oprfSeed, expectedStatics: statics },
    };
  }

  async enter(number: number, shown: Uint8Array, terminalId: string): Promise<DeskEntry | null> {
    const open = this.#open.get(number);
    if (open === undefined) return null;
    const origin = this.#origin(open.source, terminalId);
    const entry = await this.#hub.store.tries.enter(open.claim, shown, open.attempt, origin);
    if (entry === null) return null;
    this.#open.delete(number);
    if (entry.gaveTryBack) {
      this.#hub.gate.giveTryBack(open.source);
      this.#hub.meter.tried('given-back');
    }
    this.#hub.reporter.wake();
    const { subject, pinVersion } = entry.card;
    return { subject, pinVersion, failed: entry.failed };
  }

  async leave(number: number): Promise<void> {
    const open = this.#open.get(number);
    this.#open.delete(number);
    try {
      if (open?.attempt) await this.#hub.store.tries.leave(open.attempt, this.#origin(open.source));
    } finally {
      this.#hub.reporter.wake();
    }
  }

  /** Asks the RC where that is due, keeps the bounds, and decides. */
  async #decide(login: Login, source: string): Promise<LoginAnswer> {
    const { gate, store } = this.#hub;
    const isKnown = await this.#askFirst(login);
    if (isKnown && !gate.takeLogin(toHex(login.uid))) {
      await this.#noteRefusal(login, source, 'too-many-logins');
      throw new TurnedAwayError(WIRE_ERROR.busy, 'too many logins', 'a card had its logins of the hour');
    }
    if (!login.recovery && !gate.takeTry(source)) {
      await this.#noteRefusal(login, source, 'too-many-wrong-tries');
      throw new TurnedAwayError(
        WIRE_ERROR.busy,
        'too many wrong tries',
        'an address had its tries of the hour',
      );
    }
    let tookTry = false;
    try {
      const answer = await store.tries.answer(login, this.#origin(source));
      tookTry = answer.status === STATUS.goOn && answer.tookTry;
      if (tookTry) this.#hub.meter.tried('taken');
      else if (answer.status === STATUS.goOn && answer.attempt !== null) this.#hub.meter.tried('repeated');
      return answer;
    } finally {
      if (!login.recovery && !tookTry) gate.giveTryBack(source);
    }
  }

  /** With whose card it was, where that is known; an unknown UID says nothing. */
  async #noteRefusal(login: Login, source: string, outcome: string): Promise<void> {
    const { store, surroundings } = this.#hub;
    const card = await store.findCard(login.uid);
    const subject = card?.subject;
    const event = { ...this.#origin(source), action: 'patient.login', outcome, subject } as const;
    await store.audit.noteRefusal(event, surroundings.log);
  }

  #origin(source: string, terminalId?: string): PatientOrigin {
    return patientOrigin(this.#hub.surroundings.clock, source, terminalId);
  }

  /** @returns whether the hub holds the card by then */
  async #askFirst(login: Login): Promise<boolean> {
    const { store, questions } = this.#hub;
    const card = await store.glanceAtCard(login.uid);
    const question = questionBefore(card, login);
    if (question === null) return card !== null;
    if (question === 'card') await questions.askForCard(login.uid, login.pinVersion);
    else await questions.tellFirst();
    return (await store.glanceAtCard(login.uid)) !== null;
  }
}

/** As the audit trail says it, where that is not the status's name. */
const OUTCOME: Readonly<Record<string, string>> = { notHeard: 'not-heard' };

function nameOf(status: number): string {
  return Object.entries(STATUS).find(([, value]) => value === status)?.[0] ?? String(status);
}
