import SqliteDatabase from 'better-sqlite3';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { HttpsClient } from '../../certs/https-client.ts';
import type { RcClient } from '../../certs/rc-client.ts';
import { fromHex, toHex } from '../../protocol/bytes.ts';
import { noble } from '../../protocol/crypto/noble.ts';
import { pinChangeProof } from '../../protocol/pin-change.ts';
import { COMPACT_FEED, cardInBytes } from '../../protocol/rc-api/compact-feed.ts';
import { CompactPage } from '../../protocol/rc-api/compact-page.ts';
import { type FeedQuery, JSON_PAGE_MAX } from '../../protocol/rc-api/feed.ts';
import { FeedSignal } from '../../rc/feed-signal.ts';
import { rcPaths } from '../../rc/folder.ts';
import { changesIn } from '../support/compact-feed.ts';
import { fillRegistry } from '../support/fill-registry.ts';
import { begin, completion, randomHex, register } from './registering.ts';
import { TestRc } from './running-rc.ts';

/** A length that nothing else waits for. */
const POLL_S = 37;
const POLL_MS = POLL_S * 1000;

describe('the feed over the API', () => {
  it('gives each hub its own secrets of a card, and its own name of the patient', async () => {
    const rc = await TestRc.start();
    const one = await rc.admitHub('goa-01');
    const two = await rc.admitHub('goa-02');
    await register(await rc.admin());
    const [[a], [b]] = [(await one.client.feed({})).changes, (await two.client.feed({})).changes];
    expect(a?.card.uid).toBe(b?.card.uid);
    expect(a?.card.oprfSeed).toBe(b?.card.oprfSeed);
    expect(a?.card.psk).not.toBe(b?.card.psk);
    expect(a?.card.subject).not.toBe(b?.card.subject);
  });

  it('goes on where the hub left off, page by page', async () => {
    const rc = await TestRc.start();
    const admin = await rc.admin();
    const { client } = await rc.admitHub('goa-01');
    const uids: string[] = [];
    for (let i = 0; i < 3; i++) uids.push((await register(admin)).uid);

    const first = await client.feed({ limit: 2 });
    expect(first).toMatchObject({ cursor: 2, more: true, time: rc.clock.now() });
    const { generation } = first;
    const second = await client.feed({ generation, after: first.cursor, limit: 2 });
    expect(second).toMatchObject({ cursor: 3, more: false });
    expect([...first.changes, ...second.changes].map(({ card }) => card.uid)).toEqual(uids);
    expect(await client.feed({ generation, after: 3 })).toMatchObject({
      changes: [],
      cursor: 3,
      more: false,
    });
  });

  it('starts from the beginning for a hub of another generation, of none, and for one ahead of it', async () => {
    const rc = await TestRc.start();
    const { client } = await rc.admitHub('goa-01');
    await register(await rc.admin());
    const { generation } = await client.feed({});
    for (const query of [{ generation: randomHex(16), after: 1 }, { after: 1 }, { generation, after: 99 }]) {
      expect(await client.feed(query)).toMatchObject({ generation, changes: [{ sequence: 1 }], cursor: 1 });
    }
  });

  it('tells of a revocation as soon as it is made to a hub that waits', async () => {
    const rc = await TestRc.start();
    const admin = await rc.admin();
    const { client } = await rc.admitHub('goa-01');
    const { uid } = await register(admin);
    const { generation, cursor } = await client.feed({});

    const waiting = client.feed({ generation, after: cursor, wait: POLL_S });
    await rc.clock.untilWaiting(POLL_MS, 1);
    await admin.revokeCard(uid, 'lost');
    const page = await waiting;
    expect(page).toMatchObject({ changes: [{ sequence: 2, card: { uid, status: 'revoked' } }], cursor: 2 });
  });

  it('wakes no hub before what it is woken for is on the disk, also where many cards are registered at once', async () => {
    const rc = await TestRc.start();
    const admin = await rc.admin();
    const begun = await Promise.all(Array.from({ length: 8 }, () => begin(admin)));
    const disk = new SqliteDatabase(rcPaths(rc.folder).store, { readonly: true });
    const written = disk.prepare<[], number>('SELECT count(*) FROM cards').pluck();
    const wakes: { readonly wake: number; readonly written: number }[] = [];
    const announce = vi.spyOn(FeedSignal.prototype, 'announce').mockImplementation(() => {
      wakes.push({ wake: wakes.length + 1, written: written.get() ?? 0 });
    });
    onTestFinished(() => {
      announce.mockRestore();
      disk.close();
    });
    await Promise.all(
      begun.map(({ registrationId }) => admin.completeRegistration(registrationId, completion())),
    );
    expect(wakes).toHaveLength(begun.length);
    for (const seen of wakes) expect(seen.written).toBeGreaterThanOrEqual(seen.wake);
  });

  it('answers a hub that waits with nothing when its time is over', async () => {
    const rc = await TestRc.start();
    const { client } = await rc.admitHub('goa-01');
    const { generation } = await client.feed({});
    const waiting = client.feed({ generation, after: 0, wait: POLL_S });
    await rc.clock.untilWaiting(POLL_MS, 1);
    const before = rc.clock.now();
    await rc.clock.advance(POLL_MS);
    expect(await waiting).toMatchObject({ changes: [], cursor: 0, time: before + POLL_MS });
  });

  it('lets go of hubs that wait when it closes', async () => {
    const rc = await TestRc.start();
    const { client } = await rc.admitHub('goa-01');
    const { generation } = await client.feed({});
    const waiting = client.feed({ generation, after: 0, wait: POLL_S });
    await rc.clock.untilWaiting(POLL_MS, 1);
    await rc.running.close();
    expect(await waiting).toMatchObject({ changes: [], cursor: 0 });
  });

  it('forgets a hub that hangs up while it waits', async () => {
    const rc = await TestRc.start();
    const { client } = await rc.admitHub('goa-01');
    const { generation } = await client.feed({});
    const hangUp = new AbortController();
    const waiting = client.feed({ generation, after: 0, wait: POLL_S }, hangUp.signal);
    await rc.clock.untilWaiting(POLL_MS, 1);
    hangUp.abort(new Error('hung up'));
    await expect(waiting).rejects.toThrow('hung up');
    await rc.clock.untilWaiting(POLL_MS, 0);
  });

  it('shows one card as it is now to a hub that has not heard of it', async () => {
    const rc = await TestRc.start();
    const admin = await rc.admin();
    const { client } = await rc.admitHub('goa-01');
    const { uid } = await register(admin);
    const [change] = (await client.feed({})).changes;
    expect(await client.feedCard(uid)).toEqual({ card: change?.card });
    await admin.revokeCard(uid, 'lost');
    expect((await client.feedCard(uid)).card?.status).toBe('revoked');
    expect(await client.feedCard(randomHex(16))).toEqual({ card: null });
  });

  it('does not know a card whose registration was not completed', async () => {
    const rc = await TestRc.start();
    const admin = await rc.admin();
    const { client } = await rc.admitHub('goa-01');
    const { uid, registrationId } = await begin(admin);
    expect(await client.feedCard(uid)).toEqual({ card: null });
    await admin.completeRegistration(registrationId, completion());
    expect((await client.feedCard(uid)).card?.uid).toBe(uid);
  });

  it('lets operators see when each hub was heard, and how far behind it is', async () => {
    const rc = await TestRc.start();
    const admin = await rc.admin();
    const { client } = await rc.admitHub('goa-01');
    await rc.admitHub('goa-02');
    await register(admin);
    await register(admin);
    const { generation } = await client.feed({ limit: 1 });
    await client.feed({ generation, after: 1 });
    expect((await admin.hubs()).hubs).toMatchObject([
      { id: 'goa-01', lastSeen: rc.clock.now(), behind: 1 },
      { id: 'goa-02', lastSeen: null, behind: 2 },
    ]);
    expect(await admin.status()).toMatchObject({
      generation,
      sequence: 2,
      cards: { active: 2, revoked: 0, locked: 0 },
      members: { hubs: 2, devices: 0, operators: 1 },
      hubs: [{ id: 'goa-01' }, { id: 'goa-02' }],
    });
  });
});

async function inBytes(client: RcClient, query: FeedQuery): Promise<CompactPage> {
  const page = await client.feedInBytes(query);
  if (!(page instanceof CompactPage)) throw new Error('it came in JSON');
  return page;
}

describe('the feed in bytes', () => {
  it('says of every card what it says in JSON', async () => {
    const rc = await TestRc.start();
    const admin = await rc.admin();
    const { client } = await rc.admitHub('goa-01');
    const [prepared, revoked, locked] = [await register(admin), await register(admin), await register(admin)];
    await register(admin);
    await admin.revokeCard(revoked.uid, 'lost');
    const cs = randomHex(32);
    const proof = toHex(pinChangeProof(noble, prepared.usk, 2, fromHex(cs)));
    await client.report({
      tries: [{ uid: locked.uid, epoch: 0, running: 1, open: 10, total: 10, locked: true }],
      pins: [{ uid: prepared.uid, pinVersion: 2, base: 1, cs, proof, changed: false }],
    });
    const { changes, ...head } = await client.feed({});
    const page = await inBytes(client, {});
    expect(page).toMatchObject(head);
    expect(changesIn(page)).toEqual(
      changes.map(({ sequence, card }) => ({ sequence, card: cardInBytes(card) })),
    );
    const { card: seen } = changesIn(page).find(({ card }) => toHex(card.uid) === prepared.uid) ?? {};
    expect(seen?.pending).toEqual([{ pinVersion: 2, cs: fromHex(cs), proof: fromHex(proof) }]);
  });

  it('has pages of more cards than JSON has', async () => {
    const rc = await TestRc.init();
    const count = JSON_PAGE_MAX + 200;
    fillRegistry(rcPaths(rc.folder).store, count);
    await rc.serve();
    const { client } = await rc.admitHub('goa-01');
    const inJson = await client.feed({ limit: count - 50 });
    expect(inJson).toMatchObject({ cursor: JSON_PAGE_MAX, more: true });
    const first = await inBytes(client, { limit: count - 50 });
    expect(first).toMatchObject({ count: count - 50, cursor: count - 50, more: true });
    const last = await inBytes(client, { generation: first.generation, after: first.cursor, limit: 1_000 });
    expect(last).toMatchObject({ count: 50, cursor: count, more: false });
    const uids = [first, last].flatMap((page) => changesIn(page).map(({ card }) => toHex(card.uid)));
    expect(new Set(uids).size).toBe(count);
    expect(uids.slice(0, JSON_PAGE_MAX)).toEqual(inJson.changes.map(({ card }) => card.uid));
  });

  it('tells of a revocation as soon as it is made to a hub that waits, and of nothing when its time is over', async () => {
    const rc = await TestRc.start();
    const admin = await rc.admin();
    const { client } = await rc.admitHub('goa-01');
    const { uid } = await register(admin);
    const { generation, cursor } = await inBytes(client, {});
    const waiting = inBytes(client, { generation, after: cursor, wait: POLL_S });
    await rc.clock.untilWaiting(POLL_MS, 1);
    await admin.revokeCard(uid, 'lost');
    const page = await waiting;
    expect([page.cursor, changesIn(page).map(({ card }) => card.revoked)]).toEqual([2, [true]]);
    const again = inBytes(client, { generation, after: 2, wait: POLL_S });
    await rc.clock.untilWaiting(POLL_MS, 1);
    await rc.clock.advance(POLL_MS);
    expect(await again).toMatchObject({ count: 0, cursor: 2, more: false });
  });

  it('loses nothing that changes while a large page is put together', async () => {
    const rc = await TestRc.init();
    const count = 2_500;
    fillRegistry(rcPaths(rc.folder).store, count);
    await rc.serve();
    const admin = await rc.admin();
    const { client } = await rc.admitHub('goa-01');
    const uids = (await admin.cards({ limit: 20 })).cards.map(({ uid }) => uid);
    let isRevoking = true;
    const revoking = (async () => {
      for (const uid of uids) await admin.revokeCard(uid, 'lost');
      isRevoking = false;
    })();
    const heard = new Map<string, boolean>();
    for (let query: FeedQuery = { limit: 2_400 }, isOver = false; !isOver; ) {
      const wasRevoking = isRevoking;
      const page = await inBytes(client, query);
      for (const { card } of changesIn(page)) heard.set(toHex(card.uid), card.revoked);
      query = { generation: page.generation, after: page.cursor, limit: 2_400 };
      isOver = !wasRevoking && !page.more;
    }
    await revoking;
    expect(heard.size).toBe(count);
    expect([...heard].filter(([, revoked]) => revoked).map(([uid]) => uid)).toEqual(
      expect.arrayContaining(uids),
    );
    expect([...heard.values()].filter(Boolean)).toHaveLength(uids.length);
  });

  it('is for those who ask for it, in whatever way HTTP has for that', async () => {
    const rc = await TestRc.start();
    const { identity } = await rc.admitHub('goa-01');
    const { surroundings, running } = rc;
    const client = new HttpsClient({ surroundings, address: running.address, identity });
    const isInBytes = async (accepted: string) => {
      const request = { method: 'GET', path: '/v1/feed', inBytes: accepted } as const;
      const outcome = await client.request(request).catch((error: unknown) => error);
      // The client takes nothing for JSON that says it is something else.
      return outcome instanceof Error;
    };
    expect(await isInBytes(`text/html, ${COMPACT_FEED.toUpperCase()};q=1`)).toBe(true);
    expect(await isInBytes(`${COMPACT_FEED}-2`)).toBe(false);
    expect(await isInBytes('*/*')).toBe(false);
    client.close();
  });
});
