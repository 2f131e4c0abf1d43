/** Wrong tries in a row that a hub allows for a card (PROTOCOL 2.5, tries). */
export const ATTEMPTS_MAX = 5;
/** Wrong tries under one PIN that a hub allows for a card in all (PROTOCOL 2.5, tries). */
export const FAILURES_MAX = 50;

/** What this hub has counted for a card. */
export interface Counts {
  /** 0 to ATTEMPTS_MAX. */
  readonly attemptsLeft: number;
  /** Tries taken in the epoch and not given back: the reports' `total`. */
  readonly failures: number;
  /** Locked by this hub. */
  readonly locked: boolean;
  /**
   * The epoch of the card in which these count. It is ahead of the card's while the RC has not heard of a
   * new PIN that was taken over here: the RC will raise its own then.
   */
  readonly epoch: number;
}

/** A new PIN whose last step is not known here (PROTOCOL 2.6). */
export interface PendingPin {
  readonly pinVersion: number;
  /** The new card key's public half, 32 bytes. */
  readonly cs: Uint8Array;
  /** By which the RC believes it, 32 bytes. */
  readonly proof: Uint8Array;
}

/** One that was prepared in a session here. */
export interface PreparedPin extends PendingPin {
  /**
   * The PIN version that it is made from: the card's, which may be one that this hub has not heard of where the
   * session began with the recovery code.
   */
  readonly base: number;
}

/** What a hub holds of a card (PROTOCOL 2.1). Sizes in bytes. */
export interface HeldCard {
  /** 16. */
  readonly uid: Uint8Array;
  /** The patient's name at this hub, 16. */
  readonly subject: Uint8Array;
  /** `psk_ij`, 32. */
  readonly psk: Uint8Array;
  /** 32. */
  readonly oprfSeed: Uint8Array;
  /** `CS` of `pinVersion`, 32. */
  readonly cs: Uint8Array;
  /** `RS`, 32; null for a card without a recovery code. */
  readonly rs: Uint8Array | null;
  readonly pinVersion: number;
  /** As heard from the RC. */
  readonly epoch: number;
  readonly revoked: boolean;
  /** Locked by the RC, in `epoch`. */
  readonly locked: boolean;
  readonly counts: Counts;
  /** The RC has not been told of a wrong try, or of its being taken back. */
  readonly reportDue: boolean;
  readonly pending: PreparedPin | null;
  /** Prepared at other hubs and handed on by the RC, which has checked their proofs; the latest first. */
  readonly pendingElsewhere: readonly PendingPin[];
  /** The highest PIN version for which a session here has evaluated; 0 for none. */
  readonly evaluatedUpTo: number;
}

/** What of a card decides whether the RC is asked first, and whether its session may go on. */
export type CardGlance = Pick<HeldCard, 'revoked' | 'pinVersion' | 'reportDue'>;

/** Counts of a card that has not been tried in `epoch`. */
export function newCounts(epoch: number): Counts {
  return { attemptsLeft: ATTEMPTS_MAX, failures: 0, locked: false, epoch };
}

/** The new PINs that the card may carry under `pinVersion`; none where that is the card's PIN already. */
export function pendingPinsOf(card: HeldCard, pinVersion: number): readonly PendingPin[] {
  return allPendingPins(card).filter((pin) => pin.pinVersion === pinVersion);
}

/** The new PINs that the card may carry instead of its PIN, in no order. */
export function allPendingPins({ pending, pendingElsewhere }: HeldCard): readonly PendingPin[] {
  return pending === null ? pendingElsewhere : [pending, ...pendingElsewhere];
}

/** Locked by this hub, or by the RC in an epoch that counts still. */
export function isLocked(card: HeldCard): boolean {
  return card.counts.locked || (card.locked && card.epoch >= card.counts.epoch);
}

/** No try is left: the next LOGIN gets no evaluation. */
export function isSpent(counts: Counts): boolean {
  return counts.attemptsLeft === 0 || counts.failures >= FAILURES_MAX;
}
