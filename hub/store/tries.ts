import { equalConstantTime, toHex } from '../../protocol/bytes.ts';
import { type Refusal, STATUS } from '../../protocol/login/messages.ts';
import type { GroupCommit } from '../../runtime/group-commit.ts';
import { type HeldCard, isSpent } from '../card.ts';
import {
  countsAfterRightProof,
  decideLogin,
  failedBefore,
  type LoginClaim,
  mayEnter,
  pinShown,
} from '../login/decide.ts';
import type { HubAuditEvent, HubTrail, PatientOrigin } from './audit.ts';
import type { CardRows } from './cards.ts';
import type { PinChanges } from './pin-changes.ts';

/** Of how many cards the last `(pinVersion, blinded)` is remembered. */
const REMEMBERED = 10_000;

/** A LOGIN, once opened. */
export interface Login extends LoginClaim {
  /** 32 bytes; all zeros on the recovery path. */
  readonly blinded: Uint8Array;
}

/** One try that was taken, shared by the handshakes that repeat it. Only `Tries` looks inside. */
export interface Try {
  readonly uid: Uint8Array;
  /** The epoch of the counts it was taken from. */
  readonly epoch: number;
  /** It stands as a failure: no right PROOF has taken it back. */
  stands: boolean;
  /** A handshake that shared it ended without a right PROOF, and the RC may have heard of it. */
  told: boolean;
}

export type LoginAnswer =
  | { readonly status: Refusal }
  | {
      readonly status: typeof STATUS.goOn;
      readonly card: HeldCard;
      readonly attemptsLeft: number;
      /** Null on the recovery path, which takes none. */
      readonly attempt: Try | null;
      /** `attempt` was taken for this LOGIN: it does not repeat another. */
      readonly tookTry: boolean;
    };

/** The card has proved itself and is let in. */
export interface Entry {
  /** With a pending PIN taken over. */
  readonly card: Omit<HeldCard, 'counts' | 'reportDue'>;
  /** Wrong tries here since the last right login before this one. */
  readonly failed: number;
  /** A try that stood as a failure was taken back. */
  readonly gaveTryBack: boolean;
}

interface Answered {
  readonly pinVersion: number;
  readonly blinded: Uint8Array;
  readonly attempt: Try;
}

/** Counts tries, locks cards and lets them in (PROTOCOL 2.5, tries). */
export class Tries {
  readonly #group: GroupCommit;
  readonly #trail: HubTrail;
  readonly #cards: CardRows;
  readonly #pins: PinChanges;
  /** A card's last LOGIN that was answered with an evaluation, by UID; the oldest first. */
  readonly #answered = new Map<string, Answered>();
  /** The try of a handshake under way that left its card none, by UID. */
  readonly #lastTries = new Map<string, Try>();

  constructor(group: GroupCommit, trail: HubTrail, cards: CardRows, pins: PinChanges) {
    this.#group = group;
    this.#trail = trail;
    this.#cards = cards;
    this.#pins = pins;
  }

  /**
   * Decides a LOGIN. Where an evaluation is to be answered the try is taken, and on the disk, before this
   * resolves. Each `attempt` that it gives must end in `enter` or `leave`.
   */
  async answer(login: Login, origin: PatientOrigin): Promise<LoginAnswer> {
    const key = toHex(login.uid);
    let taken: Try | undefined;
    try {
      return await this.#group.write(() => {
        const before = this.#answered.get(key);
        const repeats = before !== undefined && isSame(before, login) ? before : null;
        const decision = decideLogin(this.#cards.find(login.uid), login, {
          repeated: repeats !== null,
          lastTryUnderWay: this.#lastTries.has(key),
        });
        if (decision.status !== STATUS.goOn) {
          if (decision.locks) this.#lock(login.uid, origin);
          return { status: decision.status };
        }
        const { status, card, takesTry } = decision;
        if (!takesTry) {
          const attemptsLeft = login.recovery ? 0 : card.counts.attemptsLeft;
          return { status, card, attemptsLeft, attempt: repeats?.attempt ?? null, tookTry: false };
        }
        taken = this.#take(key, login, card);
        return { status, card, attemptsLeft: card.counts.attemptsLeft - 1, attempt: taken, tookTry: true };
      });
    } catch (error) {
      // A try that is not on the disk must not let a repetition through.
      if (taken !== undefined) this.#forget(key, taken);
      throw error;
    }
  }

  /**
   * Lets a card in that has shown the static key `shown` in a right PROOF: looks at it again, takes the try
   * back, and takes a pending PIN over where the login was under it.
   * @returns null where it may not enter after all; `leave` is due then
   */
  enter(
    login: LoginClaim,
    shown: Uint8Array,
    attempt: Try | null,
    origin: PatientOrigin,
  ): Promise<Entry | null> {
    return this.#group.write(() => {
      const card = this.#cards.find(login.uid);
      if (card === null || !mayEnter(card, login, shown)) return null;
      const own = attempt?.stands && attempt.epoch === card.counts.epoch ? 1 : 0;
      const failed = failedBefore(card.counts, own);
      const gaveTryBack = attempt?.stands ?? false;
      if (attempt !== null) {
        const tell = failed > 0 || card.reportDue || attempt.told;
        this.#cards.putCounts(card.uid, countsAfterRightProof(card.counts, own), { tell });
        attempt.stands = false;
        this.#endLastTry(attempt);
      }
      const pin = pinShown(card, login, shown);
      this.#note(card, { ...origin, action: 'patient.login', outcome: 'done', detail: detailOf(login) });
      if (pin !== null) this.#pins.takeOver(card, pin, origin);
      // What else has changed are counts, which nobody asks an entry for.
      return { card: (pin && this.#cards.find(card.uid)) ?? card, failed, gaveTryBack };
    });
  }

  /** The handshake that shared `attempt` has ended without a right PROOF. */
  async leave(attempt: Try, origin: PatientOrigin): Promise<void> {
    try {
      await this.#group.write(() => {
        const card = this.#cards.find(attempt.uid);
        if (card === null || !attempt.stands || attempt.epoch !== card.counts.epoch) return;
        attempt.told = true;
        const locks = this.#lastTries.get(toHex(attempt.uid)) === attempt && isSpent(card.counts);
        const locked = card.counts.locked || locks;
        this.#cards.putCounts(card.uid, { ...card.counts, locked }, { tell: true });
        this.#note(card, { ...origin, action: 'patient.login', outcome: 'no-right-proof' });
        if (locks && !card.counts.locked) this.#noteLock(card, origin);
      });
    } finally {
      this.#endLastTry(attempt);
    }
  }

  #take(key: string, login: Login, card: HeldCard): Try {
    const { attemptsLeft, failures } = card.counts;
    const counts = { ...card.counts, attemptsLeft: attemptsLeft - 1, failures: failures + 1 };
    this.#cards.putCounts(card.uid, counts, { tell: false });
    const attempt: Try = { uid: card.uid, epoch: counts.epoch, stands: true, told: false };
    this.#answered.delete(key);
    this.#answered.set(key, { pinVersion: login.pinVersion, blinded: login.blinded.slice(), attempt });
    if (this.#answered.size > REMEMBERED) this.#forgetOldest();
    if (isSpent(counts)) this.#lastTries.set(key, attempt);
    return attempt;
  }

  #lock(uid: Uint8Array, origin: PatientOrigin): void {
    const card = this.#cards.find(uid);
    if (card === null) return;
    this.#cards.putCounts(uid, { ...card.counts, locked: true }, { tell: true });
    this.#noteLock(card, origin);
  }

  #noteLock(card: HeldCard, origin: PatientOrigin): void {
    const detail = `failures=${card.counts.failures}`;
    this.#note(card, { ...origin, action: 'card.locked', outcome: 'done', detail });
  }

  #note(card: HeldCard, event: HubAuditEvent): void {
    this.#trail.append({ ...event, subject: card.subject });
  }

  #endLastTry(attempt: Try): void {
    const key = toHex(attempt.uid);
    if (this.#lastTries.get(key) === attempt) this.#lastTries.delete(key);
  }

  #forget(key: string, attempt: Try): void {
    if (this.#answered.get(key)?.attempt === attempt) this.#answered.delete(key);
    this.#endLastTry(attempt);
  }

  #forgetOldest(): void {
    const [oldest] = this.#answered.keys();
    if (oldest !== undefined) this.#answered.delete(oldest);
  }
}

function detailOf({ recovery }: LoginClaim): string | null {
  return recovery ? 'by=recovery-code' : null;
}

/** `blinded` is no secret; two that differ are two guesses. */
function isSame(before: Answered, login: Login): boolean {
  return before.pinVersion === login.pinVersion && equalConstantTime(before.blinded, login.blinded);
}
