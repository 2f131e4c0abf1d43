import { mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { loadTlsIdentity } from '../../certs/tls-identity.ts';
import { initRc } from '../../rc/init.ts';
import { serveRc } from '../../rc/serve.ts';
import type { Surroundings } from '../../runtime/surroundings.ts';
import { temporaryFolder } from '../runtime/temporary-folder.ts';
import { LOOPBACK, TestRc } from './running-rc.ts';

/** Every file below a folder with its content, in hex, and its mode. */
function snapshot(folder: string): Record<string, string> {
  const files: Record<string, string> = {};
  for (const entry of readdirSync(folder, { recursive: true, withFileTypes: true })) {
    const path = join(entry.parentPath, entry.name);
    if (!entry.isFile() || entry.name.startsWith('owner.')) continue;
    files[path] = `${(statSync(path).mode & 0o777).toString(8)} ${readFileSync(path).toString('hex')}`;
  }
  return files;
}

describe('init', () => {
  it('makes what serve needs, and secrets that only their owner can read', async () => {
    const rc = await TestRc.init();
    const files = Object.keys(snapshot(rc.folder)).map((path) => path.slice(rc.folder.length + 1));
    expect(files.sort()).toEqual([
      'keys/authority.pem',
      'keys/limbasiya.key',
      'keys/master-0.key',
      'keys/tls.pem',
      'network.json',
      'operator/tls.pem',
      'store.sqlite',
    ]);
    for (const [path, content] of Object.entries(snapshot(rc.folder))) {
      expect(`${path} ${content.split(' ')[0]}`).toBe(`${path} 600`);
    }
    for (const folder of ['keys', 'operator']) {
      expect(statSync(join(rc.folder, folder)).mode & 0o777).toBe(0o700);
    }
  });

  it('makes an admin who can do everything at once', async () => {
    const rc = await TestRc.start();
    expect(await (await rc.admin()).status()).toMatchObject({
      members: { operators: 1, hubs: 0, devices: 0 },
    });
    await rc.mint({ kind: 'operator', id: 'second', role: 'admin' });
  });

  it('overwrites nothing', async () => {
    const rc = await TestRc.init();
    const before = snapshot(rc.folder);
    await expect(init(rc.surroundings, rc.folder)).rejects.toMatchObject({ code: 'already-set-up' });
    expect(snapshot(rc.folder)).toEqual(before);
  });

  it('refuses a folder in which anything else lies, and leaves it as it was', async () => {
    const { surroundings } = await TestRc.init();
    const folder = temporaryFolder();
    writeFileSync(join(folder, 'notes.txt'), 'mine');
    await expect(init(surroundings, folder)).rejects.toMatchObject({
      code: 'already-set-up',
      message: expect.stringContaining('notes.txt'),
    });
    expect(Object.keys(snapshot(folder))).toEqual([join(folder, 'notes.txt')]);
  });

  it('refuses a folder whose network.json is gone, but whose keys are there', async () => {
    const { surroundings } = await TestRc.init();
    const folder = temporaryFolder();
    mkdirSync(join(folder, 'keys'));
    await expect(init(surroundings, folder)).rejects.toMatchObject({ code: 'already-set-up' });
  });

  it('begins anew what an init that was cut short has left', async () => {
    const { surroundings } = await TestRc.init();
    // Random bytes run out at ever later moments: so the making is cut at each of them.
    const whole = counting(surroundings);
    await init(whole.surroundings, temporaryFolder());
    for (let draws = 0; draws < whole.draws(); draws++) {
      const folder = temporaryFolder();
      await expect(init(cutAfter(surroundings, draws), folder)).rejects.toThrow('cut');
      await expect(serve(surroundings, folder)).rejects.toMatchObject({ code: 'rc-folder' });
      await init(surroundings, folder);
      await (await serve(surroundings, folder)).close();
    }
  });

  it('begins anew also when everything had been moved but the mark', async () => {
    const { surroundings } = await TestRc.init();
    const folder = temporaryFolder();
    for (const name of ['init-under-way', 'keys', 'operator']) mkdirSync(join(folder, name));
    writeFileSync(join(folder, 'store.sqlite'), 'half');
    await init(surroundings, folder);
    expect((await loadTlsIdentity(folder, 'operator')).authorities).toHaveLength(1);
    await (await serve(surroundings, folder)).close();
  });

  it('keeps settings that were there before', async () => {
    const { surroundings } = await TestRc.init();
    const folder = temporaryFolder();
    writeFileSync(join(folder, 'settings.json'), '{"logN":15}');
    await init(surroundings, folder);
    expect(readFileSync(join(folder, 'settings.json'), 'utf8')).toBe('{"logN":15}');
  });
});

function init(surroundings: Surroundings, folder: string) {
  return initRc({ surroundings, folder, address: LOOPBACK });
}

function serve(surroundings: Surroundings, folder: string) {
  return serveRc({ surroundings, folder, listen: LOOPBACK });
}

function counting(surroundings: Surroundings) {
  let draws = 0;
  const random = (length: number) => {
    draws += 1;
    return surroundings.random(length);
  };
  return { surroundings: { ...surroundings, random }, draws: () => draws };
}

function cutAfter(surroundings: Surroundings, draws: number): Surroundings {
  let left = draws;
  const random = (length: number) => {
    if (left === 0) throw new Error('cut');
    left -= 1;
    return surroundings.random(length);
  };
  return { ...surroundings, random };
}
