import { equalConstantTime } from '../../protocol/bytes.ts';
import { allPendingPins, type HeldCard, type PendingPin } from '../card.ts';
import type { PatientOrigin } from '../store/audit.ts';

const PIN_VERSION_MAX = 65_535;

/** What a session may change: the card it was opened with, as long as nobody else has changed its PIN. */
export interface PinSession {
  readonly uid: Uint8Array;
  /** The card's PIN version here when the session began, or the one it has taken over since. */
  readonly basePinVersion: number;
  /** The one that the card carries, as far as this session knows; never trusted to be the card's here. */
  readonly carriedPinVersion: number;
  /** The version that it has prepared; 0 for none. */
  readonly preparedVersion: number;
  /** Who asks, from where and when. */
  readonly origin: PatientOrigin;
}

/** A version never evaluated for before; null when the versions are used up and the card must be replaced. */
export function nextPinVersion(card: HeldCard, { carriedPinVersion }: PinSession): number | null {
  const pending = allPendingPins(card).map(({ pinVersion }) => pinVersion);
  const last = Math.max(card.pinVersion, carriedPinVersion, card.evaluatedUpTo, ...pending);
  return last < PIN_VERSION_MAX ? last + 1 : null;
}

/**
 * The version that a new PIN of this session is made from. A card that carries an older one than its hub knows is
 * no way around the one between: the RC is told of the way that the hub has seen.
 */
export function madeFrom(card: HeldCard, { carriedPinVersion }: PinSession): number {
  return Math.max(card.pinVersion, carriedPinVersion);
}

/**
 * What comes of `pin.prepare` (PROTOCOL 2.6). It must be for the last version that a session here evaluated
 * for, be it an earlier session's: a device whose connection broke may repeat itself in the next.
 */
export function decidePrepare(
  card: HeldCard,
  session: PinSession,
  pin: PendingPin,
): 'keep' | 'repeated' | 'conflict' {
  if (card.revoked || card.pinVersion !== session.basePinVersion) return 'conflict';
  if (pin.pinVersion <= card.pinVersion || pin.pinVersion !== card.evaluatedUpTo) return 'conflict';
  if (card.pending?.pinVersion !== pin.pinVersion) return 'keep';
  const isSame =
    equalConstantTime(card.pending.cs, pin.cs) && equalConstantTime(card.pending.proof, pin.proof);
  return isSame ? 'repeated' : 'conflict';
}

/**
 * What comes of `pin.changed` (PROTOCOL 2.6); said again after it was taken over, it is answered alike. Only
 * a session that has prepared the version may say so: another knows neither its key nor what the card holds.
 */
export function decideChanged(
  card: HeldCard,
  session: PinSession,
  pinVersion: number,
): 'take-over' | 'repeated' | 'conflict' {
  if (card.revoked) return 'conflict';
  if (card.pinVersion === pinVersion) return 'repeated';
  if (card.pinVersion !== session.basePinVersion || card.pending?.pinVersion !== pinVersion)
    return 'conflict';
  return session.preparedVersion === pinVersion ? 'take-over' : 'conflict';
}
