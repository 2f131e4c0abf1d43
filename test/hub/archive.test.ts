import { describe, expect, it, onTestFinished } from 'vitest';
import { officeHandlers, officeOf, remoteOffice } from '../../hub/records/office.ts';
import type { RecordsPatient } from '../../hub/records/records.ts';
import { toHex } from '../../protocol/bytes.ts';
import type { SuiteName } from '../../protocol/constants.ts';
import type { Bundle } from '../../protocol/fhir/resources.ts';
import { placeOf } from '../../protocol/fhir/resources.ts';
import { subjectSystem } from '../../protocol/fhir/systems.ts';
import { serveControl } from '../../runtime/control-socket.ts';
import { temperature } from '../protocol/fhir/observations.ts';
import { Site } from './site.ts';

const DAY_MS = 86_400_000;

function subject(n: number): Uint8Array {
  return new Uint8Array(16).fill(n);
}

function patient(n: number, suite: SuiteName): RecordsPatient {
  return {
    subject: subject(n),
    suite,
    origin: { time: 0, by: null, role: 'patient', from: '127.0.0.1', member: null },
  };
}

/** Two patients, who have left something. */
async function left(site: Site): Promise<void> {
  const { records } = site.hub.services;
  await records.checkIn(patient(1, 'cardea-1'));
  await records.checkIn(patient(2, 'limbasiya-2021'));
  await records.create(patient(2, 'limbasiya-2021'), temperature('weak'));
  await records.create(patient(2, 'cardea-1'), temperature('a', { at: '2025-12-01T00:00:00Z' }));
}

async function exported(site: Site): Promise<readonly Bundle[]> {
  const { items, next } = await site.hub.services.archive.export(null);
  expect(next).toBeNull();
  return [...items].sort((one, other) => JSON.stringify(one).localeCompare(JSON.stringify(other)));
}

describe('records', () => {
  it('that are exported are the same where they are imported, place in the queue and suite included', async () => {
    const site = await Site.open();
    await left(site);
    const bundles = await exported(site);
    expect(bundles.map(({ entry }) => entry.length).sort()).toEqual([2, 4]);
    const other = await Site.open();
    for (const one of bundles) await other.hub.services.archive.import(one);
    expect(await exported(other)).toEqual(bundles);
    const { records } = other.hub.services;
    expect(await records.queue()).toEqual(await site.hub.services.records.queue());
    expect(placeOf(await records.checkIn(patient(2, 'cardea-1')))).toBe(2);
    const hidden = await records.summary(patient(2, 'limbasiya-2021'));
    expect(hidden.entry.map(({ resource }) => resource.resourceType)).toEqual([
      'Patient',
      'Encounter',
      'Observation',
    ]);
  });

  it('are never taken twice, and what differs is left as it is', async () => {
    const site = await Site.open();
    await left(site);
    const { archive } = site.hub.services;
    const bundles = await exported(site);
    const [bundle] = bundles.filter(({ entry }) => entry.length === 4);
    expect(await archive.import(bundle)).toEqual({ added: 0, known: 3, differing: 0 });
    const changed = JSON.parse(JSON.stringify(bundle).replace('36.8', '40.1'));
    expect(await archive.import(changed)).toEqual({ added: 0, known: 2, differing: 1 });
    expect(await exported(site)).toEqual(bundles);
  });

  it('of yesterday wait in no queue of today', async () => {
    const site = await Site.open();
    await left(site);
    const bundles = await exported(site);
    const later = await Site.open();
    later.clock.jump(DAY_MS);
    for (const one of bundles) await later.hub.services.archive.import(one);
    expect(await later.hub.services.records.queue()).toEqual([]);
    expect(placeOf(await later.hub.services.records.checkIn(patient(9, 'cardea-1')))).toBe(1);
  });

  it('give way to whoever has their number here: they get the next', async () => {
    const site = await Site.open();
    await left(site);
    const bundles = await exported(site);
    const other = await Site.open();
    const { records, archive } = other.hub.services;
    await records.checkIn(patient(9, 'cardea-1'));
    for (const one of bundles) await archive.import(one);
    const places = (await records.queue()).map(({ place }) => place);
    expect(places).toEqual([1, 2, 3]);
  });

  it('get the next number where the one they want is far beyond all that were given', async () => {
    const site = await Site.open();
    await left(site);
    const [bundle] = (await exported(site)).filter(({ entry }) => entry.length === 2);
    const far = JSON.parse(
      JSON.stringify(bundle).replace('"valuePositiveInt":1', '"valuePositiveInt":9007199254740991'),
    );
    const other = await Site.open();
    const { records, archive } = other.hub.services;
    expect(await archive.import(far)).toMatchObject({ added: 1 });
    expect((await records.queue()).map(({ place }) => place)).toEqual([1]);
  });

  it.each([
    ['no Bundle', () => ({ resourceType: 'Patient' }), /Bundle|entry/],
    ['nothing', () => null, /Bundle/],
    ['no Patient', (one: Bundle) => ({ ...one, entry: one.entry.slice(1) }), /not one Patient/],
    [
      "another hub's",
      (one: Bundle) => JSON.parse(JSON.stringify(one).replaceAll('hub-1', 'hub-2')),
      /of the hub hub-2/,
    ],
    [
      "a record of another patient's",
      (one: Bundle) => {
        const [patient, ...rest] = one.entry;
        const own = toHex(subject(3));
        const entry = {
          resource: { ...patient?.resource, identifier: [{ system: subjectSystem('hub-1'), value: own }] },
        };
        return { ...one, entry: [entry, ...rest] };
      },
      /another patient/,
    ],
    [
      'a unit that there is not',
      (one: Bundle) => JSON.parse(JSON.stringify(one).replaceAll('"Cel"', '"°C"')),
      /UCUM/,
    ],
  ])('are not taken from %s', async (_what, spoil, why) => {
    const site = await Site.open();
    await left(site);
    const [bundle] = (await exported(site)).filter(({ entry }) => entry.length === 4);
    if (bundle === undefined) throw new Error('no bundle');
    await expect(site.hub.services.archive.import(spoil(bundle))).rejects.toMatchObject({
      code: 'bundle-refused',
      message: expect.stringMatching(why),
    });
  });
});

describe('the office over the control socket', () => {
  it('does what it does at the store', async () => {
    const site = await Site.open();
    await left(site);
    const { records, archive } = site.hub.services;
    const office = officeOf(records, archive);
    const control = await serveControl(site.folder, officeHandlers(office));
    onTestFinished(() => control.close());
    const remote = remoteOffice(site.folder);
    expect(await remote.queue()).toEqual(await records.queue());
    expect(await remote.list(null)).toEqual(await office.list(null));
    const all = await remote.export(null);
    expect(all).toEqual(await office.export(null));
    expect(await remote.import(all.items[0])).toMatchObject({ added: 0, differing: 0 });
    expect([await remote.done(1), await remote.done(1)]).toEqual([true, false]);
    await expect(remote.done(7)).rejects.toMatchObject({ code: 'control-refused', reason: 'not-in-queue' });
    await expect(remote.import({ resourceType: 'Bundle' })).rejects.toMatchObject({
      reason: 'bundle-refused',
    });
  });

  it('gives all patients, page by page, each once', async () => {
    const site = await Site.open();
    const { records, archive } = site.hub.services;
    await Promise.all(Array.from({ length: 120 }, (_, n) => records.checkIn(patient(n, 'cardea-1'))));
    const seen: string[] = [];
    for (let after: string | null = null; ; ) {
      const { items, next } = await archive.list(after);
      seen.push(...items.map((one) => one.subject));
      if (next === null) break;
      after = next;
    }
    expect([seen.length, new Set(seen).size]).toEqual([120, 120]);
  });
});
