import { describe, expect, it } from 'vitest';
import { toHex } from '../../../protocol/bytes.ts';
import { bytes16, changes, NOW, origin, registered, storeFixture } from './fixture.ts';

describe('the cards', () => {
  it('are revoked once, for the first reason given', async () => {
    const fixture = await storeFixture();
    const { uid } = await registered(fixture.store);
    const revoked = await fixture.store.cards.revoke(uid, 'lost', origin('desk', NOW + 1));
    expect(revoked).toMatchObject({ revoked: NOW + 1, reason: 'lost' });
    expect(await fixture.reopen().cards.revoke(uid, 'stolen', origin('desk', NOW + 2))).toEqual(revoked);
    expect(await changes(fixture.store)).toEqual([[2, toHex(uid)]]);
  });

  it('that do not exist cannot be revoked', async () => {
    const { store } = await storeFixture();
    expect(await store.cards.revoke(bytes16('nobody'), 'lost', origin())).toBeUndefined();
    expect(await store.feed.latest()).toBe(0);
  });

  it('are listed in the order of their registration, page by page', async () => {
    const { store } = await storeFixture();
    const uids: string[] = [];
    for (let i = 0; i < 5; i++) uids.push(toHex((await registered(store)).uid));

    const listed: string[] = [];
    let after: Uint8Array | undefined;
    for (let pages = 0; pages < 10; pages++) {
      const page = await store.cards.list({ limit: 2, after });
      listed.push(...(page?.cards ?? []).map((card) => toHex(card.uid)));
      if (page?.next === null) break;
      after = page?.next;
    }
    expect(listed).toEqual(uids);
    expect(await store.cards.list({ limit: 2, after: bytes16('nobody') })).toBeUndefined();
  });

  it('are listed and counted by their status', async () => {
    const { store } = await storeFixture();
    const kept = await registered(store);
    const gone = await registered(store);
    await store.cards.revoke(gone.uid, 'other', origin());
    const uidsOf = async (status: 'active' | 'revoked') =>
      (await store.cards.list({ limit: 10, status }))?.cards.map((card) => toHex(card.uid));
    expect(await uidsOf('active')).toEqual([toHex(kept.uid)]);
    expect(await uidsOf('revoked')).toEqual([toHex(gone.uid)]);
    expect(await store.cards.count()).toEqual({ active: 1, revoked: 1, locked: 0 });
  });
});
