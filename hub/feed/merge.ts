import { equalConstantTime } from '../../protocol/bytes.ts';
import { PENDING_PINS_MAX } from '../../protocol/rc-api/cards.ts';
import type { CardInBytes } from '../../protocol/rc-api/compact-feed.ts';
import { allPendingPins, type Counts, type HeldCard, newCounts, type PendingPin } from '../card.ts';

/**
 * What the hub holds of a card after it has heard of it from the RC (PROTOCOL 2.6). Never lowers
 * `pinVersion`, never undoes a revocation.
 *
 * @param restored a page read from 0 in another generation: the RC may have been restored to an older state,
 *   and counts its epochs anew from there
 */
export function mergeCard(held: HeldCard | null, heard: CardInBytes, { restored = false } = {}): HeldCard {
  const card = heldFrom(heard);
  if (held === null) return card;
  const isPinHeard = card.pinVersion >= held.pinVersion;
  const isCurrent = restored || card.epoch >= held.epoch;
  const pin = isPinHeard ? card : held;
  const epoch = isCurrent ? card.epoch : held.epoch;
  const counts = mergeCounts(held.counts, epoch, { restored, isPinHeard });
  return {
    ...card,
    pinVersion: pin.pinVersion,
    cs: pin.cs,
    epoch,
    locked: isCurrent ? card.locked : held.locked,
    revoked: held.revoked || card.revoked,
    counts,
    reportDue: held.reportDue || (epoch !== held.epoch && hasSomethingToTell(counts)),
    ...mergePending(held, card),
    evaluatedUpTo: held.evaluatedUpTo,
  };
}

/**
 * An unlock or a new PIN at the RC raises the epoch and sets the counts anew. A raise that was foreseen when
 * a new PIN was taken over here did so then, and must not give tries back a second time.
 */
function mergeCounts(
  counts: Counts,
  epoch: number,
  { restored, isPinHeard }: { readonly restored: boolean; readonly isPinHeard: boolean },
): Counts {
  if (epoch > counts.epoch && !restored) return newCounts(epoch);
  return epoch !== counts.epoch && (restored || isPinHeard) ? { ...counts, epoch } : counts;
}

/**
 * New PINs are pending beside the PIN that they are made from. Once another has taken its place they are void:
 * what was made from the card's old image must not come back under the new one.
 */
function mergePending(held: HeldCard, heard: HeldCard): Pick<HeldCard, 'pending' | 'pendingElsewhere'> {
  const { pending, pendingElsewhere } = held;
  if (heard.pinVersion < held.pinVersion) return { pending, pendingElsewhere };
  if (heard.pinVersion > held.pinVersion || !equalConstantTime(heard.cs, held.cs)) {
    const isMadeFromIt = pending?.base === heard.pinVersion && heard.pinVersion > held.pinVersion;
    if (!isMadeFromIt) return { pending: null, pendingElsewhere: heard.pendingElsewhere };
    return { pending, pendingElsewhere: heard.pendingElsewhere.filter((pin) => !isSamePin(pin, pending)) };
  }
  const known = allPendingPins(held);
  const news = heard.pendingElsewhere.filter((pin) => !known.some((other) => isSamePin(pin, other)));
  if (news.length === 0) return { pending, pendingElsewhere };
  return { pending, pendingElsewhere: [...news, ...pendingElsewhere].slice(0, PENDING_PINS_MAX) };
}

function isSamePin(one: PendingPin, other: PendingPin): boolean {
  return one.pinVersion === other.pinVersion && equalConstantTime(one.cs, other.cs);
}

/** Reports of an older epoch count for nothing, so what counts on in the new one is told again. */
function hasSomethingToTell(counts: Counts): boolean {
  return counts.failures > 0 || counts.locked;
}

function heldFrom({ pending, ...heard }: CardInBytes): HeldCard {
  return {
    ...heard,
    counts: newCounts(heard.epoch),
    reportDue: false,
    pending: null,
    pendingElsewhere: pending,
    evaluatedUpTo: 0,
  };
}
