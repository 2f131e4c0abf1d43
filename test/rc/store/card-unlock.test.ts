import { describe, expect, it } from 'vitest';
import { toHex } from '../../../protocol/bytes.ts';
import type { RcStore } from '../../../rc/store/rc-store.ts';
import type { TryCount } from '../../../rc/store/reports.ts';
import { bytes16, bytes32, changes, NOW, origin, registered, storeFixture } from './fixture.ts';

function tries(
  store: RcStore,
  hub: string,
  count: Partial<TryCount> & { readonly uid: Uint8Array },
  now = NOW,
) {
  const rest = { epoch: 0, running: 1, open: 5, total: 5, locked: false };
  return store.reports.takeReports({
    origin: { ...origin(hub, now), role: 'hub' },
    tries: [{ ...rest, ...count }],
    pins: [],
    isProved: () => true,
  });
}

function newPin(store: RcStore, hub: string, uid: Uint8Array, cs: string) {
  const pin = { uid, pinVersion: 2, base: 1, cs: bytes32(cs), proof: bytes32('right'), changed: true };
  return store.reports.takeReports({
    origin: { ...origin(hub, NOW + 5), role: 'hub' },
    tries: [],
    pins: [pin],
    isProved: () => true,
  });
}

const unlock = (store: RcStore, uid: Uint8Array, now = NOW + 9) =>
  store.unlockCard({ uid, origin: origin('desk', now) });

describe('an unlock', () => {
  it('lifts every lock, counts anew, and is on the feed', async () => {
    const fixture = await storeFixture();
    const { uid } = await registered(fixture.store);
    await tries(fixture.store, 'goa-01', { uid, locked: true });
    await tries(fixture.store, 'goa-02', { uid });
    expect(await fixture.store.feed.card(uid)).toMatchObject({ locked: true, epoch: 0 });
    const unlocked = await unlock(fixture.store, uid);
    expect(unlocked).toMatchObject({ outcome: 'unlocked', card: { locked: false, pinVersion: 1 } });

    const store = fixture.reopen();
    expect(await store.feed.card(uid)).toMatchObject({ locked: false, epoch: 1, pinVersion: 1 });
    expect(await changes(store, 2)).toEqual([[3, toHex(uid)]]);
    expect((await store.history.details(uid))?.tries).toEqual([]);
    const [row] = (await store.audit.list({ card: toHex(uid), limit: 9 })).slice(-1);
    expect(row).toMatchObject({ action: 'card.unlocked', by: 'desk', time: NOW + 9, outcome: 'done' });

    await tries(store, 'goa-01', { uid, epoch: 1, open: 5, total: 5 });
    expect(await store.feed.card(uid)).toMatchObject({ locked: false });
    await tries(store, 'goa-02', { uid, epoch: 1, open: 5, total: 5 });
    expect(await store.feed.card(uid)).toMatchObject({ locked: true, epoch: 1 });
  });

  it('has what comes late of the time before count for nothing', async () => {
    const { store } = await storeFixture();
    const { uid } = await registered(store);
    await unlock(store, uid);
    await tries(store, 'goa-01', { uid, epoch: 0, open: 50, total: 50, locked: true });
    expect(await store.feed.card(uid)).toMatchObject({ locked: false, epoch: 1 });
  });

  it('is good for a card whose lock only a hub knows, and as often as it is asked for', async () => {
    const { store } = await storeFixture();
    const { uid } = await registered(store);
    for (const epoch of [1, 2]) {
      expect(await unlock(store, uid)).toMatchObject({ outcome: 'unlocked' });
      expect(await store.feed.card(uid)).toMatchObject({ epoch });
    }
  });

  it('does not help a card of which there is a copy, whatever else locks it', async () => {
    const { store } = await storeFixture();
    const { uid } = await registered(store);
    await newPin(store, 'goa-01', uid, 'patient');
    await newPin(store, 'goa-02', uid, 'thief');
    await tries(store, 'goa-01', { uid, epoch: 1, locked: true });
    const before = await store.feed.card(uid);
    expect(await unlock(store, uid)).toEqual({ outcome: 'copied' });
    expect(await store.feed.card(uid)).toEqual(before);
    expect(before).toMatchObject({ locked: true });
  });

  it('brings back no revoked card, and none that nobody knows', async () => {
    const { store } = await storeFixture();
    const { uid } = await registered(store);
    await store.cards.revoke(uid, 'lost', origin());
    expect(await unlock(store, uid)).toEqual({ outcome: 'revoked' });
    expect(await store.feed.card(uid)).toMatchObject({ revoked: true, epoch: 0 });
    expect(await unlock(store, bytes16('nobody'))).toEqual({ outcome: 'unknown' });
  });
});

describe('the history of a card', () => {
  it('tells in order what happened, also of locks that were lifted', async () => {
    const { store } = await storeFixture();
    const { uid, patientId } = await registered(store);
    await tries(store, 'goa-01', { uid, locked: true }, NOW + 1);
    await unlock(store, uid, NOW + 2);
    await newPin(store, 'goa-02', uid, 'cs 2');
    await tries(store, 'goa-02', { uid, epoch: 2, open: 2, total: 3 }, NOW + 6);
    const fresh = await registered(store, patientId);
    const details = await store.history.details(uid);
    expect(details?.history).toEqual([
      { what: 'registered', time: NOW, by: 'desk' },
      { what: 'revoked', time: NOW, reason: 'replaced' },
      { what: 'locked', time: NOW + 1, by: 'goa-01', cause: 'hub' },
      { what: 'unlocked', time: NOW + 2, by: 'desk' },
      { what: 'new PIN', time: NOW + 5, by: 'goa-02', pinVersion: 2 },
    ]);
    expect(details?.tries).toEqual([{ hub: 'goa-02', open: 2, total: 3 }]);
    expect(details?.others.map(({ uid: other }) => toHex(other))).toEqual([toHex(fresh.uid)]);
    expect(await store.history.details(bytes16('nobody'))).toBeUndefined();
  });

  it('says which hubs have the card as it stands, and when the others were heard last', async () => {
    const { store } = await storeFixture();
    const { uid } = await registered(store);
    await store.members.heardFrom('goa-01', NOW + 3, { cursor: 1 });
    await store.members.heardFrom('goa-02', NOW + 1, { cursor: 0 });
    expect((await store.history.details(uid))?.hubs).toEqual([
      { id: 'goa-01', location: 'Goa', current: true, lastSeen: NOW + 3 },
      { id: 'goa-02', location: 'Goa', current: false, lastSeen: NOW + 1 },
    ]);
    await store.cards.revoke(uid, 'lost', origin());
    expect((await store.history.details(uid))?.hubs?.map(({ current }) => current)).toEqual([false, false]);
  });
});
