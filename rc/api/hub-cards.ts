import { Buffer } from 'node:buffer';
import { wipe } from '../../protocol/bytes.ts';
import { HubSecrets } from '../../protocol/hub-secrets.ts';
import { deriveUsk } from '../../protocol/keys.ts';
import { pinChangeProof } from '../../protocol/pin-change.ts';
import type { HubCard, PendingPin } from '../../protocol/rc-api/cards.ts';
import type { CardState } from '../store/feed.ts';
import type { RcContext } from './context.ts';

/** What hubs' cards are derived with. */
type Source = Pick<RcContext, 'primitives' | 'masterKeys'>;

/**
 * Cards as one hub holds them, with that hub's own `psk` and `subject`: derived as they are sent (PROTOCOL 2.1).
 *
 * @param use gives what this returns; `cardOf` is good within it
 */
export function withHubCards<Result>(
  source: Source,
  hubId: string,
  use: (cardOf: (card: CardState) => HubCard) => Result,
): Result {
  const { primitives, masterKeys } = source;
  const secrets = new HubSecrets(primitives, (keyId) => masterKeys.get(keyId), hubId);
  try {
    return use((card) => hubCard(source, card, secrets));
  } finally {
    secrets.wipe();
  }
}

function hubCard(source: Source, card: CardState, secrets: HubSecrets): HubCard {
  const { psk, subject, oprfSeed } = secrets.of(card);
  const derived: HubCard = {
    uid: hex(card.uid),
    status: card.revoked ? 'revoked' : 'active',
    locked: card.locked,
    subject: hex(subject),
    cs: hex(card.cs),
    rs: card.rs === null ? null : hex(card.rs),
    psk: hex(psk),
    oprfSeed: hex(oprfSeed),
    pinVersion: card.pinVersion,
    epoch: card.epoch,
    pending: pendingPins(source, card),
  };
  wipe(psk, oprfSeed);
  return derived;
}

/** Only what was proved is kept, so the proof that came with it is this one again (PROTOCOL 2.6). */
function pendingPins({ primitives, masterKeys }: Source, card: CardState): PendingPin[] {
  if (card.pending.length === 0) return [];
  const usk = deriveUsk(primitives, masterKeys.get(card.keyId), card.uid);
  const pins = card.pending.map(({ pinVersion, cs }) => ({
    pinVersion,
    cs: hex(cs),
    proof: hex(pinChangeProof(primitives, usk, pinVersion, cs)),
  }));
  wipe(usk);
  return pins;
}

/** As `toHex`, three times as fast: a page has thousands of them. */
function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('hex');
}
