import { hash } from 'node:crypto';
import { join } from 'node:path';
import { newCounts } from '../../../hub/card.ts';
import { MIGRATIONS } from '../../../hub/store/schema.ts';
import { createHubStore, openHubStore } from '../../../hub/store/store.ts';
import { concat, toHex } from '../../../protocol/bytes.ts';
import { serverPrimitives } from '../../../protocol/crypto/fastest.ts';
import { cardKeyPair, derivePsk, type KeyPair } from '../../../protocol/keys.ts';
import {
  type CardInBytes,
  COMPACT_PAGE_MAX,
  CompactPageWriter,
} from '../../../protocol/rc-api/compact-feed.ts';
import { CompactPage } from '../../../protocol/rc-api/compact-page.ts';
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
 * Fills a hub's database with so many cards, each of which has logged in before: through pages of the feed, as a
 * first sync does.
 */
export async function fillStore(folder: string, cards: number, hubId: string): Promise<void> {
  const keys = await benchKeys(hubId);
  createHubStore(folder);
  const store = openHubStore(folder);
  const head = { generation: toHex(bytesOf('generation').subarray(0, 16)), authority: '00'.repeat(32) };
  for (let first = 0; first === 0 || first < cards; first += COMPACT_PAGE_MAX) {
    const cursor = Math.min(first + COMPACT_PAGE_MAX, cards);
    const writer = new CompactPageWriter();
    for (let index = first; index < cursor; index++) {
      writer.add(index + 1, cardOf(index, keyOf(keys, index)));
    }
    const more = cursor < cards;
    const page = concat(...writer.finish({ ...head, time: Date.now(), cursor, more }));
    await store.lists.applyPage(new CompactPage(page));
  }
  store.close();
  const db = openStore(join(folder, 'store.sqlite'), MIGRATIONS);
  try {
    const { attemptsLeft } = newCounts(0);
    db.prepare(`
      INSERT INTO tries (uid, attempts_left, failures, locked, epoch, running, report_due)
      SELECT uid, ?, 0, 0, 0, 0, 0 FROM card ORDER BY uid`).run(attemptsLeft);
    db.pragma('wal_checkpoint(TRUNCATE)');
  } finally {
    db.close();
  }
}

function cardOf(index: number, { cardKey, psk }: BenchKey): CardInBytes {
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
    pending: [],
  };
}

/** 64 bytes that follow from `text` alone. */
function bytesOf(text: string): Uint8Array {
  return new Uint8Array(hash('sha512', text, 'buffer'));
}
