import { describe, expect, it } from 'vitest';
import { newTlsKeyPair } from '../../certs/keys.ts';
import { toHex } from '../../protocol/bytes.ts';
import { register } from './registering.ts';
import { TestRc } from './running-rc.ts';

const POLL_S = 30;

describe('a hub that is revoked', () => {
  it('is cut off at once, in the middle of its long poll, and is answered nothing any more', async () => {
    const rc = await TestRc.start();
    const admin = await rc.admin();
    const bad = await rc.admitHub('goa-01');
    const good = await rc.admitHub('goa-02');
    const { generation, cursor } = await bad.client.feed({});
    const waiting = bad.client.feed({ generation, after: cursor, wait: POLL_S });
    const served = good.client.feed({ generation, after: cursor, wait: POLL_S });
    await rc.clock.untilWaiting(POLL_S * 1_000, 2);

    // A question that breaks is asked once more, and then refused.
    const refused = expect(waiting).rejects.toMatchObject({ problemCode: 'member-revoked' });
    const revoked = await admin.revokeMember('goa-01', 'hub');
    expect(revoked).toMatchObject({ revoked: rc.clock.now(), unlocked: 0 });
    expect(revoked.connectionsCut).toBeGreaterThan(0);
    await refused;
    const tlsKey = toHex(newTlsKeyPair().publicKey);
    for (const ask of [
      () => bad.client.feed({}),
      () => bad.client.report({ tries: [], pins: [] }),
      () => bad.client.renew({ tlsKey }),
      () => bad.client.hubs(),
    ]) {
      await expect(ask()).rejects.toMatchObject({ problemCode: 'member-revoked' });
    }

    await register(admin);
    expect((await served).changes).toHaveLength(1);
    expect((await admin.hubs()).hubs).toMatchObject([
      { id: 'goa-01', revoked: true },
      { id: 'goa-02', revoked: false },
    ]);
  });

  it('takes the locks with it that only it had made, and every other hub hears', async () => {
    const rc = await TestRc.start();
    const admin = await rc.admin();
    const bad = await rc.admitHub('goa-01');
    const good = await rc.admitHub('goa-02');
    const [lied, shared] = [await register(admin), await register(admin)];
    const lock = { epoch: 0, running: 1, open: 5, total: 5, locked: true };
    await bad.client.report({ tries: [lied, shared].map(({ uid }) => ({ uid, ...lock })), pins: [] });
    await good.client.report({ tries: [{ uid: shared.uid, ...lock }], pins: [] });
    const { generation, cursor } = await good.client.feed({});

    expect(await admin.revokeMember('goa-01', 'hub')).toMatchObject({ unlocked: 1 });
    const { changes } = await good.client.feed({ generation, after: cursor });
    expect(changes).toMatchObject([{ card: { uid: lied.uid, locked: false, epoch: 0 } }]);
    expect(await admin.card(shared.uid)).toMatchObject({ locked: true });
    expect(await admin.revokeMember('goa-01', 'hub')).toMatchObject({ unlocked: 0 });
  });

  it('leaves nothing behind of what it was reporting in the moment that it was revoked', async () => {
    const rc = await TestRc.start();
    const admin = await rc.admin();
    const { uid } = await register(admin);
    const lock = { uid, epoch: 0, running: 1, open: 5, total: 5, locked: true };
    for (const id of ['goa-01', 'goa-02', 'goa-03']) {
      const { client } = await rc.admitHub(id);
      await client.feed({});
      const [revoked, ...reports] = await Promise.allSettled([
        admin.revokeMember(id, 'hub'),
        ...Array.from({ length: 4 }, () => client.report({ tries: [lock], pins: [] })),
      ]);
      expect(revoked.status).toBe('fulfilled');
      for (const report of reports) {
        if (report.status === 'rejected')
          expect(String(report.reason)).toMatch(/was revoked|closed the connection/);
      }
      expect(await admin.card(uid)).toMatchObject({ locked: false });
    }
  });

  it('is named with its kind, and nobody revokes themselves', async () => {
    const rc = await TestRc.start();
    const admin = await rc.admin();
    await rc.admitHub('goa-01');
    await rc.admit({ kind: 'device', id: 'desk-1' });
    const unknown = { problemCode: 'member-unknown' };
    await expect(admin.revokeMember('goa-02', 'hub')).rejects.toMatchObject(unknown);
    await expect(admin.revokeMember('desk-1', 'hub')).rejects.toMatchObject(unknown);
    await expect(admin.revokeMember('admin', 'operator')).rejects.toMatchObject({
      problemCode: 'member-self',
    });
    expect(await admin.status()).toMatchObject({ members: { hubs: 1, devices: 1, operators: 1 } });
    await admin.revokeMember('desk-1', 'device');
    expect(await admin.status()).toMatchObject({ members: { hubs: 1, devices: 0, operators: 1 } });
  });
});

describe('how a hub stands', () => {
  it('is what it told with its last question, for operators alone', async () => {
    const rc = await TestRc.start();
    const admin = await rc.admin();
    const { client } = await rc.admitHub('goa-01');
    const before = rc.clock.now();
    await client.feed({ version: '1.2.3', listOf: before, certificateEnds: before + 5 });
    await rc.clock.advance(90_000);
    expect((await admin.hubs()).hubs[0]?.standing).toMatchObject({
      version: '1.2.3',
      listAgeSeconds: 90,
      hubCertificateEnds: before + 5,
      locks: 0,
      alarm: false,
      trail: { rows: 0, begunAnew: null },
    });
    expect((await client.hubs()).hubs[0]).not.toHaveProperty('standing');
  });

  it('is an alarm where it locks far more cards than the others', async () => {
    const rc = await TestRc.start();
    const admin = await rc.admin();
    const { client } = await rc.admitHub('goa-01');
    await rc.admitHub('goa-02');
    const cards = [];
    for (let n = 0; n < 10; n++) cards.push(await register(admin));
    const lock = { epoch: 0, running: 1, open: 5, total: 5, locked: true };
    const tries = cards.map(({ uid }) => ({ uid, ...lock }));
    await client.report({ tries: tries.slice(0, 9), pins: [] });
    expect((await admin.hubs()).hubs[0]?.standing).toMatchObject({ locks: 9, alarm: false });
    await client.report({ tries: tries.slice(9), pins: [] });
    expect((await admin.hubs()).hubs).toMatchObject([
      { id: 'goa-01', standing: { locks: 10, alarm: true } },
      { id: 'goa-02', standing: { locks: 0, alarm: false } },
    ]);
    expect(rc.log.lines.join('\n')).toContain('warn ALARM: a hub locks more cards than its share');
    await rc.clock.advance(86_400_001);
    expect((await admin.hubs()).hubs[0]?.standing).toMatchObject({ locks: 0, alarm: false });
  });
});
