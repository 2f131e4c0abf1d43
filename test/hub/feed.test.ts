import { describe, expect, it } from 'vitest';
import { type HeldCard, isLocked, newCounts, type PendingPin, type PreparedPin } from '../../hub/card.ts';
import { mergeCard } from '../../hub/feed/merge.ts';
import { examineHealth } from '../../hub/health/health.ts';
import { fromHex, toHex } from '../../protocol/bytes.ts';
import { STATUS } from '../../protocol/login/messages.ts';
import type { HubCard } from '../../protocol/rc-api/cards.ts';
import { cardInBytes } from '../../protocol/rc-api/compact-feed.ts';
import { Site, until } from './site.ts';
import { attemptOf } from './test-device.ts';

const PIN = '246810';

const HEARD: HubCard = {
  uid: '01'.repeat(16),
  status: 'active',
  locked: false,
  subject: '02'.repeat(16),
  cs: '03'.repeat(32),
  rs: null,
  psk: '04'.repeat(32),
  oprfSeed: '05'.repeat(32),
  pinVersion: 3,
  epoch: 2,
  pending: [],
};

/** As heard in JSON. */
function merge(card: HeldCard | null, heard: HubCard, options?: { readonly restored: boolean }): HeldCard {
  return mergeCard(card, cardInBytes(heard), options);
}

function held(changes: Partial<HeldCard> = {}): HeldCard {
  return { ...merge(null, HEARD), ...changes };
}

const COUNTED = { attemptsLeft: 2, failures: 7, locked: false, epoch: 2 };

describe('what the RC says of a card', () => {
  it('is taken as it is when the card is new here', () => {
    const card = merge(null, HEARD);
    expect(card).toMatchObject({
      pinVersion: 3,
      epoch: 2,
      revoked: false,
      counts: newCounts(2),
      pending: null,
    });
    expect(toHex(card.psk)).toBe(HEARD.psk);
  });

  it('never lowers the PIN version, and then leaves its key alone', () => {
    const cs = fromHex('aa'.repeat(32));
    const card = merge(held({ pinVersion: 4, cs }), HEARD);
    expect(card).toMatchObject({ pinVersion: 4, cs });
  });

  it('replaces the key under the same PIN version', () => {
    const card = merge(held({ cs: fromHex('aa'.repeat(32)) }), HEARD);
    expect(toHex(card.cs)).toBe(HEARD.cs);
  });

  it('never undoes a revocation', () => {
    expect(merge(held({ revoked: true }), HEARD).revoked).toBe(true);
    expect(merge(held(), { ...HEARD, status: 'revoked' }).revoked).toBe(true);
  });

  it('leaves the counts alone in the same epoch, and begins them anew in the next', () => {
    const card = held({ counts: COUNTED });
    expect(merge(card, HEARD).counts).toEqual(COUNTED);
    expect(merge(card, { ...HEARD, epoch: 3 }).counts).toEqual(newCounts(3));
  });

  it('lifts a lock of this hub in the next epoch, and not in the same', () => {
    const card = held({ counts: { ...COUNTED, locked: true } });
    expect(isLocked(merge(card, HEARD))).toBe(true);
    expect(isLocked(merge(card, { ...HEARD, epoch: 3 }))).toBe(false);
  });

  it('locks nothing in an epoch that a new PIN here has ended already', () => {
    const card = held({ pinVersion: 4, counts: newCounts(3) });
    expect(isLocked(merge(card, { ...HEARD, locked: true }))).toBe(false);
    expect(isLocked(merge(card, { ...HEARD, locked: true, pinVersion: 4, epoch: 3 }))).toBe(true);
  });

  it('does not give tries back for the new PIN that was taken over here', () => {
    const counts = { ...COUNTED, epoch: 3 };
    const card = merge(held({ pinVersion: 4, counts }), { ...HEARD, pinVersion: 4, epoch: 3 });
    expect(card.counts).toEqual(counts);
    expect(card.reportDue).toBe(true);
  });

  it('of an older epoch says nothing of locks', () => {
    const card = merge(held({ epoch: 4, counts: newCounts(4) }), { ...HEARD, locked: true });
    expect(card).toMatchObject({ epoch: 4, locked: false });
  });

  it('of an older epoch is believed after a restore, and the counts stay', () => {
    const card = merge(held({ epoch: 4, counts: { ...COUNTED, epoch: 4 } }), HEARD, { restored: true });
    expect(card).toMatchObject({ epoch: 2, counts: COUNTED, reportDue: true });
  });
});

function pin(pinVersion: number, key: string) {
  return { pinVersion, cs: key.repeat(32), proof: 'bb'.repeat(32) };
}

function heldPin(pinVersion: number, key: string): PendingPin {
  return { pinVersion, cs: fromHex(key.repeat(32)), proof: fromHex('bb'.repeat(32)) };
}

function preparedPin(pinVersion: number, key: string, base = 3): PreparedPin {
  return { ...heldPin(pinVersion, key), base };
}

describe('new PINs that are pending', () => {
  const pending = preparedPin(4, 'aa');
  const pendingElsewhere = [heldPin(4, 'ab'), heldPin(5, 'ac')];
  const card = held({ pending, pendingElsewhere });

  it('stay when the RC says nothing new of them', () => {
    expect(merge(card, HEARD)).toMatchObject({ pending, pendingElsewhere });
    const known = { ...HEARD, pending: [pin(5, 'ac'), pin(4, 'aa')] };
    expect(merge(card, known)).toMatchObject({ pending, pendingElsewhere });
  });

  it('are joined by those the RC hands on, the latest first', () => {
    const merged = merge(card, { ...HEARD, pending: [pin(6, 'ad'), pin(5, 'ac')] });
    expect(merged).toMatchObject({ pending, pendingElsewhere: [heldPin(6, 'ad'), ...pendingElsewhere] });
    const first = merge(null, { ...HEARD, pending: [pin(6, 'ad'), pin(5, 'ac')] });
    expect(first).toMatchObject({ pending: null, pendingElsewhere: [heldPin(6, 'ad'), heldPin(5, 'ac')] });
  });

  it('are kept to the latest eight besides the one that was prepared here', () => {
    const handedOn = Array.from({ length: 8 }, (_, index) => pin(10 + index, 'ad'));
    const merged = merge(card, { ...HEARD, pending: handedOn });
    expect(merged.pending).toEqual(pending);
    expect(merged.pendingElsewhere.map(({ pinVersion }) => pinVersion)).toEqual(
      handedOn.map(({ pinVersion }) => pinVersion),
    );
  });

  it('end with the PIN beside which they were prepared, be they above the next', () => {
    const next = merge(card, { ...HEARD, pinVersion: 4, pending: [pin(6, 'ad')] });
    expect(next).toMatchObject({ pending: null, pendingElsewhere: [heldPin(6, 'ad')] });
    const sameVersion = merge(card, { ...HEARD, cs: 'dd'.repeat(32) });
    expect(sameVersion).toMatchObject({ pending: null, pendingElsewhere: [] });
  });

  it('stay where they are made from the very PIN that is heard of only now', () => {
    const recovered = preparedPin(5, 'aa', 4);
    const next = { ...HEARD, pinVersion: 4, pending: [pin(5, 'aa'), pin(5, 'ad')] };
    expect(merge(held({ pending: recovered }), next)).toMatchObject({
      pinVersion: 4,
      pending: recovered,
      pendingElsewhere: [heldPin(5, 'ad')],
    });
    expect(merge(held({ pending: preparedPin(6, 'aa', 5) }), next)).toMatchObject({ pending: null });
  });

  it('are none of those that the RC knows beside an older PIN than the card’s here', () => {
    const ahead = held({ pinVersion: 4, pending: preparedPin(5, 'aa', 4) });
    const merged = merge(ahead, { ...HEARD, pending: [pin(5, 'ad'), pin(6, 'ae')] });
    expect(merged).toMatchObject({ pinVersion: 4, pending: heldPin(5, 'aa'), pendingElsewhere: [] });
  });
});

describe.each(['bytes', 'JSON'])('a hub that follows the feed in %s', (form) => {
  const openSite = async () => {
    const site = await Site.open();
    site.rc.hasCompactFeed = form === 'bytes';
    return site;
  };

  it('knows after a restart what it knew, and reads on from there', async () => {
    const site = await openSite();
    const { image } = await site.register(PIN);
    const before = await site.store.lists.position();
    await site.restart();
    expect((await site.store.lists.position())?.cursor).toBe(before?.cursor);
    expect((await site.logIn(image, PIN)).welcome.failed).toBe(0);
  });

  it('hears at once that its lists are good, when it starts and when the RC is back, be there nothing new', async () => {
    const site = await Site.open();
    await site.register(PIN);
    const isHeardNow = async () => (await site.store.lists.position())?.heard === site.clock.now();
    await site.stop();
    site.clock.jump(86_400_000);
    await site.start();
    await until(async () => site.hub.services.reach.answers && (await isHeardNow()));
    await site.awayFor(8);
    site.rc.isAway = false;
    const { reach } = site.hub.services;
    // No longer than the longest pause between two attempts.
    for (let second = 0; second < 60 && !reach.answers; second++) await site.clock.advance(1_000);
    expect(reach.answers).toBe(true);
    expect(await examineHealth(site.hub.services)).toEqual([]);
  });

  it('goes on when the RC comes back', async () => {
    const site = await openSite();
    site.rc.isAway = true;
    site.rc.breakConnections();
    await site.clock.advance(10_000);
    const { image } = await site.rc.register(PIN);
    site.rc.isAway = false;
    await site.clock.advance(60_000);
    await until(async () => (await site.store.findCard(image.uid)) !== null);
  });

  it('meets a restored RC: says so, keeps what it knows better, and tells it all again', async () => {
    const site = await openSite();
    const { image: revoked } = await site.register(PIN);
    const { image: tried } = await site.register(PIN);
    const before = [site.rc.card(revoked.uid), site.rc.card(tried.uid)];
    site.rc.revoke(revoked.uid);
    await site.wrongTry(tried);
    await until(async () => site.rc.reports.length > 0);
    await until(async () => (await site.store.findCard(revoked.uid))?.revoked === true);
    const reportsBefore = site.rc.reports.length;
    for (const card of before) site.rc.restoreTo(card);
    await until(async () => (await site.store.lists.position())?.generation === site.rc.generation);
    expect(await site.status(revoked)).toBe(STATUS.revoked);
    await until(async () => site.rc.reports.length > reportsBefore);
    expect(site.rc.reports.at(-1)?.tries.map(({ uid }) => uid)).toContain(toHex(tried.uid));
    expect(site.warnings.some((words) => words.includes('was restored'))).toBe(true);
  });

  it('tells a restored RC of the new PIN that it had forgotten', async () => {
    const site = await openSite();
    const { image } = await site.register(PIN);
    const { uid } = image;
    const before = site.rc.card(uid);
    const { usk } = site.rc.secretsOf(uid);
    const pin = site.rc.provedPin(usk, 2);
    const session = { uid, basePinVersion: 1, carriedPinVersion: 1, preparedVersion: 2, origin: site.origin };
    await site.store.pins.offer(session);
    await site.store.pins.prepare(session, pin);
    await site.store.pins.change(session, 2);
    site.hub.services.reporter.wake();
    await until(async () => site.rc.card(uid).pinVersion === 2);
    site.rc.restoreTo(before);
    await until(async () => site.rc.card(uid).pinVersion === 2);
    expect(await site.status({ ...image, pinVersion: 2 }, attemptOf(PIN).blinded)).toBe(STATUS.goOn);
  });

  it('tells what is due in its order, and each at least once', async () => {
    const site = await openSite();
    const { image } = await site.register(PIN);
    const { uid } = image;
    const { usk } = site.rc.secretsOf(uid);
    site.rc.isAway = true;
    for (const pinVersion of [2, 3]) {
      const session = {
        uid,
        basePinVersion: pinVersion - 1,
        carriedPinVersion: pinVersion - 1,
        preparedVersion: pinVersion,
        origin: site.origin,
      };
      await site.store.pins.offer(session);
      await site.store.pins.prepare(session, site.rc.provedPin(usk, pinVersion));
      await site.store.pins.change(session, pinVersion);
    }
    site.hub.services.reporter.wake();
    await site.clock.advance(5_000);
    site.rc.isAway = false;
    await site.clock.advance(60_000);
    await until(async () => site.rc.card(uid).pinVersion === 3);
    const told = site.rc.reports.flatMap(({ pins }) => pins.map((pin) => [pin.pinVersion, pin.changed]));
    expect(told).toEqual([
      [2, false],
      [2, true],
      [3, false],
      [3, true],
    ]);
    expect(await site.store.outbox.next()).toMatchObject({ pins: [], tries: [] });
  });
});
