import { join } from 'node:path';
import SqliteDatabase from 'better-sqlite3';
import { describe, expect, it } from 'vitest';
import { certificateFingerprint } from '../../certs/certificate.ts';
import { newTlsKeyPair } from '../../certs/keys.ts';
import { fromHex, toHex } from '../../protocol/bytes.ts';
import { noble } from '../../protocol/crypto/noble.ts';
import { pinChangeProof } from '../../protocol/pin-change.ts';
import type { AuditRow } from '../../runtime/audit/chain.ts';
import { AuditTrail } from '../../runtime/audit/trail.ts';
import { verifyTrail } from '../../runtime/audit/verify.ts';
import { omegaAt, registerHubSecrets, registerLimbasiyaCard, tauAt } from './limbasiya-cards.ts';
import { begin, completion, PATIENT, randomHex, register } from './registering.ts';
import { NOW, TestRc } from './running-rc.ts';

/** Stops the registration centre and reads its whole trail. */
async function trailAfter(rc: TestRc): Promise<readonly AuditRow[]> {
  await rc.stop();
  const db = new SqliteDatabase(join(rc.folder, 'store.sqlite'), { readonly: true });
  const rows = new AuditTrail(db).list({ limit: 1_000 });
  db.close();
  expect(verifyTrail(rows)).toMatchObject({ intact: true });
  return rows;
}

/** What a row says beside what all of them do. */
function essence({ number: _, hash: _hash, time: _time, ...row }: AuditRow) {
  return Object.fromEntries(Object.entries(row).filter(([, value]) => value !== null));
}

const HERE = { from: '127.0.0.1' };
const BY_ADMIN = { by: 'admin', role: 'admin', ...HERE };
const BY_HUB = { by: 'goa-01', role: 'hub', ...HERE };

describe("the registration centre's audit trail", () => {
  it('tells of everything that was done and revealed: who, in what role, what, to whom, from where', async () => {
    const rc = await TestRc.start();
    const admin = await rc.admin();
    const hub = await rc.admitHub('goa-01');
    await hub.client.feed({});
    const hubFingerprint = toHex(certificateFingerprint(hub.identity.certificate));
    const tlsKey = toHex(newTlsKeyPair().publicKey);
    const renewed = await hub.client.renew({ tlsKey, hubKey: randomHex(32) });

    const card = await register(admin);
    await admin.cards();
    await admin.card(card.uid);
    const cs = randomHex(32);
    const proof = toHex(pinChangeProof(noble, card.usk, 2, fromHex(cs)));
    const pin = { uid: card.uid, pinVersion: 2, base: 1, cs, changed: true };
    const tries = { uid: card.uid, epoch: 0, running: 1, open: 5, total: 5, locked: true };
    await hub.client.report({ tries: [tries], pins: [{ ...pin, proof: randomHex(32) }] });
    await hub.client.report({ tries: [], pins: [{ ...pin, proof }] });
    const replacement = await register(admin, { id: card.summary.patientId });
    await admin.revokeCard(replacement.uid, 'stolen');
    await admin.revokeCard(replacement.uid, 'lost');

    const secrets = await registerHubSecrets(hub.client, 'goa-01');
    const issued = await registerLimbasiyaCard(admin);
    await hub.client.hubPatients(omegaAt(secrets, NOW));
    await admin.cardList(tauAt(issued, NOW));

    const rows = await trailAfter(rc);
    const machine = { role: 'machine', outcome: 'done' };
    const byAdmin = { ...BY_ADMIN, outcome: 'done' };
    const byHub = { ...BY_HUB, outcome: 'done' };
    expect(rows.map(essence)).toEqual([
      { ...machine, action: 'network.created' },
      { ...machine, action: 'member.admitted', member: 'admin', key: expect.any(String) },
      { ...machine, action: 'service.started' },
      { ...byAdmin, action: 'token.minted', member: 'goa-01', detail: 'kind=hub' },
      { ...byHub, action: 'member.joined', member: 'goa-01', key: hubFingerprint },
      { ...byHub, action: 'feed.read', member: 'goa-01' },
      {
        ...byHub,
        action: 'certificate.renewed',
        member: 'goa-01',
        key: toHex(certificateFingerprint(fromHex(renewed.tlsCertificate ?? ''))),
      },
      {
        ...byHub,
        action: 'certificate.renewed',
        member: 'goa-01',
        key: toHex(certificateFingerprint(fromHex(renewed.hubCertificate ?? ''))),
        detail: 'suite=cardea-1',
      },
      { ...byAdmin, action: 'registration.begun', card: card.uid },
      { ...byAdmin, action: 'card.registered', card: card.uid },
      { ...byAdmin, action: 'card.listed', detail: 'cards=1' },
      { ...byAdmin, action: 'card.shown', card: card.uid },
      { ...byHub, action: 'card.locked', card: card.uid, detail: 'cause=hub' },
      { ...BY_HUB, outcome: 'refused', action: 'pin.not-proved', card: card.uid },
      { ...byHub, action: 'pin.changed', card: card.uid },
      { ...byAdmin, action: 'registration.begun', card: replacement.uid },
      { ...byAdmin, action: 'card.revoked', card: card.uid, detail: 'reason=replaced' },
      { ...byAdmin, action: 'card.registered', card: replacement.uid },
      { ...byAdmin, action: 'card.revoked', card: replacement.uid, detail: 'reason=stolen' },
      { ...byHub, action: 'limbasiya.hub-registered', member: 'goa-01' },
      { ...byHub, action: 'limbasiya.patients-read', detail: 'cards=0' },
      { ...byAdmin, action: 'card.registered', card: issued.uid, detail: 'suite=limbasiya-2021' },
      { ...byHub, action: 'limbasiya.patients-read', detail: 'cards=1' },
      { ...byAdmin, action: 'limbasiya.list-read', card: issued.uid },
      { ...machine, action: 'service.stopped' },
    ]);
    expect(rows.every(({ time }) => time === NOW)).toBe(true);
  });

  it('tells of every route that was refused, and by whom where that is known', async () => {
    const rc = await TestRc.start();
    const { client: auditor } = await rc.admit({ kind: 'operator', id: 'the-auditor', role: 'auditor' });
    const stranger = await rc.stranger();
    await expect(auditor.revokeCard('00'.repeat(16), 'lost')).rejects.toThrow();
    await expect(auditor.card('00'.repeat(16))).rejects.toThrow();
    await expect(stranger.cards()).rejects.toThrow();
    await expect(stranger.cards()).rejects.toThrow();
    await expect(stranger.cards()).rejects.toThrow();
    const { publicKey } = newTlsKeyPair();
    const join = { kind: 'device' as const, secret: randomHex(16), tlsKey: toHex(publicKey) };
    await expect(stranger.join(join)).rejects.toThrow();
    const registration = await begin(await rc.admin());
    const step = completion({ id: randomHex(16) });
    const complete = (await rc.admin()).completeRegistration(registration.registrationId, step);
    await expect(complete).rejects.toThrow();

    const refused = (await trailAfter(rc)).filter(({ outcome }) => outcome !== 'done').map(essence);
    const byAuditor = { by: 'the-auditor', role: 'auditor', ...HERE };
    expect(refused).toEqual([
      { ...byAuditor, action: 'card.revoked', outcome: 'not-allowed' },
      { ...byAuditor, action: 'card.shown', outcome: 'card-unknown' },
      { ...HERE, action: 'card.listed', outcome: 'certificate-required' },
      { ...HERE, action: 'member.joined', outcome: 'token-refused', detail: 'token=unknown' },
      { ...BY_ADMIN, action: 'card.registered', outcome: 'patient-unknown' },
      { ...HERE, action: 'card.listed', outcome: 'certificate-required', detail: 'repeats=2' },
    ]);
  });

  it('holds no name of a patient, and nothing that is not a row when the request was malformed', async () => {
    const rc = await TestRc.start();
    const admin = await rc.admin();
    await register(admin);
    const malformed = { ...completion(), cs: 'Asha Naik' };
    await expect(admin.completeRegistration(randomHex(16), malformed)).rejects.toThrow();
    const rows = await trailAfter(rc);
    expect(JSON.stringify(rows)).not.toContain(PATIENT.name);
    expect(JSON.stringify(rows)).not.toContain(PATIENT.record);
    expect(rows.filter(({ outcome }) => outcome !== 'done')).toEqual([]);
  });

  it('keeps nothing of what could not be done', async () => {
    const rc = await TestRc.start();
    const admin = await rc.admin();
    const { registrationId } = await begin(admin);
    const db = new SqliteDatabase(join(rc.folder, 'store.sqlite'));
    db.exec("CREATE TRIGGER no_card BEFORE INSERT ON cards BEGIN SELECT raise(ABORT, 'no'); END");
    db.close();
    await expect(admin.completeRegistration(registrationId, completion())).rejects.toThrow();
    const actions = (await trailAfter(rc)).map(({ action }) => action);
    expect(actions).toContain('registration.begun');
    expect(actions).not.toContain('card.registered');
  });
});
