import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import SqliteDatabase from 'better-sqlite3';
import { describe, expect, it } from 'vitest';
import { RecordCipher } from '../../hub/records/cipher.ts';
import { HubRecords } from '../../hub/records/records.ts';
import { createHubStore, openHubStore } from '../../hub/store/store.ts';
import { noble } from '../../protocol/crypto/noble.ts';
import { SimulatedClock } from '../../runtime/simulated-clock.ts';
import { temperature } from '../protocol/fhir/observations.ts';
import { temporaryFolder } from '../runtime/temporary-folder.ts';
import { SeededRandom } from '../soak/seeded-random.ts';
import { changeWhole, PIN } from './changing-pins.ts';
import { FormerStore } from './former-store.ts';
import { Site } from './site.ts';

const PATIENTS = 30;
const KEY = new Uint8Array(32).fill(5);
/** Of 30 that lie at random, one in a thousand columns is beyond. The key and the nonces are the same in every run. */
const CHANCE = 0.6;

type Cell = bigint | Buffer | string | null;
type Table = readonly Readonly<Record<string, Cell>>[];

/** Seeded, so that what the file looks like is the same in every run. */
function cipherOf(seed: number): RecordCipher {
  const random = new SeededRandom(seed);
  return new RecordCipher(noble, KEY, (length) => Uint8Array.from({ length }, () => random.between(0, 255)));
}

function subject(n: number): Uint8Array {
  return new Uint8Array(16).fill(n + 1);
}

/** What a thief reads: every table, with SQLite alone, in the order in which its rows lie. */
function tablesOf(folder: string): Map<string, Table> {
  const db = new SqliteDatabase(join(folder, 'store.sqlite'), { readonly: true });
  const names = db.prepare<[], string>("SELECT name FROM sqlite_schema WHERE type = 'table'").pluck().all();
  const tables = new Map<string, Table>();
  for (const name of names) {
    const rows = db.prepare<[], Record<string, Cell>>(`SELECT * FROM ${name}`).safeIntegers().all();
    tables.set(
      name,
      rows.map((row, place) => ({ 'place in the table': BigInt(place), ...row })),
    );
  }
  db.close();
  return tables;
}

/** As a number that sorts as the cell does. */
function numberOf(cell: Cell | undefined): number {
  if (typeof cell === 'bigint') return Number(cell);
  return cell instanceof Buffer ? cell.readUIntBE(0, 6) : Number.NaN;
}

function ranks(values: readonly number[]): number[] {
  const sorted = [...values].sort((one, other) => one - other);
  return values.map((value) => sorted.indexOf(value));
}

/** How far two orders are the same: 1 wholly, -1 the one backwards, about 0 not at all (Spearman). */
function likeness(one: readonly number[], other: readonly number[]): number {
  const [a, b] = [ranks(one), ranks(other)];
  const mean = (a.length - 1) / 2;
  const sum = (of: (index: number) => number) => a.reduce((total, _, index) => total + of(index), 0);
  const covariance = sum((i) => ((a[i] ?? 0) - mean) * ((b[i] ?? 0) - mean));
  const spread = (of: readonly number[]) => sum((i) => ((of[i] ?? 0) - mean) ** 2);
  return covariance / Math.sqrt(spread(a) * spread(b));
}

/**
 * The columns of `table` that tell in which order patients came.
 * @param cameAt which patient a row is of, which only whoever has the key can say
 */
function telling(table: Table, cameAt: (row: Table[number]) => number): string[] {
  const came = table.map(cameAt);
  const lengthOf = (cell: Cell | undefined) => (cell instanceof Buffer ? cell.length : 0);
  const tells = (column: string, measure: (cell: Cell | undefined) => number) => {
    const values = table.map((row) => measure(row[column]));
    return Math.abs(likeness(came, values)) > CHANCE;
  };
  return Object.keys(table[0] ?? {}).filter((column) => tells(column, numberOf) || tells(column, lengthOf));
}

/** The columns of `table` of which two rows have the same. */
function shared(table: Table): string[] {
  return Object.keys(table[0] ?? {}).filter((column) => {
    const cells = table.map((row) => row[column]);
    const texts = cells.map((cell) => (cell instanceof Buffer ? cell.toString('hex') : String(cell)));
    return new Set(texts).size < texts.length;
  });
}

function bufferOf(cell: Cell | undefined): Buffer {
  if (!(cell instanceof Buffer)) throw new Error('no bytes');
  return cell;
}

/** Who a subject is, by when they came. */
function patientNamed(value: string): number {
  return Number.parseInt(value.slice(0, 2), 16) - 1;
}

/** Who a record is of, with the key. */
function opener(cipher: RecordCipher) {
  return (row: Table[number]): number => {
    const place = { slot: BigInt(String(row['slot'])), name: new Uint8Array(bufferOf(row['name'])) };
    const opened = cipher.open(place, new Uint8Array(bufferOf(row['sealed']))) as {
      subject: { identifier: { value: string } };
    };
    return patientNamed(opened.subject.identifier.value);
  };
}

/** A hub to which patients came one after the other, each with a measurement; half have been seen. */
async function visited(): Promise<{ folder: string; cipher: RecordCipher }> {
  const folder = temporaryFolder();
  createHubStore(folder);
  const clock = new SimulatedClock();
  const store = openHubStore(folder, clock);
  const cipher = cipherOf(1);
  store.audit.markPatientsBy(cipher);
  const surroundings = { clock, random: (length: number) => new Uint8Array(length) };
  const records = new HubRecords({ hubId: 'hub-1', store, cipher, timeZone: 'UTC', surroundings });
  const origin = { time: 0, by: null, role: 'patient', from: '127.0.0.1', member: null } as const;
  for (let n = 0; n < PATIENTS; n++) {
    const patient = { subject: subject(n), suite: 'cardea-1', origin } as const;
    await records.checkIn(patient);
    await records.create(patient, temperature('one', { at: new Date(clock.now()).toISOString() }));
    if (n % 2 === 0) await records.done(n + 1);
    await clock.advance(60_000);
  }
  store.close();
  return { folder, cipher };
}

/** The same, as hubs kept it before. */
function formerlyVisited(): { folder: string; patientOf: (hash: Buffer) => number } {
  const folder = join(temporaryFolder(), 'hub');
  mkdirSync(folder);
  const store = new FormerStore({ folder, key: KEY, cipher: cipherOf(2), hubId: 'hub-1' });
  const patients = new Map<string, number>();
  for (let n = 0; n < PATIENTS; n++) {
    const visit = { day: '2026-01-01', at: n, place: n + 1, isDone: n % 2 === 0 };
    store.leave({ subject: subject(n), visit, measurement: 'one' });
    patients.set(Buffer.from(store.placeOf(subject(n), '').patient).toString('hex'), n);
  }
  store.close();
  return { folder, patientOf: (hash) => patients.get(hash.toString('hex')) ?? Number.NaN };
}

describe('who reads the store without its key', () => {
  it('learns from no column, and from no place of a row, in which order patients came', async () => {
    const { folder, cipher } = await visited();
    const tables = tablesOf(folder);
    const records = tables.get('record') ?? [];
    const visits = tables.get('visit') ?? [];
    expect([records.length, visits.length]).toEqual([2 * PATIENTS, PATIENTS]);
    const patientOf = opener(cipher);
    expect(telling(records, patientOf)).toEqual([]);
    const bySlot = new Map(records.map((row) => [row['slot'], patientOf(row)]));
    expect(telling(visits, ({ record = null }) => bySlot.get(record) ?? Number.NaN)).toEqual([]);
  });

  it('lays no two records and no two visits beside each other: they have nothing in common', async () => {
    const { folder } = await visited();
    const tables = tablesOf(folder);
    expect(shared(tables.get('record') ?? [])).toEqual([]);
    expect(shared(tables.get('visit') ?? [])).toEqual([]);
  });

  it('finds besides them, and the audit trail, nothing that a patient adds to but a count', async () => {
    const { folder } = await visited();
    const rows = [...tablesOf(folder)].filter(([name]) => !['record', 'visit'].includes(name));
    const filled = rows.filter(([, table]) => table.length > 0).map(([name, table]) => [name, table.length]);
    const written = 2.5 * PATIENTS;
    expect(Object.fromEntries(filled)).toMatchObject({ queue_day: 1 });
    expect(filled.filter(([, count]) => Number(count) > 1)).toEqual([['audit', written]]);
    const [day] = tablesOf(folder).get('queue_day') ?? [];
    expect(day).toMatchObject({ places: BigInt(PATIENTS), waiting: BigInt(PATIENTS / 2) });
  });

  it('learns of no card when it got its new PIN, once the registration centre was told', async () => {
    const site = await Site.open();
    const cards = await Promise.all([site.register(PIN), site.register(PIN), site.register(PIN)]);
    for (const [n, { image }] of cards.entries()) {
      site.rc.isAway = n === 2;
      await changeWhole(site, image);
    }
    await site.stop();
    const numbers = (tablesOf(site.folder).get('pin_report') ?? []).map(({ number }) => Number(number));
    const told = numbers.filter((number) => number < 0);
    expect(told).toHaveLength(2);
    expect(numbers.length).toBeGreaterThan(2);
    // By chance they lie as near once in two thousand million runs.
    expect(Math.abs((told[0] ?? 0) - (told[1] ?? 0))).toBeGreaterThan(1_000_000);
  });

  it('learned it from the store as it was kept before, from which patients and days could be laid side by side', () => {
    const { folder, patientOf } = formerlyVisited();
    const tables = tablesOf(folder);
    const records = tables.get('record') ?? [];
    const patients = new Map(
      records.map(({ name, patient }) => [bufferOf(name).toString('hex'), patientOf(bufferOf(patient))]),
    );
    expect(telling(records, ({ patient }) => patientOf(bufferOf(patient)))).toEqual([
      'place in the table',
      'number',
    ]);
    const visits = tables.get('visit') ?? [];
    const came = ({ record }: Table[number]) => patients.get(bufferOf(record).toString('hex')) ?? Number.NaN;
    expect(telling(visits, came)).toEqual(['place in the table', 'place']);
    expect([shared(records), shared(visits)]).toEqual([['patient'], ['day', 'waiting']]);
  });
});
