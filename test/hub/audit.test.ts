import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { RecordCipher } from '../../hub/records/cipher.ts';
import { fromHex, toHex } from '../../protocol/bytes.ts';
import { noble } from '../../protocol/crypto/noble.ts';
import { STATUS } from '../../protocol/login/messages.ts';
import type { AuditRow } from '../../runtime/audit/chain.ts';
import type { AuditQuery } from '../../runtime/audit/trail.ts';
import { verifyTrail } from '../../runtime/audit/verify.ts';
import { systemRandom } from '../../runtime/random.ts';
import { changeWhole, NEW_PIN, PIN } from './changing-pins.ts';
import { RECORDS_KEY, Site } from './site.ts';
import { attemptOf } from './test-device.ts';

async function trailOf(site: Site): Promise<readonly AuditRow[]> {
  const rows = await site.store.audit.list({ limit: 1_000 });
  expect(verifyTrail(rows)).toMatchObject({ intact: true });
  return rows;
}

/** What happened, without who it was and when. */
function told(rows: readonly AuditRow[]): string[] {
  return rows.map(({ action, outcome, detail }) => [action, outcome, detail ?? ''].join(' ').trim());
}

describe("a hub's audit trail", () => {
  it('tells of logins, wrong tries, a lock and new PINs', async () => {
    const site = await Site.open();
    const [card, other] = [await site.register(PIN), await site.register(PIN)];
    await site.wrongTry(card.image);
    const changed = await changeWhole(site, card.image);
    await site.logIn(changed.image, NEW_PIN);
    for (let i = 0; i < 5; i++) await site.wrongTry(other.image);
    expect(await site.status(other.image)).toBe(STATUS.locked);
    expect(told(await trailOf(site))).toEqual([
      'patient.login no-right-proof',
      // `changeWhole` opens the card at a first login that it leaves.
      'patient.login no-right-proof',
      'patient.login done',
      'pin.evaluated done',
      'pin.prepared done',
      'pin.changed done',
      'patient.login done',
      ...Array.from({ length: 5 }, () => 'patient.login no-right-proof'),
      'card.locked done failures=5',
      'patient.login locked',
    ]);
  });

  it('says who it was by marks that only whoever has the key can make and find, and from where', async () => {
    const site = await Site.open();
    const [card, other] = [await site.register(PIN), await site.register(PIN)];
    const { device } = await site.logIn(card.image, PIN);
    await device.call('patient.summary', {});
    await site.logIn(other.image, PIN);
    const subject = fromHex(site.rc.card(card.image.uid).subject);
    const rows = await trailOf(site);
    expect(rows.map(({ action }) => action)).toEqual(['patient.login', 'record.read', 'patient.login']);
    for (const row of rows) {
      expect(row).toMatchObject({ card: null, from: '127.0.0.1' });
      expect(row.subject).toMatch(/^[0-9a-f]{32}$/);
    }
    const find = async (query: Omit<AuditQuery, 'limit'> & { readonly limit?: number }) => {
      const found = await site.store.audit.find({ limit: 10, ...query }, subject);
      return { numbers: found.rows.map(({ number }) => number), next: found.next };
    };
    expect(await find({})).toEqual({ numbers: [1, 2], next: null });
    expect(await find({ after: 1 })).toEqual({ numbers: [2], next: null });
    expect(await find({ limit: 1 })).toEqual({ numbers: [1], next: 1 });
    await site.stop();
    const file = readFileSync(join(site.folder, 'store.sqlite'), 'latin1');
    expect(file).toContain('patient.login');
    for (const uid of [card.image.uid, other.image.uid]) {
      expect(file).not.toContain(toHex(uid));
      expect(file).not.toContain(site.rc.card(uid).subject);
    }
  });

  it('lays no row beside another one of the same patient, and none beside a record', async () => {
    const site = await Site.open();
    const { image } = await site.register(PIN);
    const { device } = await site.logIn(image, PIN);
    await device.call('encounter.checkIn', {});
    await device.call('patient.summary', {});
    const marks = (await trailOf(site)).map(({ subject }) => subject);
    expect(new Set(marks).size).toBe(3);
    const [record, ...others] = await site.store.records.page(-1n, 10);
    if (record === undefined || others.length > 0) throw new Error('there is not one record');
    const places = [toHex(record.name), record.slot.toString(16)];
    for (const mark of marks) for (const place of places) expect(mark).not.toContain(place);
  });

  it('counts what one patient is refused, though each row would have another mark', async () => {
    const site = await Site.open();
    const card = await site.register(PIN);
    site.rc.revoke(card.image.uid);
    await site.untilCard(card, ({ revoked }) => revoked);
    for (let i = 0; i < 4; i++) expect(await site.status(card.image)).toBe(STATUS.revoked);
    const subject = fromHex(site.rc.card(card.image.uid).subject);
    const { rows } = await site.store.audit.find({ limit: 10 }, subject);
    expect(told(rows)).toEqual(['patient.login revoked', 'patient.login revoked repeats=3']);
  });

  it('finds a patient far behind the rows of others', async () => {
    const site = await Site.open();
    const event = { ...site.origin, action: 'record.read', outcome: 'done' } as const;
    const [mine, other] = [new Uint8Array(16).fill(1), new Uint8Array(16).fill(2)];
    await Promise.all(
      Array.from({ length: 2_100 }, (_, n) =>
        site.store.audit.note({ ...event, subject: n % 1_000 === 999 ? mine : other }),
      ),
    );
    const { rows, next } = await site.store.audit.find({ limit: 10 }, mine);
    expect(rows.map(({ number }) => number)).toEqual([1_000, 2_000]);
    expect(next).toBeNull();
  });

  it('finds a patient also in rows from before the trail had marks of its own', async () => {
    const site = await Site.open();
    const [mine, other] = [new Uint8Array(16).fill(1), new Uint8Array(16).fill(2)];
    const cipher = new RecordCipher(noble, RECORDS_KEY, systemRandom);
    const event = { ...site.origin, action: 'record.read', outcome: 'done' } as const;
    const before = {
      auditMark: (subject: Uint8Array) => cipher.formerPatient(subject),
      auditMarksOf: () => () => false,
    };
    site.store.audit.markPatientsBy(before);
    await site.store.audit.note({ ...event, subject: mine });
    await site.store.audit.note({ ...event, subject: other });
    site.store.audit.markPatientsBy(cipher);
    await site.store.audit.note({ ...event, subject: mine });
    const { rows } = await site.store.audit.find({ limit: 10 }, mine);
    expect(rows.map(({ number }) => number)).toEqual([1, 3]);
    await trailOf(site);
  });

  it('keeps a record and the row that tells of it together, once', async () => {
    const site = await Site.open();
    const card = await site.register(PIN);
    const { device } = await site.logIn(card.image, PIN);
    await device.call('encounter.checkIn', {});
    await device.call('encounter.checkIn', {});
    await site.hub.services.records.queue();
    await site.hub.services.records.done(1);
    await site.hub.services.archive.export(null);
    expect(told(await trailOf(site))).toEqual([
      'patient.login done',
      'record.written done type=encounter',
      'queue.read done',
      'queue.done done',
      'records.exported done',
    ]);
  });

  it('counts refusals that anybody can cause, instead of filling the disk', async () => {
    const site = await Site.open();
    const stranger = await site.register(PIN);
    const unknown = { ...stranger.image, uid: new Uint8Array(16).fill(1) };
    for (let i = 0; i < 4; i++) {
      expect(await site.status(unknown, attemptOf(`00000${i}`).blinded)).toBe(STATUS.unknown);
    }
    expect(told(await trailOf(site))).toEqual(['patient.login unknown', 'patient.login unknown repeats=3']);
  });

  it('tells of a try that a kill left open and of the lock that comes of it', async () => {
    const site = await Site.open();
    const { image } = await site.register(PIN);
    for (let i = 0; i < 5; i++) {
      const blinded = new Uint8Array(32).fill(i + 1);
      const claim = { uid: image.uid, pinVersion: 1, recovery: false, blinded };
      await site.store.tries.answer(claim, site.origin);
    }
    await site.restart();
    expect(told(await trailOf(site))).toEqual(['tries.settled done locked=1']);
  });

  it('tells that logins were refused since the lists were too old', async () => {
    const site = await Site.open();
    const { image } = await site.register(PIN);
    await site.awayFor(8);
    await expect(site.status(image)).rejects.toThrow();
    expect(told(await trailOf(site))).toEqual(['patient.login lists-too-old']);
  });
});
