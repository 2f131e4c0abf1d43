import { join } from 'node:path';
import SqliteDatabase from 'better-sqlite3';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { toHex } from '../../../protocol/bytes.ts';
import { openRcStore, type RcStore } from '../../../rc/store/rc-store.ts';
import type { CompletionResult } from '../../../rc/store/registrations.ts';
import { TRAIL_START } from '../../../runtime/audit/chain.ts';
import { verifyTrail } from '../../../runtime/audit/verify.ts';
import { temporaryFolder } from '../../runtime/temporary-folder.ts';
import { walCommits } from '../../support/wal-commits.ts';
import {
  begin,
  bytes16,
  bytes32,
  changes,
  complete,
  NOW,
  origin,
  registered,
  storeFixture,
} from './fixture.ts';

const DESKS = 16;

function atOnce<Result>(count: number, ask: (index: number) => Promise<Result>): Promise<Result>[] {
  return Array.from({ length: count }, (_, index) => ask(index));
}

/** A registration of somebody new by that name. */
function completeFor(store: RcStore, registrationId: Uint8Array, name: string, cs = bytes32(name)) {
  return store.registrations.complete({
    registrationId,
    origin: origin(),
    suite: 2,
    cs,
    rs: null,
    digest: bytes32(`${name} ${toHex(cs)}`),
    patient: { id: bytes16(name), name, record: null },
  });
}

const uidsOf = (results: readonly CompletionResult[]) =>
  results.flatMap((result) => (result.outcome === 'registered' ? [toHex(result.card.uid)] : []));

async function expectSoundTrail(store: RcStore): Promise<void> {
  expect(verifyTrail(await store.audit.list({ limit: 1_000 }))).toMatchObject({ intact: true });
}

describe('whoever writes at once', () => {
  it('shares one commit: sixteen registrations have two, one for each step', async () => {
    const { store, path } = await storeFixture();
    const before = walCommits(path);
    const ids = await Promise.all(atOnce(DESKS, () => begin(store)));
    expect(walCommits(path) - before).toBe(1);
    const results = await Promise.all(atOnce(DESKS, (i) => complete(store, ids[i] ?? bytes16('none'))));
    expect(walCommits(path) - before).toBe(2);
    expect(await changes(store)).toEqual(uidsOf(results).map((uid, index) => [index + 1, uid]));
    expect(await changes(store)).toHaveLength(DESKS);
    await expectSoundTrail(store);
  });

  it('shares it whatever is written: reports, revocations, tokens, what was shown and who was heard', async () => {
    const { store, path } = await storeFixture();
    const [tried, lost] = [await registered(store), await registered(store)];
    const id = await begin(store);
    const before = walCommits(path);
    const lock = { uid: tried.uid, epoch: 0, running: 1, open: 5, total: 5, locked: true };
    const [taken] = await Promise.all([
      store.reports.takeReports({
        origin: { ...origin('goa-01'), role: 'hub' },
        tries: [lock],
        pins: [],
        isProved: () => false,
      }),
      store.members.heardFrom('goa-01', NOW, { cursor: 2 }),
      store.cards.revoke(lost.uid, 'lost', origin()),
      store.tokens.mint({
        secretHash: bytes32('secret'),
        member: { kind: 'device', id: 'desk-1' },
        expires: NOW + 1,
        origin: origin('first'),
      }),
      store.audit.note({ ...origin(), action: 'card.shown', outcome: 'done', card: toHex(lost.uid) }),
      complete(store, id),
    ]);
    expect(walCommits(path) - before).toBe(1);
    expect(taken.cards).toMatchObject([{ locked: true }]);
    expect((await changes(store)).map(([sequence]) => sequence)).toEqual([3, 4, 5]);
    await expectSoundTrail(store);
  });

  it('is told of nothing, and nobody sees anything, before it is on the disk', async () => {
    const { store, path } = await storeFixture();
    const id = await begin(store);
    const other = new SqliteDatabase(path, { readonly: true });
    const cards = other.prepare<[], number>('SELECT count(*) FROM cards').pluck();
    let isTold = false;
    const writing = complete(store, id).then(() => {
      isTold = true;
      return cards.get();
    });
    expect([isTold, cards.get(), await changes(store)]).toEqual([false, 0, []]);
    expect(await writing).toBe(1);
    other.close();
  });

  it('does not suffer from one that fails, which is undone alone: its patient, its place on the feed, all of it', async () => {
    const { store, path } = await storeFixture();
    const lost = await registered(store);
    const ids = await Promise.all(atOnce(4, () => begin(store)));
    const [one, spoilt, replacement, other] = ids.map((id) => id ?? bytes16('none'));
    if (!one || !spoilt || !replacement || !other) throw new Error('not begun');
    const rows = (await store.audit.head()).number;
    const before = walCommits(path);
    // Keys of a wrong length violate the schema after the patient was entered, or the earlier card was revoked.
    const short = new Uint8Array(31);
    const results = await Promise.allSettled([
      completeFor(store, one, 'Asha Naik'),
      completeFor(store, spoilt, 'Ravi Naik', short),
      complete(store, replacement, { existing: lost.patientId, cs: short }),
      completeFor(store, other, 'Uma Naik'),
    ]);
    expect(walCommits(path) - before).toBe(1);
    expect(results.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'rejected', 'fulfilled']);
    const found = (await store.patients.find('naik', 10)).patients.map(({ name }) => name);
    expect(found).toEqual(['Asha Naik', 'Asha Naik', 'Uma Naik']);
    expect(await store.cards.find(lost.uid)).toMatchObject({ revoked: null });
    expect((await changes(store)).map(([sequence]) => sequence)).toEqual([1, 2, 3]);
    expect((await store.audit.head()).number).toBe(rows + 2);
    await expectSoundTrail(store);
    // Both may still be completed.
    expect(await completeFor(store, spoilt, 'Ravi Naik')).toMatchObject({ outcome: 'registered' });
    expect((await store.patients.find('ravi', 10)).patients).toHaveLength(1);
  });

  it('is told so, each of them, where the disk is full or read-only, and of whom is told so nothing is there', async () => {
    const pragmas = vi.spyOn(SqliteDatabase.prototype, 'pragma');
    const { store } = await storeFixture();
    const db = pragmas.mock.contexts.at(-1);
    pragmas.mockRestore();
    if (!(db instanceof SqliteDatabase)) throw new Error('no database was opened');
    const ids = await Promise.all(atOnce(60, () => begin(store)));
    const completeAll = () =>
      Promise.allSettled(ids.map((id, index) => completeFor(store, id, `Patient ${index}`)));
    const rows = (await store.audit.head()).number;

    db.pragma('query_only = 1');
    const whenReadOnly = await completeAll();
    db.pragma('query_only = 0');
    for (const result of whenReadOnly) {
      expect(result).toMatchObject({ status: 'rejected', reason: { code: 'store-read-only' } });
    }
    expect((await store.audit.head()).number).toBe(rows);

    // Some may find room. Who finds none is undone alone, or SQLite gives the whole commit up.
    db.pragma(`max_page_count = ${db.pragma('page_count', { simple: true })}`);
    const whenFull = await completeAll();
    const refused = whenFull.filter(({ status }) => status === 'rejected');
    expect(refused.length).toBeGreaterThan(0);
    for (const result of refused) expect(result).toMatchObject({ reason: { code: 'store-full' } });
    const done = uidsOf(whenFull.flatMap((result) => (result.status === 'fulfilled' ? [result.value] : [])));
    expect(await changes(store)).toEqual(done.map((uid, index) => [index + 1, uid]));
    expect((await store.patients.find('patient', 200)).patients).toHaveLength(done.length);
    expect((await store.audit.head()).number).toBe(rows + done.length);

    db.pragma('max_page_count = 1000000');
    const mended = await completeAll();
    const outcomes = mended.map((result) =>
      result.status === 'fulfilled' ? result.value.outcome : 'failed',
    );
    expect(outcomes).toEqual(
      whenFull.map(({ status }) => (status === 'rejected' ? 'registered' : 'repeated')),
    );
    expect((await changes(store)).map(([sequence]) => sequence)).toEqual(ids.map((_, index) => index + 1));
    await expectSoundTrail(store);
  });
});

describe('two who ask for the same thing at once', () => {
  it('register one card, and are answered alike; with another key one of them is refused', async () => {
    const { store } = await storeFixture();
    const [same, different] = [await begin(store), await begin(store)];
    const results = await Promise.all([
      complete(store, same),
      complete(store, same),
      complete(store, different),
      complete(store, different, { cs: bytes32('another cs') }),
    ]);
    expect(results.map(({ outcome }) => outcome)).toEqual([
      'registered',
      'repeated',
      'registered',
      'conflict',
    ]);
    expect(results[1]).toEqual({ ...results[0], outcome: 'repeated' });
    expect(await changes(store)).toHaveLength(2);
  });

  it('leave the patient one card: the replacement that came second sees the first', async () => {
    const { store } = await storeFixture();
    const lost = await registered(store);
    const ids = await Promise.all(atOnce(2, () => begin(store)));
    const replacing = (id = bytes16('none')) =>
      store.registrations.complete({
        registrationId: id,
        origin: origin(),
        suite: 2,
        cs: bytes32('cs 2'),
        rs: null,
        digest: bytes32('replacing'),
        patient: { existing: lost.patientId, replaces: lost.uid },
      });
    const [revoked, first, second] = await Promise.all([
      store.cards.revoke(lost.uid, 'stolen', origin()),
      replacing(ids[0]),
      replacing(ids[1]),
    ]);
    expect(revoked).toMatchObject({ reason: 'stolen' });
    expect([first.outcome, second.outcome]).toEqual(['registered', 'card replaced']);
    expect(await store.cards.find(lost.uid)).toMatchObject({ reason: 'stolen' });
    expect(await store.cards.count()).toMatchObject({ active: 1, revoked: 1 });
  });

  it('redeem a token once', async () => {
    const { store } = await storeFixture();
    await store.tokens.mint({
      secretHash: bytes32('secret'),
      member: { kind: 'device', id: 'desk-1' },
      expires: NOW + 1,
      origin: origin('first'),
    });
    const redeem = (joiner: string, tls: string) =>
      store.tokens.redeem(
        { secretHash: bytes32('secret'), kind: 'device', joiner: bytes32(joiner), now: NOW, from: null },
        { tls: bytes32(tls), hub: null, fingerprint: bytes32(tls), key: bytes32(`key ${tls}`), expires: NOW },
      );
    const results = await Promise.all([redeem('one', 'a'), redeem('one', 'b'), redeem('thief', 'c')]);
    expect(results).toMatchObject([
      { outcome: 'redeemed', certificates: { tls: bytes32('a') } },
      { outcome: 'redeemed', certificates: { tls: Buffer.from(bytes32('a')) } },
      { outcome: 'refused', fault: 'used' },
    ]);
    expect(await store.members.count()).toMatchObject({ devices: 1 });
  });
});

describe('a member who is revoked', () => {
  it('does nothing more, not even by what shares the commit of the revocation; what came before it stands', async () => {
    const { store, path } = await storeFixture();
    const card = await registered(store);
    const [early, late] = [await begin(store), await begin(store)];
    const by = origin('desk');
    const mint = () =>
      store.tokens.mint({
        secretHash: bytes32('secret'),
        member: { kind: 'operator', id: 'accomplice', role: 'admin' },
        expires: NOW + 1,
        origin: by,
      });
    const limbasiyaCard = () =>
      store.limbasiya.registerCard({
        UID: bytes32('uid'),
        C: bytes32('c'),
        patient: { id: bytes16('uma'), name: 'Uma Naik', record: null },
        origin: by,
      });
    const secrets = { Q: bytes32('q'), SSK: bytes32('ssk'), SRT: NOW };
    const certificate = {
      fingerprint: bytes32('new'),
      key: bytes32('new key'),
      expires: NOW,
      der: bytes32('d'),
    };
    const before = walCommits(path);
    const [, , , ...after] = await Promise.allSettled([
      complete(store, early),
      store.revokeMember({ id: 'desk', kind: 'operator', origin: origin('first') }),
      store.revokeMember({ id: 'goa-01', kind: 'hub', origin: origin('first') }),
      complete(store, late),
      begin(store),
      store.cards.revoke(card.uid, 'lost', by),
      store.unlockCard({ uid: card.uid, origin: by }),
      mint(),
      store.revokeMember({ id: 'first', kind: 'operator', origin: by }),
      store.certificates.renew(certificate, by),
      limbasiyaCard(),
      store.limbasiya.registerHub(secrets, origin('goa-01')),
      store.hubTrails.take({ origin: origin('goa-01'), after: TRAIL_START, rows: [] }),
    ]);
    expect(walCommits(path) - before).toBe(1);
    for (const result of after) {
      expect(result).toMatchObject({ status: 'rejected', reason: { code: 'member-revoked' } });
    }
    expect(await store.cards.count()).toEqual({ active: 2, revoked: 0, locked: 0 });
    expect(await store.members.count()).toEqual({ hubs: 1, devices: 0, operators: 1 });
    const last = (await store.audit.list({ limit: 1_000 })).slice(-3);
    expect(last.map(({ action }) => action)).toEqual(['card.registered', 'member.revoked', 'member.revoked']);
  });
});

describe('a registry that is closed or copied', () => {
  it('while writers wait has what they wrote, and refuses whoever comes later', async () => {
    const fixture = await storeFixture();
    const { store } = fixture;
    const ids = await Promise.all(atOnce(3, () => begin(store)));
    const waiting = Promise.all(ids.map((id) => complete(store, id)));
    store.close();
    store.close();
    await expect(begin(store)).rejects.toMatchObject({ code: 'store-failed' });
    const uids = uidsOf(await waiting);
    expect((await changes(fixture.reopen())).map(([, uid]) => uid)).toEqual(uids);
  });

  it('while cards are registered, is copied with all that was acknowledged before, and nothing by halves', async () => {
    const { store } = await storeFixture();
    const ids = await Promise.all(atOnce(40, () => begin(store)));
    const [early, late] = [ids.slice(0, 20), ids.slice(20)];
    const acknowledged = uidsOf(await Promise.all(early.map((id) => complete(store, id))));
    const path = join(temporaryFolder(), 'copy.sqlite');
    const [, ...registeredMeanwhile] = await Promise.all([
      store.copyTo(path),
      ...late.map((id) => complete(store, id)),
    ]);
    expect(uidsOf(registeredMeanwhile)).toHaveLength(20);
    const copy = openRcStore(path);
    onTestFinished(() => copy.close());
    const inCopy = await changes(copy);
    expect(inCopy.map(([, uid]) => uid).slice(0, 20)).toEqual(acknowledged);
    expect(inCopy.map(([sequence]) => sequence)).toEqual(inCopy.map((_, index) => index + 1));
    expect(await copy.feed.latest()).toBe(inCopy.length);
    await expectSoundTrail(copy);
  });
});
