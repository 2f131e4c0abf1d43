import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { backupHub, copyHubStore } from '../../hub/backup.ts';
import { recordsKey } from '../../hub/records/key.ts';
import { restoreHub } from '../../hub/restore.ts';
import { serveHub } from '../../hub/serve.ts';
import { createHubStore, openHubStore } from '../../hub/store/store.ts';
import { STATUS } from '../../protocol/login/messages.ts';
import { systemClock } from '../../runtime/clock.ts';
import { askControl } from '../../runtime/control-socket.ts';
import { systemRandom } from '../../runtime/random.ts';
import { temporaryFolder } from '../runtime/temporary-folder.ts';
import { LOOPBACK, openNetwork, surroundings } from './network.ts';
import { until } from './site.ts';

const PIN = '246810';

const PASSPHRASE = 'five words are better than one';
const sealedWith = (passphrase: string) => ({
  random: systemRandom,
  logN: 10,
  passphrase: async () => passphrase,
});
const nobodyAsked = {
  random: systemRandom,
  passphrase: () => Promise.reject(new Error('nobody is there to be asked')),
};

function backUp(folder: string, target: string, sealUnder?: ReturnType<typeof sealedWith>) {
  return backupHub({
    hubId: 'hub-1',
    folder,
    target,
    clock: systemClock,
    sealUnder,
    copyStore: async (path) => {
      const answer = await askControl(folder, { method: 'copyStore', params: { path } });
      return (answer as { anchor: string }).anchor;
    },
  });
}

/** Every file and folder of a backup, by its path, with its mode. */
function modesIn(folder: string): ReadonlyMap<string, number> {
  const entries = readdirSync(folder, { recursive: true, withFileTypes: true });
  const paths = entries
    .filter((entry) => entry.isFile())
    .map(({ parentPath, name }) => join(parentPath, name));
  expect(statSync(folder).mode & 0o077).toBe(0);
  return new Map(paths.map((path) => [relative(folder, path), statSync(path).mode]));
}

/** A machine that has settings of its own before the hub is restored there. */
function writeOwnSettings(folder: string): void {
  mkdirSync(folder);
  writeFileSync(join(folder, 'settings.json'), '{"connections":99}');
}

describe("a hub's backup", () => {
  it('made while it serves goes on elsewhere, with its keys and cards, and says so in its trail', async () => {
    const network = await openNetwork();
    const hub = await serveHub({ surroundings, folder: network.hubFolder, listen: LOOPBACK });
    onTestFinished(() => hub.close());
    await network.register(PIN);
    await until(async () => (await hub.status()).cards === 1);
    const target = join(temporaryFolder(), 'monday');
    const { backup, ...keys } = await backUp(network.hubFolder, target);
    expect(keys).toEqual({ keys: 'clear', recordsKey: 'clear' });
    await hub.close();
    const folder = join(temporaryFolder(), 'new');
    expect(await restoreHub({ folder, from: target, clock: systemClock, sealedUnder: nobodyAsked })).toEqual(
      backup,
    );
    const restored = await serveHub({ surroundings, folder, listen: LOOPBACK });
    onTestFinished(() => restored.close());
    await until(async () => (await restored.status()).takesLogins);
    expect(await restored.status()).toMatchObject({ id: hub.id, cards: 1 });
    await restored.close();
    const store = openHubStore(folder);
    const actions = (await store.audit.list({ limit: 100 })).map(({ action }) => action);
    store.close();
    expect(actions.filter((action) => action.startsWith('backup.'))).toEqual([
      'backup.made',
      'backup.restored',
    ]);
  });

  it('is for its owner alone, and holds no key in the clear where it is sealed', async () => {
    const { hubFolder: folder } = await openNetwork();
    writeFileSync(join(folder, 'settings.json'), '{"logLevel":"warn"}');
    const hub = await serveHub({ surroundings, folder, listen: LOOPBACK, allow: 'limbasiya-2021' });
    onTestFinished(() => hub.close());
    const [plain, target] = [join(temporaryFolder(), 'plain'), join(temporaryFolder(), 'sealed')];
    await backUp(folder, plain);
    expect(await backUp(folder, target, sealedWith(PASSPHRASE))).toMatchObject({
      keys: 'sealed',
      recordsKey: 'sealed',
    });
    for (const backup of [plain, target]) {
      for (const [path, mode] of modesIn(backup)) expect([path, mode & 0o077]).toEqual([path, 0]);
    }
    const secrets = ['hub.pem', 'tls.pem', 'records.key', 'limbasiya.json'];
    const keysOf = (at: string) => secrets.map((name) => readFileSync(join(at, 'keys', name), 'utf8'));
    for (const key of keysOf(target)) expect(key).toContain('"cardea-sealed":1');
    const all = [...modesIn(target).keys()].map((path) => readFileSync(join(target, path), 'latin1'));
    for (const key of keysOf(folder)) expect(all.some((content) => content.includes(key.trim()))).toBe(false);

    const restored = join(temporaryFolder(), 'new');
    const from = { folder: restored, from: target, clock: systemClock };
    await expect(
      restoreHub({ ...from, sealedUnder: sealedWith('another one of five') }),
    ).rejects.toMatchObject({
      code: 'passphrase-wrong',
    });
    expect(existsSync(join(restored, 'network.json'))).toBe(false);
    await restoreHub({ ...from, sealedUnder: sealedWith(PASSPHRASE) });
    expect(keysOf(restored)).toEqual(keysOf(folder));
    expect(readFileSync(join(restored, 'settings.json'), 'utf8')).toBe('{"logLevel":"warn"}');
    expect(existsSync(join(restored, 'restore-under-way'))).toBe(false);
  });

  it('leaves the key of the records under the passphrase of its own, also after it is restored', async () => {
    const { hubFolder: folder } = await openNetwork();
    const key = recordsKey(folder, systemRandom, { logN: 10 });
    await key.secrets.seal(async () => 'that of the records, another');
    const sealedKey = readFileSync(join(folder, 'keys', 'records.key'), 'utf8');
    const target = join(temporaryFolder(), 'sealed');
    const store = openHubStore(folder);
    const copyStore = (path: string) => copyHubStore(store, systemClock, path);
    const sealUnder = sealedWith(PASSPHRASE);
    const options = { hubId: 'hub-1', folder, clock: systemClock, copyStore, sealUnder };
    expect(await backupHub({ ...options, target })).toMatchObject({ keys: 'sealed', recordsKey: 'own' });
    rmSync(join(folder, 'keys', 'records.key'));
    const without = await backupHub({ ...options, target: `${target}-without` });
    expect(without).toMatchObject({ keys: 'sealed', recordsKey: 'not in it' });
    store.close();
    const restored = join(temporaryFolder(), 'new');
    writeOwnSettings(restored);
    await restoreHub({ folder: restored, from: target, clock: systemClock, sealedUnder: sealUnder });
    expect(readFileSync(join(restored, 'keys', 'records.key'), 'utf8')).toBe(sealedKey);
    expect(readFileSync(join(restored, 'settings.json'), 'utf8')).toBe('{"connections":99}');
  });

  it('numbers its reports above all that it told before', async () => {
    const folder = temporaryFolder();
    createHubStore(folder);
    const store = openHubStore(folder);
    await store.lists.applyPage({
      generation: '00'.repeat(16),
      time: 1,
      cursor: 1,
      more: false,
      changes: [
        {
          sequence: 1,
          card: {
            uid: '01'.repeat(16),
            status: 'active',
            locked: false,
            subject: '02'.repeat(16),
            cs: '03'.repeat(32),
            rs: null,
            psk: '04'.repeat(32),
            oprfSeed: '05'.repeat(32),
            pinVersion: 1,
            epoch: 0,
            pending: [],
          },
        },
      ],
    });
    await store.beginAfterRestore();
    const uid = new Uint8Array(16).fill(1);
    const origin = { time: 1, by: null, role: 'patient', from: null, member: null } as const;
    const blinded = new Uint8Array(32).fill(9);
    const answer = await store.tries.answer({ uid, pinVersion: 1, recovery: false, blinded }, origin);
    if (answer.status !== STATUS.goOn || answer.attempt === null) throw new Error('no try was taken');
    await store.tries.leave(answer.attempt, origin);
    const { tries } = await store.outbox.next();
    expect(tries[0]?.running).toBeGreaterThan(1_700_000_000_000);
    store.close();
  });

  it('is not restored over anything, nor where it is damaged', async () => {
    const network = await openNetwork();
    const store = openHubStore(network.hubFolder);
    const target = join(temporaryFolder(), 'monday');
    await backupHub({
      hubId: 'hub-1',
      folder: network.hubFolder,
      target,
      clock: systemClock,
      copyStore: (path) => copyHubStore(store, systemClock, path),
    });
    store.close();
    const over = restoreHub({
      folder: network.hubFolder,
      from: target,
      clock: systemClock,
      sealedUnder: nobodyAsked,
    });
    await expect(over).rejects.toMatchObject({ code: 'folder-not-empty' });
    writeFileSync(join(target, 'store.sqlite'), 'x');
    const folder = join(temporaryFolder(), 'new');
    await expect(
      restoreHub({ folder, from: target, clock: systemClock, sealedUnder: nobodyAsked }),
    ).rejects.toMatchObject({
      code: 'backup',
    });
    expect(existsSync(join(folder, 'network.json'))).toBe(false);
  });
});
