import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import SqliteDatabase from 'better-sqlite3';
import { describe, expect, it, onTestFinished } from 'vitest';
import { Archive } from '../../hub/records/archive.ts';
import { RecordCipher } from '../../hub/records/cipher.ts';
import { openRecordCipher, recordsKey } from '../../hub/records/key.ts';
import { HubRecords } from '../../hub/records/records.ts';
import { visitName } from '../../hub/records/resources.ts';
import { openHubStore } from '../../hub/store/store.ts';
import { toHex } from '../../protocol/bytes.ts';
import { noble } from '../../protocol/crypto/noble.ts';
import { placeOf } from '../../protocol/fhir/resources.ts';
import { systemRandom as random } from '../../runtime/random.ts';
import { SimulatedClock } from '../../runtime/simulated-clock.ts';
import { temporaryFolder } from '../runtime/temporary-folder.ts';
import { compiled } from '../support/programs.ts';
import { FormerStore } from './former-store.ts';

const KEY = new Uint8Array(32).fill(5);
const TODAY = '2026-01-01';
const ORIGIN = { time: 0, by: null, role: 'patient', from: '127.0.0.1', member: null } as const;

function subject(n: number): Uint8Array {
  return new Uint8Array(16).fill(n);
}

function patient(n: number) {
  return { subject: subject(n), suite: 'cardea-1', origin: ORIGIN } as const;
}

/** A hub's folder whose store was filled before records lay in no order. */
function former(fill: (store: FormerStore) => void) {
  const folder = temporaryFolder();
  mkdirSync(join(folder, 'keys'), { mode: 0o700 });
  writeFileSync(join(folder, 'keys', 'records.key'), `${toHex(KEY)}\n`, { mode: 0o600 });
  const cipher = new RecordCipher(noble, KEY, random);
  const store = new FormerStore({ folder, key: KEY, cipher, hubId: 'hub-1' });
  fill(store);
  store.close();
  const { patient, name } = store.placeOf(subject(1), visitName(TODAY));
  return { folder, traces: [patient, name, store.dayOf(TODAY)].map(toHex) };
}

function keyIn(folder: string): string {
  return join(folder, 'keys', 'records.key');
}

/** Two patients of today, of whom the first has been seen, and one of yesterday; some left measurements. */
function visits(store: FormerStore): void {
  const today = new SimulatedClock().now();
  const yesterday = { day: '2025-12-31', at: today - 86_400_000, place: 1, isDone: true };
  store.leave({ subject: subject(1), visit: yesterday });
  store.leave({ subject: subject(2), measurement: 'a' });
  store.leave({
    subject: subject(1),
    measurement: 'b',
    visit: { day: TODAY, at: today, place: 1, isDone: true },
  });
  store.leave({ subject: subject(2), measurement: 'c', visit: { day: TODAY, at: today + 1, place: 2 } });
  store.leave({ subject: subject(3), visit: { day: '2025-12-30', at: 0, place: null } });
}

const MANY = 60;
const measurements = Array.from({ length: MANY }, (_, n) => `m${n}`);

/** Many measurements of one patient, and a visit. */
function many(store: FormerStore): void {
  store.leave({ subject: subject(1), visit: { day: TODAY, at: 0, place: 1 } });
  for (const measurement of measurements) store.leave({ subject: subject(1), measurement });
}

/** Opens it as `serve` does. */
async function opened(folder: string) {
  const clock = new SimulatedClock();
  const store = openHubStore(folder, clock);
  onTestFinished(() => store.close());
  const key = recordsKey(folder, random);
  const cipher = await openRecordCipher({ key, store, primitives: noble, random });
  store.audit.markPatientsBy(cipher);
  const options = { hubId: 'hub-1', store, cipher, timeZone: 'UTC', clock, surroundings: { clock, random } };
  return { store, records: new HubRecords(options), archive: new Archive(options) };
}

/** Those of `traces`, hex, that are in the store's file or in its log. */
function tracesIn(folder: string, traces: readonly string[]): string[] {
  const files = ['store.sqlite', 'store.sqlite-wal'].map((name) => join(folder, name)).filter(existsSync);
  const bytes = Buffer.concat(files.map((file) => readFileSync(file)));
  return traces.filter((trace) => bytes.includes(trace, 0, 'hex'));
}

/** Opens the records of `folder` in another process, which dies by kill -9 once it has moved so many, or committed. */
async function killedAfter(folder: string, moved: number | 'commit'): Promise<void> {
  const from = (file: string) =>
    JSON.stringify(pathToFileURL(join(compiled('hub/main'), '../..', file)).href);
  const program = `
    import { movedRecord } from ${from('hub/records/moved-record.js')};
    import { RecordCipher } from ${from('hub/records/cipher.js')};
    import { GroupCommit } from ${from('runtime/group-commit.js')};
    import { RecordRows } from ${from('hub/store/records.js')};
    import { MIGRATIONS } from ${from('hub/store/schema.js')};
    import { noble } from ${from('protocol/crypto/noble.js')};
    import { systemRandom } from ${from('runtime/random.js')};
    import { openStore } from ${from('runtime/sqlite.js')};
    const db = openStore(process.argv[1], MIGRATIONS, { existing: true, wipesDeleted: true });
    // So small that what is not yet committed is written to the log all the same.
    db.pragma('cache_size = 5');
    const cipher = new RecordCipher(noble, new Uint8Array(32).fill(5), systemRandom);
    const end = () => process.kill(process.pid, 'SIGKILL');
    const pragma = db.pragma.bind(db);
    // The first thing that is asked after the commit.
    db.pragma = (what, how) => (what === 'freelist_count' ? end() : pragma(what, how));
    let moved = 0;
    await new RecordRows(db, new GroupCommit(db), null).moveFormer((former) => {
      if (moved++ === ${JSON.stringify(moved)}) end();
      return movedRecord(cipher, former);
    });`;
  const child = spawn(
    process.execPath,
    ['--input-type=module', '--eval', program, join(folder, 'store.sqlite')],
    { stdio: ['ignore', 'ignore', 'inherit'] },
  );
  const [, signal] = await once(child, 'exit');
  expect(signal).toBe('SIGKILL');
}

describe('records that were kept in the order in which they came', () => {
  it('are the same once the key is at hand, their order and every place in the queue included', async () => {
    const { folder } = former(visits);
    const { records, archive, store } = await opened(folder);
    expect(await store.records.count()).toBe(7);
    const { items } = await archive.export(null);
    const left = items.map(({ entry }) =>
      entry.map(({ resource }) =>
        resource.resourceType === 'Encounter'
          ? [resource.identifier[0]?.value, resource.status, placeOf(resource)]
          : (resource.identifier[0]?.value ?? ''),
      ),
    );
    expect(left).toHaveLength(3);
    expect(left).toEqual(
      expect.arrayContaining([
        [toHex(subject(1)), ['2025-12-31', 'finished', 1], 'b', [TODAY, 'finished', 1]],
        [toHex(subject(2)), 'a', 'c', [TODAY, 'arrived', 2]],
        [toHex(subject(3)), ['2025-12-30', 'arrived', null]],
      ]),
    );
    expect((await records.queue()).map(({ place }) => place)).toEqual([2]);
    expect(await records.countWaiting()).toBe(1);
    expect(placeOf(await records.checkIn(patient(2)))).toBe(2);
    expect(placeOf(await records.checkIn(patient(3)))).toBe(3);
    expect([await records.done(1), await records.done(2)]).toEqual([false, true]);
    expect(await records.countWaiting()).toBe(1);
  });

  it('leave no trace of how they lay, neither in the file nor in its log', async () => {
    const { folder, traces } = former(visits);
    expect(tracesIn(folder, traces)).toEqual(traces);
    const { store } = await opened(folder);
    expect(statSync(join(folder, 'store.sqlite-wal')).size).toBe(0);
    expect(tracesIn(folder, traces)).toEqual([]);
    store.close();
    expect(tracesIn(folder, traces)).toEqual([]);
  });

  it('stay as they are without their key: no other is made, and none is taken for it', async () => {
    const { folder, traces } = former(visits);
    rmSync(keyIn(folder));
    await expect(opened(folder)).rejects.toMatchObject({ code: 'records-key' });
    expect(existsSync(keyIn(folder))).toBe(false);
    writeFileSync(keyIn(folder), `${'00'.repeat(32)}\n`, { mode: 0o600 });
    await expect(opened(folder)).rejects.toMatchObject({ message: expect.stringContaining('another key') });
    expect(tracesIn(folder, traces)).toEqual(traces);
    writeFileSync(keyIn(folder), `${toHex(KEY)}\n`, { mode: 0o600 });
    const { records } = await opened(folder);
    expect((await records.queue()).map(({ place }) => place)).toEqual([2]);
  });

  it('are all as they were where one of them does not open', async () => {
    const { folder, traces } = former(visits);
    const db = new SqliteDatabase(join(folder, 'store.sqlite'));
    db.exec('UPDATE record SET sealed = zeroblob(540) WHERE number = 4');
    db.close();
    await expect(opened(folder)).rejects.toMatchObject({ code: 'store-corrupt' });
    expect(tracesIn(folder, traces)).toEqual(traces);
  });

  it('are moved again from the beginning where a kill -9 comes in the midst of it', async () => {
    const { folder, traces } = former(many);
    const before = statSync(join(folder, 'store.sqlite')).size;
    await killedAfter(folder, MANY / 2);
    // Half of them lay in the log already, without the commit.
    expect(statSync(join(folder, 'store.sqlite-wal')).size).toBeGreaterThan(MANY * 256);
    const { store, archive } = await opened(folder);
    expect(await store.records.count()).toBe(MANY + 1);
    expect(statSync(join(folder, 'store.sqlite')).size).toBeLessThan(1.5 * before);
    const [bundle, ...others] = (await archive.export(null)).items;
    const names = bundle?.entry.map(({ resource }) => resource.identifier[0]?.value);
    expect(names).toEqual([toHex(subject(1)), TODAY, ...measurements]);
    expect(others).toEqual([]);
    expect(tracesIn(folder, traces)).toEqual([]);
  });

  it('leave no trace either where a kill -9 comes after the commit', async () => {
    const { folder, traces } = former(visits);
    await killedAfter(folder, 'commit');
    expect(tracesIn(folder, traces)).toEqual(traces);
    const { records } = await opened(folder);
    expect(tracesIn(folder, traces)).toEqual([]);
    expect((await records.queue()).map(({ place }) => place)).toEqual([2]);
  });
});
