import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { backupHub, copyHubStore } from '../../hub/backup.ts';
import { restoreHub } from '../../hub/restore.ts';
import { serveHub } from '../../hub/serve.ts';
import { createHubStore, openHubStore } from '../../hub/store/store.ts';
import { STATUS } from '../../protocol/login/messages.ts';
import { systemClock } from '../../runtime/clock.ts';
import { askControl } from '../../runtime/control-socket.ts';
import { temporaryFolder } from '../runtime/temporary-folder.ts';
import { LOOPBACK, openNetwork, surroundings } from './network.ts';
import { until } from './site.ts';

const PIN = '246810';

function backUp(folder: string, target: string, hubId = 'hub-1') {
  return backupHub({
    hubId,
    folder,
    target,
    clock: systemClock,
    copyStore: async (path) => {
      const answer = await askControl(folder, { method: 'copyStore', params: { path } });
      return (answer as { anchor: string }).anchor;
    },
  });
}

describe("a hub's backup", () => {
  it('made while it serves goes on elsewhere, with its keys and cards, and says so in its trail', async () => {
    const network = await openNetwork();
    const hub = await serveHub({ surroundings, folder: network.hubFolder, listen: LOOPBACK });
    onTestFinished(() => hub.close());
    await network.register(PIN);
    await until(async () => (await hub.status()).cards === 1);
    const target = join(temporaryFolder(), 'monday');
    const backup = await backUp(network.hubFolder, target);
    await hub.close();
    const folder = join(temporaryFolder(), 'new');
    expect(await restoreHub({ folder, from: target, clock: systemClock })).toEqual(backup);
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
    const over = restoreHub({ folder: network.hubFolder, from: target, clock: systemClock });
    await expect(over).rejects.toMatchObject({ code: 'folder-not-empty' });
    writeFileSync(join(target, 'store.sqlite'), 'x');
    const folder = join(temporaryFolder(), 'new');
    await expect(restoreHub({ folder, from: target, clock: systemClock })).rejects.toMatchObject({
      code: 'backup',
    });
    expect(existsSync(join(folder, 'network.json'))).toBe(false);
  });
});
