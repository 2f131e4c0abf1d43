import { describe, expect, it } from 'vitest';
import { toHex } from '../../../protocol/bytes.ts';
import { REVOCATIONS_ALONE_MAX } from '../../../rc/store/held-cards.ts';
import type { RcStore } from '../../../rc/store/rc-store.ts';
import type { TryCount } from '../../../rc/store/reports.ts';
import { bytes16, bytes32, NOW, origin, registered, storeFixture } from './fixture.ts';

/** A registry that was restored; both hubs were members at the backup. */
async function restored() {
  const { store } = await storeFixture();
  await store.restores.begin({
    generation: bytes16('another generation'),
    now: NOW,
    since: { members: [], cards: [] },
    certificateFor: async () => ({
      fingerprint: bytes32('new certificate'),
      key: bytes32('new key'),
      expires: NOW + 1_000_000,
    }),
  });
  return store;
}

/** What a hub says that it holds as revoked; where it counted tries besides, those. */
function say(store: RcStore, hub: string, uids: readonly Uint8Array[], tries: readonly TryCount[] = []) {
  return store.reports.takeReports({
    origin: { ...origin(hub), role: 'hub' },
    tries,
    pins: [],
    held: uids.map((uid) => ({ uid, pinVersion: 1, revoked: true })),
    isProved: () => true,
  });
}

/** So many cards that nobody knows. */
function strange(count: number, name = 'strange'): Uint8Array[] {
  return Array.from({ length: count }, (_, index) => bytes16(`${name} ${index}`));
}

const alone = () => strange(REVOCATIONS_ALONE_MAX);

describe('a hub that says of cards that they were revoked before the restore', () => {
  it('is believed alone for so many, and beyond that once another hub says the same', async () => {
    const store = await restored();
    const { uid } = await registered(store);
    const lost = bytes16('registered and revoked since');
    expect((await say(store, 'goa-01', alone()))?.changed).toBe(true);
    expect(await store.restores.doubted(10)).toEqual({ count: 0, cards: [] });

    const taken = await say(store, 'goa-01', [uid, lost]);
    expect(taken?.notices).toEqual([
      { uid: lost, what: 'missing' },
      { uid, what: 'revocation doubted' },
    ]);
    expect(await store.cards.find(uid)).toMatchObject({ revoked: null });
    expect(await store.cards.find(lost)).toBeUndefined();
    const doubted = [uid, lost].map((each) => ({ uid: toHex(each), hub: 'goa-01', since: NOW }));
    const { count, cards } = await store.restores.doubted(10);
    expect(count).toBe(2);
    const shown = cards.map((card) => ({ ...card, uid: toHex(card.uid) }));
    expect(new Set(shown.map((card) => JSON.stringify(card)))).toEqual(
      new Set(doubted.map((card) => JSON.stringify(card))),
    );
    const rows = await store.audit.list({ limit: 1_000 });
    expect(rows.filter(({ action }) => action === 'revocations.doubted')).toMatchObject([
      { by: 'goa-01', role: 'hub', detail: 'cards=2' },
    ]);

    await say(store, 'goa-02', [uid, lost]);
    for (const each of [uid, lost]) {
      expect(await store.cards.find(each)).toMatchObject({ revoked: NOW, reason: 'other' });
    }
    expect((await store.restores.doubted(10)).count).toBe(0);
    expect((await store.restores.missing(10)).count).toBe(0);
  });

  it('is not believed for more by saying it again, in parts, or of cards that another told of', async () => {
    const store = await restored();
    const { uid } = await registered(store);
    for (const each of alone()) await say(store, 'goa-01', [each]);
    for (let again = 0; again < 3; again++) await say(store, 'goa-01', [uid]);
    expect(await store.cards.find(uid)).toMatchObject({ revoked: null });
    expect((await store.restores.doubted(10)).count).toBe(1);
  });

  it('leaves what it says to an operator, who may revoke the card, or the hub', async () => {
    const store = await restored();
    const [mine, other] = [await registered(store), await registered(store)];
    await say(store, 'goa-01', [...alone(), mine.uid, other.uid]);
    await store.cards.revoke(mine.uid, 'stolen', origin('first'));
    expect((await store.restores.doubted(10)).cards.map(({ uid }) => toHex(uid))).toEqual([toHex(other.uid)]);
    await store.revokeMember({ id: 'goa-01', kind: 'hub', origin: origin('first') });
    expect((await store.restores.doubted(10)).count).toBe(0);
    // A hub that lied bears nobody out.
    await say(store, 'goa-02', [...strange(REVOCATIONS_ALONE_MAX, 'other'), other.uid]);
    expect(await store.cards.find(other.uid)).toMatchObject({ revoked: null });
  });

  it('is told nothing, and nothing of it is taken, where it was revoked meanwhile', async () => {
    const store = await restored();
    const { uid } = await registered(store);
    await store.revokeMember({ id: 'goa-01', kind: 'hub', origin: origin('first') });
    const lock = { uid, epoch: 0, running: 1, open: 5, total: 50, locked: true };
    await expect(say(store, 'goa-01', [uid, bytes16('strange')], [lock])).rejects.toMatchObject({
      code: 'member-revoked',
    });
    expect(await store.cards.find(uid)).toMatchObject({ revoked: null, locked: false });
    expect(await store.cards.find(bytes16('strange'))).toBeUndefined();
    expect((await store.restores.doubted(10)).count).toBe(0);
  });
});

describe('tries that were summed over hubs of which one is revoked', () => {
  const tries = (uid: Uint8Array, open: number) => [
    { uid, epoch: 0, running: 1, open, total: open, locked: false },
  ];
  const told = (store: RcStore, hub: string, uid: Uint8Array, open: number) =>
    say(store, hub, [], tries(uid, open));

  it('lock the card no more where the others alone are too few, and do where they are enough', async () => {
    const { store } = await storeFixture();
    const [few, enough] = [await registered(store), await registered(store)];
    await told(store, 'goa-01', few.uid, 6);
    await told(store, 'goa-02', few.uid, 4);
    await told(store, 'goa-01', enough.uid, 1);
    await told(store, 'goa-02', enough.uid, 10);
    for (const { uid } of [few, enough]) expect(await store.cards.find(uid)).toMatchObject({ locked: true });
    const revocation = { id: 'goa-01', kind: 'hub', origin: origin('first') } as const;
    expect(await store.revokeMember(revocation)).toMatchObject({ outcome: 'revoked', unlocked: 1 });
    expect(await store.cards.find(few.uid)).toMatchObject({ locked: false });
    expect(await store.cards.find(enough.uid)).toMatchObject({ locked: true });
    // What it counted counts no more: five others lock the card again only with those of goa-02.
    await told(store, 'goa-02', few.uid, 4);
    expect(await store.cards.find(few.uid)).toMatchObject({ locked: false });
  });
});
