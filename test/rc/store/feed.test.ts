import { describe, expect, it } from 'vitest';
import { toHex } from '../../../protocol/bytes.ts';
import { changes, NOW, origin, registered, storeFixture } from './fixture.ts';

describe('the feed', () => {
  it('has nothing in it at first', async () => {
    const { store } = await storeFixture();
    expect(await store.feed.changesAfter(0, 10)).toEqual({ changes: [], cursor: 0, more: false });
  });

  it('gives all changes in order, page by page', async () => {
    const { store } = await storeFixture();
    const uids: string[] = [];
    for (let i = 0; i < 5; i++) uids.push(toHex((await registered(store)).uid));

    const first = await store.feed.changesAfter(0, 3);
    expect(first).toMatchObject({ cursor: 3, more: true });
    const second = await store.feed.changesAfter(first.cursor, 3);
    expect(second).toMatchObject({ cursor: 5, more: false });
    expect([...first.changes, ...second.changes].map(({ card }) => toHex(card.uid))).toEqual(uids);
  });

  it('says there is no more when a page ends exactly at the last change', async () => {
    const { store } = await storeFixture();
    await registered(store);
    await registered(store);
    expect(await store.feed.changesAfter(0, 2)).toMatchObject({ cursor: 2, more: false });
  });

  it('gives a card that changed many times once, as it is now', async () => {
    const { store } = await storeFixture();
    const first = await registered(store);
    const second = await registered(store);
    await store.cards.revoke(first.uid, 'lost', origin());
    expect(await changes(store)).toEqual([
      [2, toHex(second.uid)],
      [3, toHex(first.uid)],
    ]);
    const [, last] = (await store.feed.changesAfter(0, 10)).changes;
    expect(last?.card).toMatchObject({ revoked: true, locked: false, pinVersion: 1, epoch: 0 });
    expect(await changes(store, 2)).toEqual([[3, toHex(first.uid)]]);
  });

  it('keeps its generation and its numbers over a restart', async () => {
    const fixture = await storeFixture();
    await registered(fixture.store);
    const generation = toHex(await fixture.store.feed.generation());
    const store = fixture.reopen();
    expect(toHex(await store.feed.generation())).toBe(generation);
    await registered(store);
    expect(await store.feed.latest()).toBe(2);
  });

  it('tells for each hub how many cards it has not taken yet, and when it was heard', async () => {
    const { store } = await storeFixture();
    const card = await registered(store);
    await registered(store);
    await store.members.heardFrom('goa-01', NOW + 5, { cursor: 2 });
    await store.cards.revoke(card.uid, 'lost', origin());
    await store.members.heardFrom('goa-01', NOW + 6);
    expect(await store.members.hubs(NOW)).toMatchObject([
      { id: 'goa-01', behind: 1, lastSeen: NOW + 6, revoked: false },
      { id: 'goa-02', behind: 2, lastSeen: null, revoked: false },
    ]);
  });
});
