import fc from 'fast-check';
import { describe, expect, it, onTestFinished } from 'vitest';
import { createHubStore, type HubStore, openHubStore } from '../../hub/store/store.ts';
import { fromHex, toHex } from '../../protocol/bytes.ts';
import type { HubCard } from '../../protocol/rc-api/cards.ts';
import type { FeedPage } from '../../protocol/rc-api/feed.ts';
import { temporaryFolder } from '../runtime/temporary-folder.ts';
import { compactPage } from '../support/compact-feed.ts';
import { Site, until } from './site.ts';

const PIN = '246810';

function openStore(): HubStore {
  const folder = temporaryFolder();
  createHubStore(folder);
  const store = openHubStore(folder);
  onTestFinished(() => store.close());
  return store;
}

function uidOf(number: number): string {
  return number.toString(16).padStart(32, '0');
}

function card(number: number, changes: Partial<HubCard> = {}): HubCard {
  const filled = (length: number) => number.toString(16).padStart(2 * length, 'a');
  return {
    uid: uidOf(number),
    status: 'active',
    locked: false,
    subject: filled(16),
    cs: filled(32),
    rs: number % 3 === 0 ? null : filled(32),
    psk: filled(32),
    oprfSeed: filled(32),
    pinVersion: 1,
    epoch: 0,
    pending: [],
    ...changes,
  };
}

function pageOf(cards: readonly HubCard[], head: Partial<FeedPage> = {}): FeedPage {
  const changes = cards.map((each, index) => ({ sequence: index + 1, card: each }));
  return { generation: 'ab'.repeat(16), time: 5, cursor: 1_000, more: false, changes, ...head };
}

describe('a page of the feed in bytes', () => {
  const CARDS = 40;
  const pin = fc.record({
    pinVersion: fc.integer({ min: 2, max: 5 }),
    cs: fc.constantFrom('0a'.repeat(32), '0b'.repeat(32)),
    proof: fc.constantFrom('0c'.repeat(32), '0d'.repeat(32)),
  });
  const state = fc.record({
    status: fc.constantFrom('active', 'revoked'),
    locked: fc.boolean(),
    cs: fc.constantFrom('01'.repeat(32), '02'.repeat(32)),
    pinVersion: fc.integer({ min: 1, max: 3 }),
    epoch: fc.constantFrom(0, 1, 2, 0xffff_ffff),
    pending: fc.array(pin, { maxLength: 3 }),
  });
  const heard = fc.tuple(fc.integer({ min: 1, max: CARDS }), state).map(([number, it]) => card(number, it));
  const page = fc.record({
    cards: fc.oneof(
      { weight: 3, arbitrary: fc.array(heard, { minLength: 16, maxLength: CARDS }) },
      { weight: 1, arbitrary: fc.array(heard, { maxLength: 4 }) },
    ),
    generation: fc.constantFrom('ab'.repeat(16), 'ab'.repeat(16), 'cd'.repeat(16)),
    more: fc.boolean(),
  });

  it('is applied as the same page in JSON is, whatever was there', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(page, { minLength: 1, maxLength: 4 }), async (pages) => {
        const stores = [openStore(), openStore()] as const;
        for (const { cards, ...head } of pages) {
          const inJson = pageOf(cards, head);
          const [one, other] = [
            await stores[0].lists.applyPage(inJson),
            await stores[1].lists.applyPage(compactPage(inJson)),
          ];
          expect({ ...other, revoked: 0 }).toEqual({ ...one, revoked: 0 });
          const ended = new Set(other.revoked.map(toHex));
          expect(one.revoked.map(toHex).filter((uid) => !ended.has(uid))).toEqual([]);
        }
        for (let number = 1; number <= CARDS; number++) {
          const [one, other] = await Promise.all(
            stores.map((store) => store.findCard(fromHex(uidOf(number)))),
          );
          expect(other).toEqual(one);
        }
        expect(await stores[1].lists.position()).toEqual(await stores[0].lists.position());
        expect(await stores[1].outbox.next()).toEqual(await stores[0].outbox.next());
      }),
      { numRuns: 25 },
    );
  });

  it('ends the sessions of the cards that it revokes, in a large page, too', async () => {
    const store = openStore();
    const cards = Array.from({ length: 30 }, (_, number) => card(number));
    await store.lists.applyPage(compactPage(pageOf(cards)));
    const revoked = cards.map((each) => ({ ...each, status: 'revoked' as const }));
    const outcome = await store.lists.applyPage(compactPage(pageOf(revoked)));
    expect(outcome.revoked.map(toHex)).toEqual(cards.map(({ uid }) => uid));
    expect(await store.findCard(fromHex(uidOf(7)))).toMatchObject({ revoked: true });
  });
});

describe('a hub that is far behind', () => {
  /** Two pages and a bit: how large the third is to be is known once the first has been applied. */
  const MANY = 4_100;
  const cards = (first: number) => Array.from({ length: MANY }, (_, number) => card(first + number));
  const LARGE = 20_000;

  it('asks for large pages in a first sync while it serves nobody, and otherwise for small ones', async () => {
    const site = await Site.open();
    const { image } = await site.register(PIN);
    const limitsFor = async (news: readonly HubCard[]) => {
      const before = site.rc.feedQueries.length;
      const cursor = (await site.store.lists.position())?.cursor ?? 0;
      for (const each of news) site.rc.change(each);
      await until(async () => (await site.store.lists.position())?.cursor === cursor + news.length);
      return site.rc.feedQueries.slice(before).map(({ limit }) => limit);
    };
    const known = cards(1_000);
    expect(await limitsFor(known)).toContain(LARGE);
    expect(await limitsFor(known)).not.toContain(LARGE);
    await site.logIn(image, PIN);
    expect(await limitsFor(cards(10_000))).not.toContain(LARGE);
    expect(await site.store.countCards()).toBe(1 + 2 * MANY);
  });

  it('takes them from a registration centre that has its feed in JSON alone, in small pages', async () => {
    const site = await Site.open();
    site.rc.hasCompactFeed = false;
    for (const each of cards(1_000)) site.rc.change(each);
    await until(async () => (await site.store.countCards()) === MANY);
    expect(site.rc.feedQueries.map(({ limit }) => limit)).not.toContain(LARGE);
  });
});
