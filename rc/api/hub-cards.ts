import { Buffer } from 'node:buffer';
import { wipe } from '../../protocol/bytes.ts';
import { HubSecrets } from '../../protocol/hub-secrets.ts';
import { deriveUsk } from '../../protocol/keys.ts';
import { pinChangeProof } from '../../protocol/pin-change.ts';
import type { HubCard } from '../../protocol/rc-api/cards.ts';
import type { CardInBytes, PendingInBytes } from '../../protocol/rc-api/compact-feed.ts';
import type { CardState, Change } from '../store/feed.ts';
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
  return withSecrets(source, hubId, (secrets) =>
    use((card) => {
      const derived = derive(source, card, secrets);
      const inJson = cardInJson(derived);
      wipe(derived.psk, derived.oprfSeed);
      return inJson;
    }),
  );
}

/** The same cards in bytes; `put` takes them one by one, and copies what it wants to keep. */
export function putHubCards(
  source: Source,
  hubId: string,
  changes: readonly Change[],
  put: (sequence: number, card: CardInBytes) => void,
): void {
  withSecrets(source, hubId, (secrets) => {
    for (const { sequence, card } of changes) {
      const derived = derive(source, card, secrets);
      put(sequence, derived);
      wipe(derived.psk, derived.oprfSeed);
    }
  });
}

function withSecrets<Result>(
  { primitives, masterKeys }: Source,
  hubId: string,
  use: (secrets: HubSecrets) => Result,
): Result {
  const secrets = new HubSecrets(primitives, (keyId) => masterKeys.get(keyId), hubId);
  try {
    return use(secrets);
  } finally {
    secrets.wipe();
  }
}

function derive(source: Source, card: CardState, secrets: HubSecrets): CardInBytes {
  const { psk, subject, oprfSeed } = secrets.of(card);
  const { uid, cs, rs, pinVersion, epoch, revoked, locked } = card;
  const pending = pendingPins(source, card);
  return { uid, subject, cs, rs, psk, oprfSeed, pinVersion, epoch, revoked, locked, pending };
}

/** Only what was proved is kept, so the proof that came with it is this one again (PROTOCOL 2.6). */
function pendingPins({ primitives, masterKeys }: Source, card: CardState): readonly PendingInBytes[] {
  if (card.pending.length === 0) return [];
  const usk = deriveUsk(primitives, masterKeys.get(card.keyId), card.uid);
  const pins = card.pending.map(({ pinVersion, cs }) => ({
    pinVersion,
    cs,
    proof: pinChangeProof(primitives, usk, pinVersion, cs),
  }));
  wipe(usk);
  return pins;
}

function cardInJson(card: CardInBytes): HubCard {
  return {
    uid: hex(card.uid),
    status: card.revoked ? 'revoked' : 'active',
    locked: card.locked,
    subject: hex(card.subject),
    cs: hex(card.cs),
    rs: card.rs === null ? null : hex(card.rs),
    psk: hex(card.psk),
    oprfSeed: hex(card.oprfSeed),
    pinVersion: card.pinVersion,
    epoch: card.epoch,
    pending: card.pending.map(({ pinVersion, cs, proof }) => ({
      pinVersion,
      cs: hex(cs),
      proof: hex(proof),
    })),
  };
}

/** As `toHex`, three times as fast: a page has thousands of them. */
function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('hex');
}
