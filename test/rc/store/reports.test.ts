import { describe, expect, it } from 'vitest';
import { toHex } from '../../../protocol/bytes.ts';
import type { RcStore } from '../../../rc/store/rc-store.ts';
import type { NewPin, ReportsTaken, TryCount } from '../../../rc/store/reports.ts';
import { bytes16, bytes32, NOW, origin, registered, storeFixture } from './fixture.ts';

type Count = Partial<TryCount> & { readonly uid: Uint8Array };
type Pin = Partial<NewPin> & { readonly uid: Uint8Array };

const RIGHT_PROOF = bytes32('right');

/** Reports a hub's counts and new PINs; what is not said is a first, small, unlocked, changed, proved one. */
async function report(
  store: RcStore,
  hub: string,
  tries: Count[],
  pins: Pin[] = [],
  now = NOW,
): Promise<ReportsTaken> {
  return store.reports.takeReports({
    origin: { ...origin(hub, now), role: 'hub' },
    tries: tries.map((count) => ({ epoch: 0, running: 1, open: 0, total: 0, locked: false, ...count })),
    pins: pins.map((pin) => ({
      pinVersion: 2,
      base: (pin.pinVersion ?? 2) - 1,
      cs: bytes32('cs 2'),
      proof: RIGHT_PROOF,
      changed: true,
      ...pin,
    })),
    isProved: (_card, pin) => toHex(pin.proof) === toHex(RIGHT_PROOF),
  });
}

async function cardAfter(store: RcStore, uid: Uint8Array) {
  const card = await store.feed.card(uid);
  return card && { locked: card.locked, pinVersion: card.pinVersion, epoch: card.epoch, cs: toHex(card.cs) };
}

const asRegistered = { locked: false, pinVersion: 1, epoch: 0, cs: toHex(bytes32('cs 1')) };

describe('wrong tries', () => {
  it('are summed over the hubs, and lock the card everywhere at ten open ones', async () => {
    const { store } = await storeFixture();
    const { uid } = await registered(store);
    await report(store, 'goa-01', [{ uid, open: 5, total: 5 }]);
    expect(await cardAfter(store, uid)).toEqual(asRegistered);
    await report(store, 'goa-02', [{ uid, open: 4, total: 4 }]);
    expect(await cardAfter(store, uid)).toEqual(asRegistered);
    const taken = await report(store, 'goa-02', [{ uid, running: 2, open: 5, total: 5 }]);
    expect(taken.cards).toMatchObject([{ locked: true }]);
    expect(taken.notices).toMatchObject([{ what: 'locked by tries' }]);
    expect(taken.changed).toBe(true);
    expect((await store.cards.find(uid))?.locked).toBe(true);
    expect(await store.cards.count()).toMatchObject({ locked: 1 });
  });

  it('lock the card at fifty in all, though right logins came between', async () => {
    const { store } = await storeFixture();
    const { uid } = await registered(store);
    await report(store, 'goa-01', [{ uid, open: 0, total: 25 }]);
    await report(store, 'goa-02', [{ uid, open: 0, total: 24 }]);
    expect(await cardAfter(store, uid)).toMatchObject({ locked: false });
    await report(store, 'goa-02', [{ uid, running: 2, open: 0, total: 25 }]);
    expect(await cardAfter(store, uid)).toMatchObject({ locked: true });
  });

  it('count by each hub’s latest report, whatever order they come in', async () => {
    const { store } = await storeFixture();
    const { uid } = await registered(store);
    await report(store, 'goa-01', [{ uid, running: 7, open: 0, total: 5 }]);
    await report(store, 'goa-01', [{ uid, running: 6, open: 5, total: 5 }]);
    await report(store, 'goa-01', [{ uid, running: 7, open: 5, total: 5 }]);
    await report(store, 'goa-02', [{ uid, running: 1, open: 5, total: 5 }]);
    await report(store, 'goa-02', [{ uid, running: 1, open: 5, total: 5 }]);
    expect(await cardAfter(store, uid)).toEqual(asRegistered);
  });

  it('of another epoch count for nothing, and neither does a lock of one', async () => {
    const { store } = await storeFixture();
    const { uid } = await registered(store);
    await report(store, 'goa-01', [{ uid, open: 5, total: 5 }]);
    await report(store, 'goa-01', [], [{ uid }]);
    await report(store, 'goa-01', [{ uid, running: 99, open: 50, total: 50, locked: true }]);
    await report(store, 'goa-01', [{ uid, epoch: 2, running: 99, open: 50, total: 50, locked: true }]);
    expect(await cardAfter(store, uid)).toMatchObject({ locked: false, epoch: 1 });
    // What was counted under the old PIN is forgotten, the running number with it.
    await report(store, 'goa-02', [{ uid, epoch: 1, running: 1, open: 9, total: 9 }]);
    expect(await cardAfter(store, uid)).toMatchObject({ locked: false });
    await report(store, 'goa-01', [{ uid, epoch: 1, running: 1, open: 1, total: 1 }]);
    expect(await cardAfter(store, uid)).toMatchObject({ locked: true });
  });

  it('of unknown and of revoked cards are passed over', async () => {
    const { store } = await storeFixture();
    const { uid } = await registered(store);
    await store.cards.revoke(uid, 'lost', origin());
    const tries = [
      { uid: bytes16('nobody'), locked: true },
      { uid, locked: true },
    ];
    const taken = await report(store, 'goa-01', tries, [{ uid: bytes16('nobody') }, { uid }]);
    expect(taken).toMatchObject({ cards: [{ revoked: true, locked: false, pinVersion: 1 }], changed: false });
  });
});

describe('a lock', () => {
  it('that one hub made holds everywhere, and is on the feed once', async () => {
    const { store } = await storeFixture();
    const { uid } = await registered(store);
    const taken = await report(store, 'goa-01', [{ uid, locked: true, open: 5, total: 5 }]);
    expect(taken.notices).toMatchObject([{ what: 'locked by hub' }]);
    expect(await cardAfter(store, uid)).toMatchObject({ locked: true, epoch: 0 });
    expect(await store.feed.latest()).toBe(2);

    const again = await report(store, 'goa-01', [{ uid, locked: true, open: 5, total: 5 }]);
    expect(again).toMatchObject({ notices: [], changed: false });
    await report(store, 'goa-02', [{ uid, locked: true }]);
    expect(await store.feed.latest()).toBe(2);
  });

  it('counts also when a later report came before it', async () => {
    const { store } = await storeFixture();
    const { uid } = await registered(store);
    await report(store, 'goa-01', [{ uid, running: 9 }]);
    await report(store, 'goa-01', [{ uid, running: 8, locked: true }]);
    expect(await cardAfter(store, uid)).toMatchObject({ locked: true });
  });
});

describe('a new PIN', () => {
  it('takes the old one’s place, lifts the lock and starts the counts anew', async () => {
    const fixture = await storeFixture();
    const { uid } = await registered(fixture.store);
    await report(fixture.store, 'goa-01', [{ uid, open: 5, total: 5, locked: true }]);
    const taken = await report(fixture.store, 'goa-01', [], [{ uid }]);
    const expected = { locked: false, pinVersion: 2, epoch: 1, cs: toHex(bytes32('cs 2')) };
    expect(taken).toMatchObject({ cards: [{ locked: false, pinVersion: 2 }], changed: true });
    expect(await cardAfter(fixture.store, uid)).toEqual(expected);
    expect(await cardAfter(fixture.reopen(), uid)).toEqual(expected);
  });

  it('that is pending changes nothing until the card carries it', async () => {
    const { store } = await storeFixture();
    const { uid } = await registered(store);
    expect(await report(store, 'goa-01', [], [{ uid, changed: false }])).toMatchObject({ changed: false });
    expect(await cardAfter(store, uid)).toEqual(asRegistered);
    await report(store, 'goa-01', [], [{ uid }]);
    expect(await cardAfter(store, uid)).toMatchObject({ pinVersion: 2 });
    await report(store, 'goa-01', [], [{ uid, changed: false }]);
    expect(await cardAfter(store, uid)).toMatchObject({ pinVersion: 2, locked: false, epoch: 1 });
  });

  it('is not believed without its proof', async () => {
    const { store } = await storeFixture();
    const { uid } = await registered(store);
    const taken = await report(store, 'goa-01', [], [{ uid, proof: bytes32('wrong') }]);
    expect(taken).toMatchObject({ notices: [{ what: 'pin not proved' }], changed: false });
    expect(await cardAfter(store, uid)).toEqual(asRegistered);
    await report(store, 'goa-02', [], [{ uid, cs: bytes32('the true one') }]);
    expect(await cardAfter(store, uid)).toMatchObject({ cs: toHex(bytes32('the true one')), locked: false });
  });

  it('is taken once, however often it is told', async () => {
    const { store } = await storeFixture();
    const { uid } = await registered(store);
    await report(store, 'goa-01', [], [{ uid }, { uid }]);
    await report(store, 'goa-02', [], [{ uid }]);
    expect(await cardAfter(store, uid)).toMatchObject({ pinVersion: 2, epoch: 1, locked: false });
    expect(await store.feed.latest()).toBe(2);
  });

  it('that comes late never takes a newer one’s place', async () => {
    const { store } = await storeFixture();
    const { uid } = await registered(store);
    await report(store, 'goa-01', [], [{ uid, pinVersion: 3, cs: bytes32('cs 3') }]);
    await report(store, 'goa-02', [], [{ uid, pinVersion: 2, cs: bytes32('cs 2') }]);
    const newest = { pinVersion: 3, cs: toHex(bytes32('cs 3')), epoch: 1, locked: false };
    expect(await cardAfter(store, uid)).toEqual(newest);
  });

  it('of the last version, 65,535, is taken', async () => {
    const { store } = await storeFixture();
    const { uid } = await registered(store);
    await report(store, 'goa-01', [], [{ uid, pinVersion: 65_535 }]);
    expect(await cardAfter(store, uid)).toMatchObject({ pinVersion: 65_535 });
  });
});

describe('a new PIN that is pending', () => {
  const pending = async (store: RcStore, uid: Uint8Array) =>
    (await store.feed.card(uid))?.pending.map(({ pinVersion, cs }) => [pinVersion, toHex(cs)]);
  const key = (name: string) => toHex(bytes32(name));

  it('is handed on with the card, the latest first, and stays through a restart', async () => {
    const fixture = await storeFixture();
    const { uid } = await registered(fixture.store);
    expect(await pending(fixture.store, uid)).toEqual([]);
    await report(fixture.store, 'goa-01', [], [{ uid, changed: false }]);
    const pins = [
      { uid, cs: bytes32('other 2'), changed: false },
      { uid, cs: bytes32('cs 3'), pinVersion: 3, base: 1, changed: false },
    ];
    const taken = await report(fixture.store, 'goa-02', [], pins, NOW + 1);
    const expected = [
      [3, key('cs 3')],
      [2, key('other 2')],
      [2, key('cs 2')],
    ];
    expect(await pending(fixture.store, uid)).toEqual(expected);
    expect(taken.cards[0]?.pending).toHaveLength(3);
    const page = await fixture.store.feed.changesAfter(0, 10);
    expect(page.changes[0]?.card.pending).toHaveLength(3);
    expect(await pending(fixture.reopen(), uid)).toEqual(expected);
  });

  it('is not handed on without its proof, nor with another card', async () => {
    const { store } = await storeFixture();
    const [{ uid }, other] = [await registered(store), await registered(store)];
    await report(store, 'goa-01', [], [{ uid, proof: bytes32('wrong'), changed: false }]);
    await report(store, 'goa-01', [], [{ uid: other.uid, changed: false }]);
    expect(await pending(store, uid)).toEqual([]);
    expect(await pending(store, other.uid)).toEqual([[2, key('cs 2')]]);
  });

  it('is void once another has the card, also when it is told again, and those after it are not', async () => {
    const { store } = await storeFixture();
    const { uid } = await registered(store);
    const early = { uid, pinVersion: 3, base: 1, cs: bytes32('early'), changed: false };
    await report(store, 'goa-01', [], [early, { uid, changed: false }]);
    await report(store, 'goa-02', [], [{ uid }]);
    expect(await pending(store, uid)).toEqual([]);
    await report(store, 'goa-01', [], [early]);
    expect(await pending(store, uid)).toEqual([]);
    await report(store, 'goa-02', [], [{ uid, pinVersion: 3, cs: bytes32('late'), changed: false }]);
    expect(await pending(store, uid)).toEqual([[3, key('late')]]);
  });

  it('is not one whose version has passed when it is told of', async () => {
    const { store } = await storeFixture();
    const { uid } = await registered(store);
    await report(store, 'goa-01', [], [{ uid, pinVersion: 3, cs: bytes32('cs 3') }]);
    for (const pinVersion of [2, 3]) {
      await report(store, 'goa-02', [], [{ uid, pinVersion, cs: bytes32('late'), changed: false }]);
    }
    expect(await pending(store, uid)).toEqual([]);
  });

  it('is one of the latest eight', async () => {
    const { store } = await storeFixture();
    const { uid } = await registered(store);
    const pins = Array.from({ length: 9 }, (_, index) => ({
      uid,
      pinVersion: 2 + index,
      base: 1,
      changed: false,
    }));
    await report(store, 'goa-01', [], pins);
    expect((await pending(store, uid))?.map(([version]) => version)).toEqual([10, 9, 8, 7, 6, 5, 4, 3]);
  });
});

describe('two keys under one PIN version', () => {
  it('that are both in use mean a copy: the card is locked and the operator told, in whatever order', async () => {
    for (const order of [
      ['one', 'other'],
      ['other', 'one'],
    ]) {
      const { store } = await storeFixture();
      const { uid } = await registered(store);
      const [first = '', second = ''] = order;
      await report(store, 'goa-01', [], [{ uid, cs: bytes32(first) }]);
      const taken = await report(store, 'goa-02', [], [{ uid, cs: bytes32(second) }]);
      expect(taken).toMatchObject({ notices: [{ what: 'locked as copied' }], changed: true });
      expect(await cardAfter(store, uid)).toMatchObject({
        locked: true,
        pinVersion: 2,
        cs: toHex(bytes32(first)),
      });
    }
  });

  it('are found also when the version has passed since', async () => {
    const { store } = await storeFixture();
    const { uid } = await registered(store);
    await report(store, 'goa-01', [], [{ uid }, { uid, pinVersion: 3, cs: bytes32('cs 3') }]);
    await report(store, 'goa-02', [], [{ uid, cs: bytes32('the copy’s') }]);
    expect(await cardAfter(store, uid)).toMatchObject({ locked: true, pinVersion: 3 });
  });

  it('the registered one among them, are a copy too', async () => {
    const { store } = await storeFixture();
    const { uid } = await registered(store);
    await report(store, 'goa-01', [], [{ uid, pinVersion: 1, cs: bytes32('another') }]);
    expect(await cardAfter(store, uid)).toMatchObject({ ...asRegistered, locked: true });
  });

  it('of which one was never written to the card are none: the change is tried again at another hub', async () => {
    const { store } = await storeFixture();
    const { uid } = await registered(store);
    await report(store, 'goa-01', [], [{ uid, cs: bytes32('never written'), changed: false }]);
    await report(store, 'goa-02', [], [{ uid, cs: bytes32('written') }]);
    expect(await cardAfter(store, uid)).toMatchObject({ locked: false, cs: toHex(bytes32('written')) });
  });

  it('keep the card locked whatever PIN comes next: it may be the thief who sets it', async () => {
    const { store } = await storeFixture();
    const { uid } = await registered(store);
    await report(store, 'goa-01', [], [{ uid }]);
    await report(store, 'goa-02', [], [{ uid, cs: bytes32('the copy’s') }]);
    await report(store, 'goa-02', [], [{ uid, pinVersion: 3, cs: bytes32('the copy’s next') }]);
    expect(await cardAfter(store, uid)).toMatchObject({ locked: true, pinVersion: 2 });
    await report(store, 'goa-01', [], [{ uid, pinVersion: 4, cs: bytes32('cs 4') }]);
    expect(await cardAfter(store, uid)).toMatchObject({ locked: true, pinVersion: 2 });
  });
});

describe('a new PIN that was made from an old image of the card', () => {
  const skipped = { pinVersion: 3, base: 1, cs: bytes32('the copy’s') };

  it('and skips the patient’s own, is a copy’s: the card is locked and keeps its PIN', async () => {
    const { store } = await storeFixture();
    const { uid } = await registered(store);
    await report(store, 'goa-01', [], [{ uid }]);
    const taken = await report(store, 'goa-02', [], [{ uid, ...skipped }]);
    expect(taken.notices).toMatchObject([{ what: 'locked as copied' }]);
    expect(await cardAfter(store, uid)).toMatchObject({
      locked: true,
      pinVersion: 2,
      cs: toHex(bytes32('cs 2')),
    });
  });

  it('is found also where it is told of before the patient’s own', async () => {
    const { store } = await storeFixture();
    const { uid } = await registered(store);
    await report(store, 'goa-02', [], [{ uid, ...skipped }]);
    const taken = await report(store, 'goa-01', [], [{ uid }]);
    expect(taken.notices).toMatchObject([{ what: 'locked as copied' }]);
    expect(await cardAfter(store, uid)).toMatchObject({ locked: true });
  });

  it('is not handed on while it is pending', async () => {
    const { store } = await storeFixture();
    const { uid } = await registered(store);
    await report(store, 'goa-01', [], [{ uid }]);
    await report(store, 'goa-02', [], [{ uid, ...skipped, changed: false }]);
    expect((await store.feed.card(uid))?.pending).toEqual([]);
    expect(await cardAfter(store, uid)).toMatchObject({ locked: false, pinVersion: 2 });
  });

  it('is the patient’s where the one it skips was never written', async () => {
    const { store } = await storeFixture();
    const { uid } = await registered(store);
    await report(store, 'goa-01', [], [{ uid, changed: false }]);
    await report(store, 'goa-01', [], [{ uid, pinVersion: 3, base: 1, cs: bytes32('cs 3') }]);
    expect(await cardAfter(store, uid)).toMatchObject({ locked: false, pinVersion: 3 });
  });

  it('is taken by a registration centre that was restored and knows nothing of the one before', async () => {
    const { store } = await storeFixture();
    const { uid } = await registered(store);
    await report(store, 'goa-01', [], [{ uid, pinVersion: 3, base: 2, cs: bytes32('cs 3') }]);
    await report(store, 'goa-02', [], [{ uid }]);
    expect(await cardAfter(store, uid)).toMatchObject({ locked: false, pinVersion: 3 });
  });

  it('is not believed where it says that it was made from itself', async () => {
    const { store } = await storeFixture();
    const { uid } = await registered(store);
    const taken = await report(store, 'goa-01', [], [{ uid, pinVersion: 2, base: 2 }]);
    expect(taken).toMatchObject({ notices: [{ what: 'pin not proved' }], changed: false });
  });
});
