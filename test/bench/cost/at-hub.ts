import { mkdtemp, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createHubStore, type HubStore, openHubStore } from '../../../hub/store/store.ts';
import { toHex } from '../../../protocol/bytes.ts';
import type { HubCard } from '../../../protocol/rc-api/cards.ts';
import { systemRandom as random } from '../../../runtime/random.ts';

const CARDS = 5_000;

/** Bytes that one card more takes in a hub's database, indexes and all, under each suite. */
export async function bytesAtHub(): Promise<{ readonly limbasiya: number; readonly cardea: number }> {
  const patients = Array.from({ length: CARDS }, () => ({
    UID: random(32),
    C: random(32),
    subject: random(16),
  }));
  const empty = await databaseBytes(async () => undefined);
  const limbasiya = await databaseBytes((store) => store.patients.replaceAll(patients));
  const cards = Array.from({ length: CARDS }, newCard);
  const cardea = await databaseBytes((store) => store.lists.apply(cards));
  return { limbasiya: (limbasiya - empty) / CARDS, cardea: (cardea - empty) / CARDS };
}

function newCard(): HubCard {
  return {
    uid: toHex(random(16)),
    status: 'active',
    locked: false,
    subject: toHex(random(16)),
    cs: toHex(random(32)),
    rs: toHex(random(32)),
    psk: toHex(random(32)),
    oprfSeed: toHex(random(32)),
    pinVersion: 1,
    epoch: 0,
    pending: [],
  };
}

async function databaseBytes(fill: (store: HubStore) => Promise<unknown>): Promise<number> {
  const folder = await mkdtemp(join(tmpdir(), 'cardea-cost-'));
  try {
    createHubStore(folder);
    const store = openHubStore(folder);
    await fill(store);
    store.close();
    return (await stat(join(folder, 'store.sqlite'))).size;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
