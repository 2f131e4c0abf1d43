import { copyFileSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { RcRefusedError, RcUnreachableError } from '../../certs/rc-errors.ts';
import { AuditCourier } from '../../hub/feed/audit-courier.ts';
import type { Rc } from '../../hub/feed/rc.ts';
import { createHubStore, type HubStore, openHubStore } from '../../hub/store/store.ts';
import { machineOrigin } from '../../runtime/audit/event.ts';
import { verifyTrail } from '../../runtime/audit/verify.ts';
import { type AuditDelivery, rowFromWire } from '../../runtime/audit/wire.ts';
import { TestRc as RunningRc } from '../rc/running-rc.ts';
import { temporaryFolder } from '../runtime/temporary-folder.ts';
import { Site, until } from './site.ts';
import { TestRc } from './test-rc.ts';

const PIN = '246810';

/** A hub's store with so many rows in its trail, and the courier that tells `rc` of them. */
async function openCourier(rc: Pick<Rc, 'tellAudit'>, { folder = temporaryFolder(), rows = 0 } = {}) {
  const running = await RunningRc.init();
  createHubStore(folder);
  const store = openHubStore(folder, running.clock);
  onTestFinished(() => store.close());
  const { surroundings } = running;
  await append(store, running, rows);
  return {
    store,
    log: running.log,
    append: (count: number) => append(store, running, count),
    courier: new AuditCourier({ rc, outbox: store.auditOutbox, surroundings }),
  };
}

async function append(store: HubStore, { clock }: RunningRc, count: number): Promise<void> {
  const event = { ...machineOrigin(clock), action: 'queue.read', outcome: 'done' } as const;
  await Promise.all(Array.from({ length: count }, () => store.audit.note(event)));
}

const listOf = (store: HubStore) => store.audit.list({ limit: 10_000 });

/** A registration centre in memory. */
function testRc() {
  return new TestRc({ now: () => 0, monotonic: () => 0, after: () => ({ cancel() {} }) });
}

describe("a hub's audit trail", () => {
  it('waits for a registration centre of an older version, and says that it is to be updated', async () => {
    const answers = [
      new RcRefusedError('it takes GET', { problemCode: 'method-not-allowed', status: 405 }),
      new RcRefusedError('no certificate', { problemCode: 'not-allowed', status: 403 }),
    ];
    const rc = { tellAudit: () => Promise.reject(answers.shift()) };
    const { courier, store, log } = await openCourier(rc, { rows: 2 });
    expect(await courier.deliver()).toBe(false);
    expect(log.lines.at(-1)).toContain('of an older version, which takes no audit trail of hubs: update it');
    expect(await courier.deliver()).toBe(false);
    expect(log.lines.at(-1)).toContain('no certificate');
    expect(log.lines.at(-1)).not.toContain('version');
    expect(await store.auditOutbox.next(10)).toMatchObject({ rows: [{ number: 1 }, { number: 2 }] });
  });

  it('waits while the registration centre is away, and is told of once, in order, when it is back', async () => {
    const site = await Site.open();
    const { image } = await site.register(PIN);
    site.rc.isAway = true;
    for (let i = 0; i < 3; i++) await site.wrongTry(image);
    (await site.logIn(image, PIN)).device.close();
    await site.settled();
    await site.clock.advance(120_000);
    const told = site.rc.audit.length;
    const rows = await site.store.audit.list({ limit: 1_000 });
    expect(rows.length).toBeGreaterThan(told + 3);
    site.rc.isAway = false;
    await site.clock.advance(120_000);
    await until(async () => site.rc.audit.length === rows.length);
    expect(site.rc.audit.map(rowFromWire)).toEqual(rows);
    expect(site.rc.deliveries.reduce((sum, count) => sum + count)).toBe(rows.length);
    expect((await site.store.auditOutbox.delivered()).number).toBe(rows.length);
  });

  it('goes in batches, however much of it waits', async () => {
    const rc = testRc();
    const { store, courier } = await openCourier(rc, { rows: 1_203 });
    expect(await courier.deliver()).toBe(true);
    expect(rc.deliveries).toEqual([500, 500, 203]);
    expect(rc.audit.map(rowFromWire)).toEqual(await listOf(store));
    expect(await courier.deliver()).toBe(true);
    expect(rc.deliveries).toHaveLength(3);
  });

  it('is told of again where the answer was lost, and not twice where it was not', async () => {
    const rc = testRc();
    const lossy = {
      isLost: true,
      async tellAudit(delivery: AuditDelivery) {
        const receipt = await rc.tellAudit(delivery);
        if (this.isLost) throw new RcUnreachableError('the answer was lost');
        return receipt;
      },
    };
    const { store, courier, append } = await openCourier(lossy, { rows: 3 });
    expect(await courier.deliver()).toBe(false);
    expect((await store.auditOutbox.delivered()).number).toBe(0);
    lossy.isLost = false;
    await append(2);
    expect(await courier.deliver()).toBe(true);
    expect(rc.deliveries).toEqual([3, 5]);
    expect(rc.audit.map(rowFromWire)).toEqual(await listOf(store));
  });

  it.each([
    ['has the beginning still', 4],
    ['has nothing of it', 0],
  ])(
    'is told of anew, from where it must, to a registration centre that was restored and %s',
    async (_what, left) => {
      const rc = testRc();
      const { store, courier, append } = await openCourier(rc, { rows: 9 });
      await courier.deliver();
      rc.audit.splice(left);
      await append(1);
      expect(await courier.deliver()).toBe(true);
      expect(rc.deliveries.slice(1)).toEqual([1, 10 - left]);
      expect(rc.audit.map(rowFromWire)).toEqual(await listOf(store));
    },
  );

  it('is told of anew to a registration centre that was restored while nothing happens at the hub', async () => {
    const site = await Site.open();
    const { image } = await site.register(PIN);
    await site.wrongTry(image);
    await site.clock.advance(120_000);
    const rows = await listOf(site.store);
    await until(async () => site.rc.audit.length === rows.length);
    site.rc.audit.splice(0);
    site.rc.generation = 'ab'.repeat(16);
    await site.clock.advance(120_000);
    await until(async () => site.rc.audit.length === rows.length);
    expect(site.rc.audit.map(rowFromWire)).toEqual(rows);
    expect(await listOf(site.store)).toEqual(rows);
  });

  it('goes on from the backup of a hub that was restored, and the registration centre keeps both', async () => {
    const running = await RunningRc.start();
    const { client } = await running.admitHub('goa-01');
    const folder = temporaryFolder();
    const first = await openCourier(client, { folder, rows: 4 });
    await first.courier.deliver();
    const backup = join(temporaryFolder(), 'copy');
    mkdirSync(backup);
    await first.store.copyTo(join(backup, 'copy.sqlite'));
    await first.append(3);
    await first.courier.deliver();
    const before = await listOf(first.store);

    copyFileSync(join(backup, 'copy.sqlite'), join(backup, 'store.sqlite'));
    const restored = await openCourier(client, { folder: backup });
    await restored.store.beginAfterRestore();
    await restored.append(1);
    expect(await restored.courier.deliver()).toBe(true);
    const admin = await running.admin();
    const now = (await admin.hubAudit('goa-01')).rows.map(rowFromWire);
    expect(now).toEqual(await listOf(restored.store));
    expect(verifyTrail(now)).toMatchObject({ intact: true });
    expect(now[4]).toMatchObject({ number: 5, action: 'backup.restored' });
    expect((await admin.hubAudit('goa-01', { branch: 1 })).rows.map(rowFromWire)).toEqual(before);
  });

  it('is said to be broken where it is, and nothing of it is taken for told', async () => {
    const running = await RunningRc.start();
    const { client } = await running.admitHub('goa-01');
    const tampered = {
      tellAudit: ({ after, rows }: AuditDelivery) =>
        client.tellAudit({ after, rows: rows.map((row) => ({ ...row, outcome: 'locked' })) }),
    };
    const { store, courier } = await openCourier(tampered, { rows: 2 });
    expect(await courier.deliver()).toBe(false);
    expect((await store.auditOutbox.delivered()).number).toBe(0);
    expect((await (await running.admin()).hubAudit('goa-01')).rows).toEqual([]);
  });
});
