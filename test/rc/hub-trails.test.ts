import { describe, expect, it } from 'vitest';
import type { RcClient } from '../../certs/rc-client.ts';
import { type AuditAnchor, type AuditRow, TRAIL_START } from '../../runtime/audit/chain.ts';
import { verifyTrail } from '../../runtime/audit/verify.ts';
import { anchorToWire, rowFromWire, rowToWire } from '../../runtime/audit/wire.ts';
import { rowsAfter } from '../support/audit-rows.ts';
import { TestRc } from './running-rc.ts';

const HUB = 'goa-01';

async function withHub() {
  const rc = await TestRc.start();
  const { client: hub } = await rc.admitHub(HUB);
  return { rc, hub, admin: await rc.admin() };
}

function tell(hub: RcClient, rows: readonly AuditRow[], after: AuditAnchor = TRAIL_START) {
  return hub.tellAudit({ after: anchorToWire(after), rows: rows.map(rowToWire) });
}

/** The hub's trail, as an auditor reads it. */
async function trailOf(admin: RcClient, branch?: number): Promise<AuditRow[]> {
  const { rows, next } = await admin.hubAudit(HUB, branch === undefined ? {} : { branch });
  expect(next).toBeNull();
  return rows.map(rowFromWire);
}

/** What the registration centre's own trail says of the hub's. */
async function notes(admin: RcClient) {
  const { rows } = await admin.audit();
  return rows.flatMap(({ action, outcome, member, detail }) =>
    action.startsWith('hub-trail.') ? [{ action, outcome, member, detail }] : [],
  );
}

describe("a hub's audit trail at the registration centre", () => {
  it('is there as the hub told of it, and verifies', async () => {
    const { hub, admin } = await withHub();
    const rows = rowsAfter(TRAIL_START, 5);
    expect(await tell(hub, rows.slice(0, 3))).toEqual({
      kept: true,
      head: anchorToWire(rows[2] as AuditRow),
    });
    expect(await tell(hub, rows.slice(3), rows[2])).toEqual({
      kept: true,
      head: anchorToWire(rows[4] as AuditRow),
    });
    expect(await trailOf(admin)).toEqual(rows);
    expect(verifyTrail(await trailOf(admin))).toMatchObject({ intact: true });
    expect(await notes(admin)).toEqual([]);
  });

  it('has each row once, however often it was told of', async () => {
    const { hub, admin } = await withHub();
    const rows = rowsAfter(TRAIL_START, 6);
    for (const upTo of [3, 3, 6, 2])
      expect(await tell(hub, rows.slice(0, upTo))).toMatchObject({ kept: true });
    expect(await tell(hub, rows.slice(1, 4), rows[0])).toEqual({
      kept: true,
      head: anchorToWire(rows[5] as AuditRow),
    });
    expect(await trailOf(admin)).toEqual(rows);
    expect(await notes(admin)).toEqual([]);
  });

  it('takes nothing that continues a row which is not here, and says which one is', async () => {
    const { hub, admin } = await withHub();
    const rows = rowsAfter(TRAIL_START, 6);
    expect(await tell(hub, rows.slice(3), rows[2])).toEqual({ kept: false, head: anchorToWire(TRAIL_START) });
    await tell(hub, rows.slice(0, 2));
    expect(await tell(hub, rows.slice(3), rows[2])).toEqual({
      kept: false,
      head: anchorToWire(rows[1] as AuditRow),
    });
    const [other] = rowsAfter(TRAIL_START, 1, { outcome: 'locked' });
    expect(await tell(hub, rowsAfter(other), other)).toMatchObject({ kept: false });
    expect(await trailOf(admin)).toEqual(rows.slice(0, 2));
  });

  it.each([
    ['was changed', (rows: AuditRow[]) => rows.with(1, { ...(rows[1] as AuditRow), outcome: 'locked' }), 2],
    ['is missing', (rows: AuditRow[]) => rows.toSpliced(1, 1), 2],
    ['stands twice', (rows: AuditRow[]) => rows.toSpliced(1, 0, rows[0] as AuditRow), 2],
    [
      'has what is in no row',
      (rows: AuditRow[]) => rows.with(2, { ...(rows[2] as AuditRow), detail: 'PIN 1234' }),
      3,
    ],
  ])('is refused whole where a row %s, and the operator hears of it', async (_what, tamper, row) => {
    const { rc, hub, admin } = await withHub();
    await expect(tell(hub, tamper(rowsAfter(TRAIL_START, 3)))).rejects.toMatchObject({
      problemCode: 'audit-broken',
    });
    expect(await trailOf(admin)).toEqual([]);
    const about = { member: HUB, detail: `row=${row}` };
    expect(await notes(admin)).toEqual([{ action: 'hub-trail.sent', outcome: 'audit-broken', ...about }]);
    expect(rc.log.lines.join()).toContain('ALARM: the audit trail of a hub is not as it was written');
  });

  it('that is begun anew, as after a restore, is told of, and what stood there before is kept beside it', async () => {
    const { hub, admin } = await withHub();
    const first = rowsAfter(TRAIL_START, 6);
    await tell(hub, first);
    const restored = rowsAfter(first[3], 3, { action: 'backup.restored' });
    expect(await tell(hub, restored, first[3])).toMatchObject({ kept: true });
    const stands = [...first.slice(0, 4), ...restored];
    expect(await trailOf(admin)).toEqual(stands);
    expect(await trailOf(admin, 1)).toEqual(first);
    expect(await notes(admin)).toEqual([
      { action: 'hub-trail.begun-anew', outcome: 'done', member: HUB, detail: 'row=5 branch=2' },
    ]);
    const again = rowsAfter(first[1], 1, { action: 'backup.restored', outcome: 'again' });
    await tell(hub, again, first[1]);
    const [last] = again;
    const later = rowsAfter(last, 4);
    await tell(hub, later, last);
    expect(await trailOf(admin)).toEqual([...first.slice(0, 2), ...again, ...later]);
    expect(await trailOf(admin, 2)).toEqual(stands);
    expect(await trailOf(admin, 1)).toEqual(first);
    await expect(admin.hubAudit(HUB, { branch: 4 })).rejects.toMatchObject({ problemCode: 'member-unknown' });
  });

  it('is one hub’s own: another one’s rows stand beside it', async () => {
    const { rc, hub, admin } = await withHub();
    const { client: pune } = await rc.admitHub('pune-02');
    const [ours, theirs] = [rowsAfter(TRAIL_START, 2), rowsAfter(TRAIL_START, 3, { outcome: 'locked' })];
    await tell(hub, ours);
    await tell(pune, theirs);
    expect(await trailOf(admin)).toEqual(ours);
    expect((await admin.hubAudit('pune-02')).rows).toEqual(theirs.map(rowToWire));
    await expect(admin.hubAudit('nowhere-9')).rejects.toMatchObject({ problemCode: 'member-unknown' });
  });

  it('is read page by page and by what is looked for, and that it was read is in the trail', async () => {
    const { hub, admin } = await withHub();
    const rows = [...rowsAfter(TRAIL_START, 4)];
    rows.push(...rowsAfter(rows[3], 2, { member: 'desk-7', time: 1_900_000_000_000 }));
    await tell(hub, rows);
    const page = await admin.hubAudit(HUB, { limit: 4 });
    expect([page.rows.map(({ number }) => number), page.next]).toEqual([[1, 2, 3, 4], 4]);
    expect((await admin.hubAudit(HUB, { limit: 4, after: 4 })).rows.map(({ number }) => number)).toEqual([
      5, 6,
    ]);
    expect((await admin.hubAudit(HUB, { who: 'desk-7' })).rows.map(({ number }) => number)).toEqual([5, 6]);
    expect((await admin.hubAudit(HUB, { until: 1_850_000_000_000 })).rows).toHaveLength(4);
    const read = (await admin.audit()).rows.filter(
      ({ action, member }) => action === 'audit.read' && member === HUB,
    );
    expect(read).toHaveLength(3);
  });

  it('takes no more of a hub than it may tell: whoever floods it waits, and others do not', async () => {
    const { rc } = await withHub();
    await rc.stop();
    await rc.serve({ rateLimits: { trailRows: { burst: 10, perSecond: 1 } } });
    const [goa, pune] = [await rc.admitHub('goa-02'), await rc.admitHub('pune-02')];
    const rows = rowsAfter(TRAIL_START, 12);
    await tell(goa.client, rows.slice(0, 6));
    const more = () => tell(goa.client, rows.slice(6), rows[5]);
    await expect(more()).rejects.toMatchObject({ problemCode: 'requests-too-many' });
    await tell(pune.client, rows.slice(0, 6));
    await rc.clock.advance(2_000);
    await more();
  });

  it('ends where the hub is revoked, and can be read for ever', async () => {
    const { hub, admin } = await withHub();
    const rows = rowsAfter(TRAIL_START, 2);
    await tell(hub, rows);
    await admin.revokeMember(HUB, 'hub');
    await expect(tell(hub, rowsAfter(rows[1]), rows[1])).rejects.toThrow();
    expect(await trailOf(admin)).toEqual(rows);
  });
});
