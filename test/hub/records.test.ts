import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { MIGRATIONS } from '../../hub/store/schema.ts';
import { fromHex, toHex, utf8 } from '../../protocol/bytes.ts';
import { type Bundle, nextAfter, placeOf } from '../../protocol/fhir/resources.ts';
import { subjectSystem } from '../../protocol/fhir/systems.ts';
import { openStore } from '../../runtime/sqlite.ts';
import { temperature } from '../protocol/fhir/observations.ts';
import { Site } from './site.ts';
import type { TestDevice } from './test-device.ts';
import type { Issued } from './test-rc.ts';

const PIN = '246810';
const HOUR_MS = 3_600_000;

async function patient(site: Site): Promise<{ device: TestDevice; card: Issued }> {
  const card = await site.register(PIN);
  const { device } = await site.logIn(card.image, PIN);
  return { device, card };
}

function resources<T extends string>({ entry }: Bundle, type: T) {
  return entry.map(({ resource }) => resource).filter(({ resourceType }) => resourceType === type);
}

function values(bundle: Bundle): (number | undefined)[] {
  return bundle.entry.flatMap(({ resource }) =>
    resource.resourceType === 'Observation' ? [resource.valueQuantity?.value] : [],
  );
}

describe('a measurement', () => {
  it('is kept, and found in the summary, the latest first', async () => {
    const site = await Site.open();
    const { device, card } = await patient(site);
    const { subject } = site.rc.card(card.image.uid);
    await device.call('observation.create', temperature('b', { value: 37, at: '2026-01-01T00:00:00Z' }));
    await device.call('observation.create', temperature('a', { value: 36, at: '2025-12-31T00:00:00Z' }));
    await device.call('observation.create', temperature('c', { value: 38, at: '2026-01-01T05:20:00+05:30' }));
    const summary = await device.call('patient.summary', {});
    expect(resources(summary, 'Patient')).toMatchObject([
      { identifier: [{ system: subjectSystem('hub-1'), value: subject }] },
    ]);
    expect(values(summary)).toEqual([37, 38, 36]);
    expect(resources(summary, 'Encounter')).toEqual([]);
  });

  it('that comes again is answered as before and kept once, also after a restart; another value under its identifier is refused', async () => {
    const site = await Site.open();
    const { device, card } = await patient(site);
    const first = await device.call('observation.create', temperature());
    expect(await device.call('observation.create', temperature())).toEqual(first);
    await site.restart();
    const { device: again } = await site.logIn(card.image, PIN);
    expect(await again.call('observation.create', temperature())).toEqual(first);
    await expect(again.call('observation.create', temperature('one', { value: 41 }))).rejects.toThrow(
      'conflict',
    );
    expect(values(await again.call('patient.summary', {}))).toEqual([36.8]);
  });

  it("is nobody else's: the same identifier is another patient's own, and each sees theirs alone", async () => {
    const site = await Site.open();
    const one = await patient(site);
    const other = await patient(site);
    await one.device.call('observation.create', temperature('one', { value: 36 }));
    await other.device.call('observation.create', temperature('one', { value: 40 }));
    expect(values(await one.device.call('patient.summary', {}))).toEqual([36]);
    expect(values(await other.device.call('patient.summary', {}))).toEqual([40]);
    const { subject } = site.rc.card(other.card.image.uid);
    const theirs = { identifier: { system: subjectSystem('hub-1'), value: subject } };
    await expect(
      one.device.call('observation.create', { ...temperature('two'), subject: theirs }),
    ).rejects.toThrow('params-invalid');
  });

  it('is refused from the future, and is not shown where it was entered in error', async () => {
    const site = await Site.open();
    const { device } = await patient(site);
    const ahead = new Date(site.clock.now() + 61_000).toISOString();
    await expect(device.call('observation.create', temperature('x', { at: ahead }))).rejects.toThrow(
      'params-invalid',
    );
    await device.call('observation.create', { ...temperature('y'), status: 'entered-in-error' });
    expect(values(await device.call('patient.summary', {}))).toEqual([]);
  });

  it('is one of sixty an hour: more are too many, and a repeat is none', async () => {
    const site = await Site.open({ policy: { validitySeconds: 7_200 } });
    const { device } = await patient(site);
    for (let n = 0; n < 60; n++) await device.call('observation.create', temperature(`n${n}`));
    await expect(device.call('observation.create', temperature('n60'))).rejects.toThrow('busy');
    await device.call('observation.create', temperature('n0'));
    await site.clock.advance(HOUR_MS);
    await device.call('observation.create', temperature('n60'));
  });
});

describe('a summary larger than a frame', () => {
  it('comes in pages, each measurement once, also where one is added in between', async () => {
    const site = await Site.open();
    const { device, card } = await patient(site);
    const subject = fromHex(site.rc.card(card.image.uid).subject);
    const { records } = site.hub.services;
    const at = (n: number) => new Date(site.clock.now() - n * 60_000).toISOString();
    const long = {
      coding: [{ system: 'https://example.org/a', code: 'b', display: 'd'.repeat(128) }],
      text: 't'.repeat(128),
    };
    const make = (n: number) =>
      records.create(
        { subject, suite: 'cardea-1', origin: site.origin },
        { ...temperature(`n${n}`, { value: n, at: at(n) }), category: [long, long] },
      );
    for (let hour = 0; hour < 4; hour++) {
      await site.clock.advance(HOUR_MS);
      await Promise.all(Array.from({ length: 50 }, (_, n) => make(50 * hour + n)));
    }
    const { device: session } = await site.logIn(card.image, PIN);
    device.close();
    const pages = [await session.call('patient.summary', {})];
    await session.call('observation.create', temperature('late', { value: -1, at: at(0) }));
    for (let after = nextAfter(pages[0] ?? {}); after !== null; after = nextAfter(pages.at(-1) ?? {})) {
      pages.push(await session.call('patient.summary', { after }));
    }
    expect(pages.length).toBeGreaterThan(1);
    const all = pages.flatMap(values);
    expect(all).toHaveLength(200);
    expect(new Set(all).size).toBe(200);
    expect(pages.map((page) => resources(page, 'Patient').length)).toEqual([
      1,
      ...pages.slice(1).map(() => 0),
    ]);
  });
});

describe('checking in', () => {
  it('gives each patient a place, once a day: the second time is answered as the first', async () => {
    const site = await Site.open();
    const one = await patient(site);
    const other = await patient(site);
    const first = await one.device.call('encounter.checkIn', {});
    expect(first).toMatchObject({ status: 'arrived', identifier: [{ value: '2026-01-01' }] });
    expect(placeOf(first)).toBe(1);
    expect(placeOf(await other.device.call('encounter.checkIn', {}))).toBe(2);
    expect(await one.device.call('encounter.checkIn', {})).toEqual(first);
    const summary = await one.device.call('patient.summary', {});
    expect(resources(summary, 'Encounter')).toEqual([first]);
    expect((await site.hub.services.records.queue()).map(({ place }) => place)).toEqual([1, 2]);
  });

  it('begins anew at the midnight of the clinic, not of UTC', async () => {
    // 05:30 in Kolkata.
    const site = await Site.open();
    const { device } = await patient(site);
    await device.call('encounter.checkIn', {});
    site.clock.jump(18 * HOUR_MS + 29 * 60_000);
    expect(await device.call('encounter.checkIn', {})).toMatchObject({
      identifier: [{ value: '2026-01-01' }],
    });
    site.clock.jump(2 * 60_000);
    const next = await device.call('encounter.checkIn', {});
    expect(next).toMatchObject({ identifier: [{ value: '2026-01-02' }] });
    expect(placeOf(next)).toBe(1);
  });

  it('is not undone by who is done: the patient keeps the number, and waits no more', async () => {
    const site = await Site.open();
    const { device } = await patient(site);
    const { records } = site.hub.services;
    await device.call('encounter.checkIn', {});
    expect(await records.countWaiting()).toBe(1);
    expect(await records.done(1)).toBe(true);
    expect(await records.done(1)).toBe(false);
    await expect(records.done(2)).rejects.toMatchObject({ code: 'not-in-queue' });
    expect(await records.countWaiting()).toBe(0);
    expect(await records.queue()).toEqual([]);
    const again = await device.call('encounter.checkIn', {});
    expect(again).toMatchObject({ status: 'finished', period: { end: expect.any(String) } });
    expect(placeOf(again)).toBe(1);
    expect(resources(await device.call('patient.summary', {}), 'Encounter')).toEqual([]);
  });

  it('gives no number twice, and lets nobody leave twice, however many come at once', async () => {
    const site = await Site.open();
    const { records } = site.hub.services;
    const come = (n: number) =>
      records.checkIn({ subject: new Uint8Array(16).fill(n), suite: 'cardea-1', origin: site.origin });
    const all = await Promise.all(Array.from({ length: 40 }, (_, n) => come(n)));
    const numbers = all.map(placeOf);
    expect(numbers).toEqual(Array.from({ length: 40 }, (_, n) => n + 1));
    expect((await Promise.all([records.done(7), records.done(7), records.done(7)])).filter(Boolean)).toEqual([
      true,
    ]);
    expect(await records.countWaiting()).toBe(39);
    expect((await records.queue()).map(({ place }) => place)).toEqual(numbers.filter((place) => place !== 7));
  });

  it('counts one patient with two sessions at the same moment once', async () => {
    const site = await Site.open();
    const { device, card } = await patient(site);
    const { device: second } = await site.logIn(card.image, PIN);
    const both = await Promise.all([
      device.call('encounter.checkIn', {}),
      second.call('encounter.checkIn', {}),
    ]);
    expect(both[0]).toEqual(both[1]);
    expect(await site.hub.services.records.countWaiting()).toBe(1);
  });
});

describe('records', () => {
  it('hang on the patient: a replaced card finds them', async () => {
    const site = await Site.open();
    const { device, card } = await patient(site);
    await device.call('observation.create', temperature());
    await device.call('encounter.checkIn', {});
    const next = await site.register('135791');
    const { subject } = site.rc.card(card.image.uid);
    site.rc.revoke(card.image.uid);
    site.rc.change({ ...site.rc.card(next.image.uid), subject });
    await site.untilCard(next, (held) => toHex(held.subject) === subject);
    const { device: again } = await site.logIn(next.image, '135791');
    const summary = await again.call('patient.summary', {});
    expect(values(summary)).toEqual([36.8]);
    expect(placeOf(await again.call('encounter.checkIn', {}))).toBe(1);
  });

  it('are out of reach on the recovery path, which has four methods', async () => {
    const site = await Site.open();
    const issued = await site.register(PIN, { recovery: true });
    const device = await site.recover(issued);
    await expect(device.call('patient.summary', {})).rejects.toThrow('not-allowed');
    await expect(device.call('observation.create', temperature())).rejects.toThrow('not-allowed');
    await expect(device.call('encounter.checkIn', {})).rejects.toThrow('not-allowed');
    await expect(device.call('session.renew', {})).rejects.toThrow('not-allowed');
  });

  it('made under cardea-1 are never reached under limbasiya-2021, and those made there are by both', async () => {
    const site = await Site.open();
    const subject = new Uint8Array(16).fill(7);
    const { records } = site.hub.services;
    const strong = { subject, suite: 'cardea-1', origin: site.origin } as const;
    const weak = { subject, suite: 'limbasiya-2021', origin: site.origin } as const;
    await records.create(strong, temperature('one', { value: 36 }));
    await records.checkIn(strong);
    const hidden = await records.summary(weak);
    expect([values(hidden), resources(hidden, 'Encounter')]).toEqual([[], []]);
    await expect(records.checkIn(weak)).rejects.toMatchObject({ code: 'conflict' });
    // Not even that there is one of this identifier.
    await records.create(weak, temperature('one', { value: 40 }));
    expect(values(await records.summary(weak))).toEqual([40]);
    expect(values(await records.summary(strong))).toEqual([40, 36]);
  });

  it('tell nothing without their key: no subject, day, unit or value is in the file, and lengths are rounded', async () => {
    const site = await Site.open();
    const { device, card } = await patient(site);
    await device.call('observation.create', temperature('thermometer-7', { value: 39.75 }));
    await device.call('encounter.checkIn', {});
    const { subject } = site.rc.card(card.image.uid);
    await site.stop();
    const db = openStore(join(site.folder, 'store.sqlite'), MIGRATIONS);
    const rows = db.prepare<[], Record<string, Buffer | bigint>>('SELECT * FROM record').safeIntegers().all();
    const visits = db.prepare<[], Record<string, Buffer | number>>('SELECT * FROM queue_day').all();
    db.pragma('wal_checkpoint(TRUNCATE)');
    db.close();
    expect(rows.map(({ sealed }) => (sealed as Buffer).length % 512)).toEqual([28, 28]);
    const cells = [...rows, ...visits].flatMap((row) => Object.values(row)).filter(Buffer.isBuffer);
    for (const cell of cells) expect(cell.includes(Buffer.from(subject, 'hex'))).toBe(false);
    const file = readFileSync(join(site.folder, 'store.sqlite'));
    for (const word of ['thermometer-7', '39.75', '2026-01-01', 'Observation', 'Cel', subject]) {
      expect(file.includes(Buffer.from(utf8(word)))).toBe(false);
    }
  });

  it.each([
    ['changed', 'UPDATE record SET sealed = zeroblob(540)'],
    ["put in another patient's place", 'UPDATE record SET slot = 1'],
  ])('are told as damaged where one was %s', async (_how, sql) => {
    const site = await Site.open();
    const { device } = await patient(site);
    const made = await device.call('observation.create', temperature());
    const db = openStore(join(site.folder, 'store.sqlite'), MIGRATIONS);
    db.exec(sql);
    db.close();
    await expect(device.call('observation.create', temperature())).rejects.toThrow('internal');
    expect(made.valueQuantity?.value).toBe(36.8);
  });
});

describe('session.renew', () => {
  it('begins the time anew, up to the longest that the policy allows, and then says no', async () => {
    const site = await Site.open({ policy: { validitySeconds: 60, longestSessionSeconds: 100 } });
    const { device } = await patient(site);
    await site.clock.advance(30_000);
    expect(await device.call('session.renew', {})).toEqual({
      validUntil: site.clock.now() + 60_000,
      expiresInSeconds: 60,
    });
    await site.clock.advance(50_000);
    expect(await device.call('session.renew', {})).toMatchObject({ expiresInSeconds: 20 });
    await expect(device.call('session.renew', {})).rejects.toThrow('not-allowed');
    await site.clock.advance(19_000);
    await device.call('session.info', {});
    await site.clock.advance(2_000);
    await expect(device.receive()).rejects.toMatchObject({ code: 6 });
  });
});
