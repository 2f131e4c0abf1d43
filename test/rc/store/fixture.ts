import { createHash } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { toHex, utf8 } from '../../../protocol/bytes.ts';
import type { MemberOrigin } from '../../../rc/store/audit.ts';
import type { CardRecord } from '../../../rc/store/cards.ts';
import { createRcStore, openRcStore, type RcStore } from '../../../rc/store/rc-store.ts';
import type { CompletionResult } from '../../../rc/store/registrations.ts';
import { seededRandom } from '../../../runtime/random.ts';

export const NOW = 1_800_000_000_000;
const random = seededRandom('rc store');

/** 32 bytes that stand for the name: a key, a hash, a fingerprint. */
export function bytes32(name: string): Uint8Array {
  return new Uint8Array(createHash('sha256').update(name).digest());
}

export function bytes16(name: string): Uint8Array {
  return bytes32(name).slice(0, 16);
}

/** Who does something: a registrar, unless it is said who. */
export function origin(by = 'desk', time = NOW): MemberOrigin {
  return { by, time, role: 'registrar', from: '192.0.2.7' };
}

export interface StoreFixture {
  store: RcStore;
  readonly path: string;
  /** Closes the file and opens it again, as a restart does. */
  reopen(): RcStore;
}

/** A registry on the disk with an admin `first`, a registrar `desk` and the hubs `goa-01` and `goa-02`. */
export async function storeFixture(): Promise<StoreFixture> {
  const folder = mkdtempSync(join(tmpdir(), 'cardea-rc-store-'));
  const path = join(folder, 'store.sqlite');
  const fixture: StoreFixture = {
    path,
    store: createRcStore(path, bytes16('generation')),
    reopen() {
      fixture.store.close();
      fixture.store = openRcStore(path);
      return fixture.store;
    },
  };
  onTestFinished(() => {
    fixture.store.close();
    rmSync(folder, { recursive: true });
  });
  const { members } = fixture.store;
  const certificate = (id: string) => ({
    fingerprint: bytes32(id),
    key: bytes32(`key of ${id}`),
    expires: NOW + 1_000_000,
  });
  await members.admitFirst({ kind: 'operator', id: 'first', role: 'admin' }, certificate('first'), NOW);
  await members.admitFirst({ kind: 'operator', id: 'desk', role: 'registrar' }, certificate('desk'), NOW);
  for (const id of ['goa-01', 'goa-02']) {
    const hub = { kind: 'hub', id, location: 'Goa', address: `${id}.example:8441` } as const;
    await members.admitFirst(hub, certificate(id), NOW);
  }
  return fixture;
}

export async function begin(store: RcStore, operator = 'desk', now = NOW): Promise<Uint8Array> {
  const id = random(16);
  await store.registrations.begin({ id, uid: random(16), keyId: 0 }, origin(operator, now));
  return id;
}

interface CompletionChoice {
  readonly operator?: string;
  readonly cs?: Uint8Array;
  readonly existing?: Uint8Array;
  readonly now?: number;
}

export function complete(
  store: RcStore,
  registrationId: Uint8Array,
  { operator = 'desk', cs = bytes32('cs 1'), existing, now = NOW }: CompletionChoice = {},
): Promise<CompletionResult> {
  return store.registrations.complete({
    registrationId,
    origin: origin(operator, now),
    suite: 2,
    cs,
    rs: null,
    digest: bytes32(toHex(cs) + toHex(existing ?? utf8('new'))),
    patient:
      existing === undefined
        ? { id: random(16), name: 'Asha Naik', record: 'GOA/17', sameRecord: true }
        : { existing },
  });
}

/** A card registered just now, with the key `cs 1`. */
export async function registered(store: RcStore, existing?: Uint8Array): Promise<CardRecord> {
  const result = await complete(store, await begin(store), existing === undefined ? {} : { existing });
  if (result.outcome !== 'registered') throw new Error(`not registered: ${result.outcome}`);
  return result.card;
}

/** All changes after `after`, as `sequence → UID` in hex. */
export async function changes(store: RcStore, after = 0, limit = 1000): Promise<[number, string][]> {
  const page = await store.feed.changesAfter(after, limit);
  return page.changes.map(({ sequence, card }) => [sequence, toHex(card.uid)]);
}
