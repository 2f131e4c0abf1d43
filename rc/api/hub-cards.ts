import { toHex, wipe } from '../../protocol/bytes.ts';
import { deriveUsk } from '../../protocol/keys.ts';
import { pinChangeProof } from '../../protocol/pin-change.ts';
import type { HubCard, PendingPin } from '../../protocol/rc-api/cards.ts';
import { hubCardSecrets } from '../../protocol/registration.ts';
import type { CardState } from '../store/feed.ts';
import type { RcContext } from './context.ts';

/** A card as one hub holds it, with that hub's own `psk` and `subject`: derived as they are sent (PROTOCOL 2.1). */
export function hubCardOf(context: RcContext, card: CardState, hubId: string): HubCard {
  const { psk, subject, oprfSeed } = hubCardSecrets(context.primitives, {
    masterKey: context.masterKeys.get(card.keyId),
    masterKey0: context.masterKeys.get(0),
    uid: card.uid,
    patientId: card.patientId,
    hubId,
  });
  const hubCard: HubCard = {
    uid: toHex(card.uid),
    status: card.revoked ? 'revoked' : 'active',
    locked: card.locked,
    subject: toHex(subject),
    cs: toHex(card.cs),
    rs: card.rs === null ? null : toHex(card.rs),
    psk: toHex(psk),
    oprfSeed: toHex(oprfSeed),
    pinVersion: card.pinVersion,
    epoch: card.epoch,
    pending: pendingPins(context, card),
  };
  wipe(psk, oprfSeed);
  return hubCard;
}

/** Only what was proved is kept, so the proof that came with it is this one again (PROTOCOL 2.6). */
function pendingPins({ primitives, masterKeys }: RcContext, card: CardState): PendingPin[] {
  if (card.pending.length === 0) return [];
  const usk = deriveUsk(primitives, masterKeys.get(card.keyId), card.uid);
  const pins = card.pending.map(({ pinVersion, cs }) => ({
    pinVersion,
    cs: toHex(cs),
    proof: toHex(pinChangeProof(primitives, usk, pinVersion, cs)),
  }));
  wipe(usk);
  return pins;
}
