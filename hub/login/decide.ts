import { equalConstantTime } from '../../protocol/bytes.ts';
import { type Refusal, STATUS } from '../../protocol/login/messages.ts';
import {
  ATTEMPTS_MAX,
  type CardGlance,
  type Counts,
  type HeldCard,
  isLocked,
  isSpent,
  newCounts,
  type PendingPin,
  pendingPinsOf,
} from '../card.ts';

/** What a LOGIN says of the card, once opened. */
export interface LoginClaim {
  readonly uid: Uint8Array;
  readonly pinVersion: number;
  /** No evaluation is asked for. */
  readonly recovery: boolean;
}

/** What the hub remembers of the card's other logins. */
export interface LoginMemory {
  /** The same `(pinVersion, blinded)` as the card's last one answered here. */
  readonly repeated: boolean;
  /** The handshake that took the last try is under way. */
  readonly lastTryUnderWay: boolean;
}

export type LoginDecision =
  | { readonly status: Refusal; readonly locks: boolean }
  | { readonly status: typeof STATUS.goOn; readonly card: HeldCard; readonly takesTry: boolean };

/** The answer to a LOGIN: the first status that applies (PROTOCOL 2.5, handshake, 2), and what comes of it. */
export function decideLogin(card: HeldCard | null, claim: LoginClaim, memory: LoginMemory): LoginDecision {
  if (card === null) return refuse(STATUS.unknown);
  if (card.revoked) return refuse(STATUS.revoked);
  if (claim.recovery) return { status: STATUS.goOn, card, takesTry: false };
  if (claim.pinVersion < card.pinVersion) return refuse(STATUS.superseded);
  if (!knowsPin(card, claim.pinVersion)) return refuse(STATUS.notHeard);
  if (isLocked(card)) return refuse(STATUS.locked);
  if (isSpent(card.counts)) return { status: STATUS.locked, locks: !memory.lastTryUnderWay };
  return { status: STATUS.goOn, card, takesTry: !memory.repeated };
}

function refuse(status: Refusal): LoginDecision {
  return { status, locks: false };
}

function knowsPin(card: HeldCard, pinVersion: number): boolean {
  return pinVersion === card.pinVersion || pendingPinsOf(card, pinVersion).length > 0;
}

/** What to ask the RC before a LOGIN is answered, where it can be reached (PROTOCOL 2.5, tries; 2.6). */
export function questionBefore(card: CardGlance | null, claim: LoginClaim): 'card' | 'report' | null {
  if (card === null) return 'card';
  if (card.revoked) return null;
  // Also where it is pending here: another hub may have prepared another key under the same version.
  if (claim.pinVersion > card.pinVersion) return 'card';
  return card.reportDue && !claim.recovery ? 'report' : null;
}

/** The static keys of which a right PROOF shows one; empty where no PROOF can be right. */
export function expectedStatics(card: HeldCard, claim: LoginClaim): readonly Uint8Array[] {
  if (claim.recovery) return card.rs === null ? [] : [card.rs];
  if (claim.pinVersion === card.pinVersion) return [card.cs];
  return pendingPinsOf(card, claim.pinVersion).map(({ cs }) => cs);
}

/**
 * The new PIN that is the card's by this right PROOF, which has shown `shown` (PROTOCOL 2.6); null where it
 * has none. The recovery code shows no card key, and so never which new PIN the card carries: the one that is
 * pending here may have been tried again at another hub, which has not been heard of yet.
 */
export function pinShown(card: HeldCard, claim: LoginClaim, shown: Uint8Array): PendingPin | null {
  if (claim.recovery || claim.pinVersion <= card.pinVersion) return null;
  const pins = pendingPinsOf(card, claim.pinVersion);
  return pins.find(({ cs }) => equalConstantTime(cs, shown)) ?? null;
}

/** Looks again, in the transaction that answers a PROOF which has shown `shown` (PROTOCOL 2.5, handshake, 3). */
export function mayEnter(card: HeldCard, claim: LoginClaim, shown: Uint8Array): boolean {
  const isExpected = expectedStatics(card, claim).some((expected) => equalConstantTime(expected, shown));
  if (card.revoked || !isExpected) return false;
  return claim.recovery || !isLocked(card);
}

/** Wrong tries since the last right login, apart from the try of this login itself; fits a byte. */
export function failedBefore(counts: Counts, ownTries: number): number {
  return Math.max(0, ATTEMPTS_MAX - counts.attemptsLeft - ownTries);
}

/** Counts after a right PROOF: this login's own try is taken back. */
export function countsAfterRightProof(counts: Counts, ownTries: number): Counts {
  return {
    ...counts,
    attemptsLeft: ATTEMPTS_MAX,
    failures: Math.max(0, counts.failures - ownTries),
  };
}

/** Counts after a new PIN was taken over here, for which the RC will raise the epoch when it hears of it. */
export function countsAfterNewPin(card: HeldCard): Counts {
  return newCounts(Math.max(card.epoch, card.counts.epoch) + 1);
}
