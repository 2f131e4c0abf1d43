import { chmodSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import SqliteDatabase from 'better-sqlite3';
import { describe, expect, it } from 'vitest';
import { fromHex, toHex } from '../../protocol/bytes.ts';
import { noble } from '../../protocol/crypto/noble.ts';
import { deriveSubject } from '../../protocol/keys.ts';
import { decodeList } from '../../protocol/limbasiya/list.ts';
import { flipped } from '../protocol/support.ts';
import {
  cardRequest,
  hubRequest,
  omegaAt,
  registerHubSecrets,
  registerLimbasiyaCard,
  tauAt,
} from './limbasiya-cards.ts';
import { PATIENT, randomHex, register } from './registering.ts';
import { NOW, TestRc } from './running-rc.ts';

const KEY = 'keys/limbasiya.key';

/** A registration centre with one hub that is registered under limbasiya-2021, and its operator. */
async function openRc() {
  const rc = await TestRc.start();
  const { client: hub, identity: hubIdentity } = await rc.admitHub('goa-01');
  const secrets = await registerHubSecrets(hub, 'goa-01');
  return { rc, hub, hubIdentity, secrets, admin: await rc.admin() };
}

describe('a hub registers under limbasiya-2021', () => {
  it('and is on the list of every card made afterwards, in the order of registration', async () => {
    const { rc, secrets, admin } = await openRc();
    const { client } = await rc.admitHub('bom-02');
    const second = await registerHubSecrets(client, 'bom-02');
    const { hubs } = await registerLimbasiyaCard(admin);
    expect(hubs).toEqual([
      { ID: 'goa-01', SSK: secrets.SSK, Loc: 'Goa', address: 'goa-01.example:8441' },
      { ID: 'bom-02', SSK: second.SSK, Loc: 'Goa', address: 'bom-02.example:8441' },
    ]);
    expect(toHex(second.SSK)).not.toBe(toHex(secrets.SSK));
  });

  it('and is answered alike when it asks again with the same P and Q, whenever that is', async () => {
    const rc = await TestRc.start();
    const { client, identity } = await rc.admitHub('goa-01');
    const request = hubRequest('goa-01');
    const { ssk, patients } = await client.registerHubSecrets(request);
    expect(patients).toEqual([]);
    await rc.stop();
    rc.clock.jump(60_000);
    await rc.serve();
    expect((await rc.client(identity).registerHubSecrets(request)).ssk).toBe(ssk);
  });

  it('and is refused with another P or Q: its ID_j is taken', async () => {
    const rc = await TestRc.start();
    const { client } = await rc.admitHub('goa-01');
    const request = hubRequest('goa-01');
    const { ssk } = await client.registerHubSecrets(request);
    const refused = { problemCode: 'id-taken', status: 409 };
    for (const other of [{ p: randomHex(32) }, { q: randomHex(32) }]) {
      await expect(client.registerHubSecrets({ ...request, ...other })).rejects.toMatchObject(refused);
    }
    expect((await client.registerHubSecrets(request)).ssk).toBe(ssk);
  });

  it('and is refused where its location has no room in gamma, to the byte', async () => {
    const rc = await TestRc.start();
    const admit = (id: string, location: string) =>
      rc.admit({ kind: 'hub', id, location, address: 'h.example:8441' });
    const fits = await admit('fits', `${'x'.repeat(26)}é`);
    expect((await fits.client.registerHubSecrets(hubRequest('fits'))).ssk).toHaveLength(64);
    const long = await admit('long', `${'x'.repeat(27)}é`);
    await expect(long.client.registerHubSecrets(hubRequest('long'))).rejects.toMatchObject({
      problemCode: 'location-too-long',
      message: expect.stringContaining('has 29 bytes, and limbasiya-2021 has room for 28'),
    });
  });
});

describe('a limbasiya-2021 card', () => {
  it('is registered for a new patient, and is among the cards with its suite', async () => {
    const { admin } = await openRc();
    const issued = await registerLimbasiyaCard(admin);
    const summary = {
      uid: issued.uid,
      suite: 'limbasiya-2021',
      status: 'active',
      locked: false,
      pinVersion: null,
      patientId: issued.patientId,
      ...PATIENT,
      registered: NOW,
      registeredBy: 'admin',
      revoked: null,
      reason: null,
    };
    expect(await admin.card(issued.uid)).toEqual(summary);
    const other = await register(admin, { name: 'Ravi' });
    expect(await admin.cards()).toEqual({ cards: [summary, other.summary], next: null });
    expect((await admin.cards({ after: issued.uid })).cards).toEqual([other.summary]);
    expect((await admin.cards({ limit: 1 })).next).toBe(issued.uid);
    expect((await admin.status()).cards).toEqual({ active: 2, revoked: 0, locked: 0 });
  });

  it('is on no feed', async () => {
    const { hub, admin } = await openRc();
    const { uid } = await registerLimbasiyaCard(admin);
    await admin.revokeCard(uid, 'lost');
    expect((await hub.feed({})).changes).toEqual([]);
  });

  it('is refused when its UID is taken, even by a revoked one, and nothing changes', async () => {
    const { admin } = await openRc();
    const { request } = cardRequest();
    await admin.registerLimbasiyaCard(request);
    const again = () => admin.registerLimbasiyaCard({ ...request, a: randomHex(32) });
    await expect(again()).rejects.toMatchObject({ problemCode: 'uid-taken', status: 409 });
    await admin.revokeCard(request.uid, 'lost');
    await expect(again()).rejects.toMatchObject({ problemCode: 'uid-taken' });
    expect((await admin.cards()).cards).toHaveLength(1);
  });

  it('is refused for a patient whom nobody knows', async () => {
    const { admin } = await openRc();
    const { request } = cardRequest({ id: randomHex(16) });
    await expect(admin.registerLimbasiyaCard(request)).rejects.toMatchObject({
      problemCode: 'patient-unknown',
    });
    expect((await admin.cards()).cards).toEqual([]);
  });

  it.each([
    ['a UID of the other suite', { uid: randomHex(16) }],
    ['a short A', { a: randomHex(31) }],
    ['a patient without a name', { patient: { name: '' } }],
  ])('is refused with %s', async (_what, wrong) => {
    const { admin } = await openRc();
    const { request } = cardRequest();
    await expect(admin.registerLimbasiyaCard({ ...request, ...wrong })).rejects.toMatchObject({
      problemCode: 'request-malformed',
    });
  });

  it('ends the earlier card of its patient, of whichever suite, in the same act', async () => {
    const { hub, admin } = await openRc();
    const cardea = await register(admin);
    const patient = { id: cardea.summary.patientId };
    const first = await registerLimbasiyaCard(admin, patient);
    expect(first.patientId).toBe(patient.id);
    expect(await admin.card(cardea.uid)).toMatchObject({ status: 'revoked', reason: 'replaced' });
    expect((await hub.feed({})).changes).toMatchObject([{ card: { uid: cardea.uid, status: 'revoked' } }]);
    const second = await registerLimbasiyaCard(admin, patient);
    expect(await admin.card(first.uid)).toMatchObject({ status: 'revoked', reason: 'replaced' });
    expect(await admin.card(second.uid)).toMatchObject({ status: 'active' });
  });

  it('ends when its patient gets a cardea-1 card, which keeps patient and subject', async () => {
    const { hub, secrets, admin } = await openRc();
    const old = await registerLimbasiyaCard(admin);
    const [listed] = (await hub.hubPatients(omegaAt(secrets, NOW))).patients;
    const { uid, summary } = await register(admin, { id: old.patientId });
    expect(summary).toMatchObject({ suite: 'cardea-1', patientId: old.patientId, ...PATIENT });
    expect(await admin.card(old.uid)).toMatchObject({ status: 'revoked', reason: 'replaced' });
    expect((await hub.hubPatients(omegaAt(secrets, NOW))).patients).toEqual([]);
    expect((await hub.feedCard(uid)).card?.subject).toBe(listed?.subject);
  });
});

describe('omega', () => {
  it('brings the list of (UID, C), with the subjects of the hub that asks', async () => {
    const { rc, hub, secrets, admin } = await openRc();
    const issued = [await registerLimbasiyaCard(admin), await registerLimbasiyaCard(admin)];
    const { patients, next } = await hub.hubPatients(omegaAt(secrets, NOW));
    expect(next).toBeNull();
    expect(patients.map(({ uid, c }) => [uid, c])).toEqual(issued.map(({ uid, C }) => [uid, toHex(C)]));
    const masterKey = fromHex(readFileSync(join(rc.folder, 'keys', 'master-0.key'), 'utf8').trim());
    const patientId = fromHex(issued[0]?.patientId ?? '');
    expect(patients[0]?.subject).toBe(toHex(deriveSubject(noble, masterKey, patientId, 'goa-01')));
    const { client } = await rc.admitHub('bom-02');
    const there = await registerHubSecrets(client, 'bom-02');
    expect((await client.hubPatients(omegaAt(there, NOW))).patients[0]?.subject).not.toBe(
      patients[0]?.subject,
    );
  });

  it('brings a revoked card no more', async () => {
    const { hub, secrets, admin } = await openRc();
    const [kept, gone] = [await registerLimbasiyaCard(admin), await registerLimbasiyaCard(admin)];
    expect(await admin.revokeCard(gone.uid, 'stolen')).toMatchObject({ status: 'revoked', reason: 'stolen' });
    const { patients } = await hub.hubPatients(omegaAt(secrets, NOW));
    expect(patients.map(({ uid }) => uid)).toEqual([kept.uid]);
    expect(await admin.revokeCard(gone.uid, 'lost')).toMatchObject({ reason: 'stolen' });
  });

  it('brings a long list page by page, each card once', async () => {
    const { rc, hubIdentity, secrets } = await openRc();
    await rc.stop();
    fillWithCards(rc, 5_003);
    await rc.serve();
    const again = rc.client(hubIdentity);
    const first = await again.hubPatients(omegaAt(secrets, NOW));
    expect(first.patients).toHaveLength(5_000);
    const rest = await again.hubPatients({ ...omegaAt(secrets, NOW), after: first.next ?? 0 });
    expect(rest.next).toBeNull();
    const uids = [...first.patients, ...rest.patients].map(({ uid }) => uid);
    expect(new Set(uids).size).toBe(5_003);
  });

  it('is refused when any of it is wrong, or it is another hub’s', async () => {
    const { rc, hub, secrets, admin } = await openRc();
    await registerLimbasiyaCard(admin);
    const { omega, time } = omegaAt(secrets, NOW);
    const refused = { problemCode: 'proof-refused', status: 403 };
    await expect(hub.hubPatients({ omega: randomHex(32), time })).rejects.toMatchObject(refused);
    await expect(hub.hubPatients({ omega, time: time + 1 })).rejects.toMatchObject(refused);
    for (const part of ['Q', 'SSK'] as const) {
      const wrong = omegaAt({ ...secrets, [part]: flipped(secrets[part], 31) }, NOW);
      await expect(hub.hubPatients(wrong)).rejects.toMatchObject(refused);
    }
    const { client } = await rc.admitHub('bom-02');
    await registerHubSecrets(client, 'bom-02');
    await expect(client.hubPatients({ omega, time })).rejects.toMatchObject(refused);
  });

  it('is refused outside ΔT on either side, and good at its edges', async () => {
    const { hub, secrets } = await openRc();
    for (const apart of [-1_000, 1_000]) {
      expect((await hub.hubPatients(omegaAt(secrets, NOW + apart))).patients).toEqual([]);
    }
    for (const apart of [-1_001, 1_001]) {
      await expect(hub.hubPatients(omegaAt(secrets, NOW + apart))).rejects.toMatchObject({
        problemCode: 'clocks-differ',
        message: expect.stringContaining('the clocks differ by 1001 ms'),
      });
    }
  });

  it('is refused of a hub that has not registered', async () => {
    const { rc, secrets } = await openRc();
    const { client } = await rc.admitHub('bom-02');
    await expect(client.hubPatients(omegaAt(secrets, NOW))).rejects.toMatchObject({
      problemCode: 'hub-not-registered',
    });
  });
});

describe('tau', () => {
  it('brings a card the hubs as they are now, by a terminal’s or an operator’s certificate', async () => {
    const { rc, admin } = await openRc();
    const issued = await registerLimbasiyaCard(admin);
    const { client } = await rc.admitHub('bom-02');
    await registerHubSecrets(client, 'bom-02');
    const desk = await rc.admit({ kind: 'device', id: 'desk-1' });
    for (const asker of [desk.client, admin]) {
      const { list } = await asker.cardList(tauAt(issued, NOW));
      expect(decodeList(fromHex(list)).map(({ ID }) => ID)).toEqual(['goa-01', 'bom-02']);
    }
    expect(issued.hubs.map(({ ID }) => ID)).toEqual(['goa-01']);
  });

  it('brings no hub that was revoked', async () => {
    const { rc, admin } = await openRc();
    const issued = await registerLimbasiyaCard(admin);
    await rc.stop();
    const db = new SqliteDatabase(join(rc.folder, 'store.sqlite'));
    db.prepare("UPDATE members SET revoked = 1 WHERE id = 'goa-01'").run();
    db.close();
    await rc.serve();
    expect(await (await rc.admin()).cardList(tauAt(issued, NOW))).toEqual({ list: '' });
  });

  it('is refused alike when it is wrong, of a revoked card, and of one that there never was', async () => {
    const { admin } = await openRc();
    const issued = await registerLimbasiyaCard(admin);
    const refusalOf = (request: ReturnType<typeof tauAt>) =>
      admin.cardList(request).then(
        () => 'answered',
        (error: { problemCode: string; message: string }) => `${error.problemCode}: ${error.message}`,
      );
    const wrong = await refusalOf({ ...tauAt(issued, NOW), tau: randomHex(32) });
    expect(wrong).toMatch(/^proof-refused: /);
    expect(await refusalOf({ ...tauAt(issued, NOW), time: NOW + 1 })).toBe(wrong);
    expect(await refusalOf(tauAt({ ...issued, C: flipped(issued.C, 0) }, NOW))).toBe(wrong);
    expect(await refusalOf(tauAt({ ...issued, UID: flipped(issued.UID, 0) }, NOW))).toBe(wrong);
    expect(await refusalOf(tauAt(issued, NOW))).toBe('answered');
    await admin.revokeCard(issued.uid, 'lost');
    expect(await refusalOf(tauAt(issued, NOW))).toBe(wrong);
  });

  it('is refused outside ΔT on either side, and good at its edges', async () => {
    const { admin } = await openRc();
    const issued = await registerLimbasiyaCard(admin);
    for (const apart of [-1_000, 1_000]) {
      expect((await admin.cardList(tauAt(issued, NOW + apart))).list).not.toBe('');
    }
    for (const apart of [-1_001, 1_001]) {
      await expect(admin.cardList(tauAt(issued, NOW + apart))).rejects.toMatchObject({
        problemCode: 'clocks-differ',
      });
    }
  });
});

describe('the registration centre’s key of limbasiya-2021', () => {
  it('is none of part 2’s, is for its owner alone, and survives a restart with the records', async () => {
    const { rc, hubIdentity, secrets, admin } = await openRc();
    const issued = await registerLimbasiyaCard(admin);
    const key = readFileSync(join(rc.folder, KEY), 'utf8');
    expect(key).toMatch(/^[0-9a-f]{64}\n$/);
    expect(key).not.toBe(readFileSync(join(rc.folder, 'keys', 'master-0.key'), 'utf8'));
    expect(statSync(join(rc.folder, KEY)).mode & 0o777).toBe(0o600);
    await rc.stop();
    await rc.serve();
    expect(readFileSync(join(rc.folder, KEY), 'utf8')).toBe(key);
    const { patients } = await rc.client(hubIdentity).hubPatients(omegaAt(secrets, NOW));
    expect(patients).toMatchObject([{ uid: issued.uid, c: toHex(issued.C) }]);
    expect((await (await rc.admin()).cardList(tauAt(issued, NOW))).list).not.toBe('');
  });

  it('is made anew while nothing was registered with it, and missed afterwards', async () => {
    const rc = await TestRc.start();
    await rc.stop();
    rmSync(join(rc.folder, KEY));
    await rc.serve();
    const { client } = await rc.admitHub('goa-01');
    await registerHubSecrets(client, 'goa-01');
    await rc.stop();
    rmSync(join(rc.folder, KEY));
    await expect(rc.serve()).rejects.toMatchObject({
      code: 'master-key',
      message: expect.stringMatching(/limbasiya\.key is missing: restore it from a backup$/),
    });
  });

  it('is refused when it is damaged, or others can read it', async () => {
    const rc = await TestRc.start();
    await rc.stop();
    chmodSync(join(rc.folder, KEY), 0o640);
    await expect(rc.serve()).rejects.toMatchObject({ code: 'secret-file-exposed' });
    writeFileSync(join(rc.folder, KEY), 'no key');
    chmodSync(join(rc.folder, KEY), 0o600);
    await expect(rc.serve()).rejects.toMatchObject({ code: 'master-key' });
  });
});

describe('the registry', () => {
  it('finds a card of either suite by index, and a page of all cards too', async () => {
    const rc = await TestRc.init();
    const db = new SqliteDatabase(join(rc.folder, 'store.sqlite'), { readonly: true });
    const plan = (sql: string) =>
      db
        .prepare<unknown[], { detail: string }>(`EXPLAIN QUERY PLAN ${sql}`)
        .all(Buffer.alloc(32))
        .map(({ detail }) => detail);
    const plans = [
      plan('SELECT * FROM every_card WHERE uid = ?'),
      plan('SELECT * FROM every_card WHERE number > ? AND revoked IS NULL ORDER BY number LIMIT 5'),
      plan('SELECT c FROM limbasiya_cards WHERE uid = ? AND revoked IS NULL'),
    ].flat();
    expect(plans.filter((step) => /SCAN|TEMP B-TREE/.test(step))).toEqual([]);
    expect(plans.filter((step) => step.startsWith('SEARCH c USING'))).toHaveLength(4);
    db.close();
  });
});

/** Puts so many more cards into the registry's file. */
function fillWithCards(rc: TestRc, count: number): void {
  const db = new SqliteDatabase(join(rc.folder, 'store.sqlite'));
  const insert = db.prepare(
    `INSERT INTO limbasiya_cards (uid, c, patient, registered, registered_by) VALUES (?, ?, ?, ?, 'admin')`,
  );
  const patient = db.prepare("INSERT INTO patients (id, name, registered) VALUES (?, 'Ravi', 0)");
  db.transaction(() => {
    for (let n = 0; n < count; n++) {
      const id = fromHex(randomHex(16));
      patient.run(id);
      insert.run(fromHex(randomHex(32)), fromHex(randomHex(32)), id, NOW);
    }
  })();
  db.close();
}
