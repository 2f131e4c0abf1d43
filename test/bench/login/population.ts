import { hash } from 'node:crypto';
import { join } from 'node:path';
import type { HeldCard } from '../../../hub/card.ts';
import { newCounts } from '../../../hub/card.ts';
import { CardRows } from '../../../hub/store/cards.ts';
import { MIGRATIONS } from '../../../hub/store/schema.ts';
import { createHubStore, openHubStore } from '../../../hub/store/store.ts';
import { toHex } from '../../../protocol/bytes.ts';
import { serverPrimitives } from '../../../protocol/crypto/fastest.ts';
import { cardKeyPair, derivePsk, type KeyPair } from '../../../protocol/keys.ts';
import { openStore } from '../../../runtime/sqlite.ts';

/** Every card has a name, a subject and an OPRF seed of its own; keys, which are costly to make, are shared. */
const KEYS = 64;

/** What a terminal would get out of a card. */
export interface BenchKey {
  readonly cardKey: KeyPair;
  readonly usk: Uint8Array;
  readonly psk: Uint8Array;
}

export async function benchKeys(hubId: string): Promise<readonly BenchKey[]> {
  const p = await serverPrimitives();
  return Array.from({ length: KEYS }, (_, index) => {
    const usk = bytesOf(`usk ${index}`).slice(0, 32);
    const seed = bytesOf(`seed ${index}`).slice(0, 32);
    return { cardKey: cardKeyPair(p, seed), usk, psk: derivePsk(p, usk, hubId) };
  });
}

/** The name of card number `index`, spread evenly as real ones are. */
export function uidOf(index: number): Uint8Array {
  return bytesOf(`card ${index}`).subarray(0, 16);
}

export function keyOf(keys: readonly BenchKey[], index: number): BenchKey {
  const key = keys[index % keys.length];
  if (key === undefined) throw new RangeError('there are no keys');
  return key;
}

/**
 * Fills a hub's database with so many cards, each of which has logged in before, through the hub's own schema
 * and statements; in the order of their names, in which SQLite is fastest.
 */
export async function fillStore(folder: string, cards: number, hubId: string): Promise<void> {
  const keys = await benchKeys(hubId);
  createHubStore(folder);
  const store = openHubStore(folder);
  const now = Date.now();
  const generation = toHex(bytesOf('generation').subarray(0, 16));
  await store.lists.applyPage({ generation, cursor: cards, time: now, changes: [], more: false });
  store.close();
  const db = openStore(join(folder, 'store.sqlite'), MIGRATIONS);
  try {
    const rows = new CardRows(db);
    const sorted = Array.from({ length: cards }, (_, index) => ({ index, uid: Buffer.from(uidOf(index)) }));
    sorted.sort((a, b) => a.uid.compare(b.uid));
    const fill = db.transaction(() => {
      for (const { index } of sorted) {
        const card = heldCard(index, keyOf(keys, index));
        rows.put(card);
        rows.putCounts(card.uid, card.counts, { tell: false });
      }
    });
    fill();
    db.pragma('wal_checkpoint(TRUNCATE)');
  } finally {
    db.close();
  }
}

function heldCard(index: number, { cardKey, psk }: BenchKey): HeldCard {
  const bytes = bytesOf(`card ${index}`);
  return {
    uid: bytes.subarray(0, 16),
    subject: bytes.subarray(16, 32),
    oprfSeed: bytes.subarray(32, 64),
    psk,
    cs: cardKey.publicKey,
    rs: cardKey.publicKey,
    pinVersion: 1,
    epoch: 0,
    revoked: false,
    locked: false,
    counts: newCounts(0),
    reportDue: false,
    pending: null,
    pendingElsewhere: [],
    evaluatedUpTo: 0,
  };
}

/** 64 bytes that follow from `text` alone. */
function bytesOf(text: string): Uint8Array {
  return new Uint8Array(hash('sha512', text, 'buffer'));
}
