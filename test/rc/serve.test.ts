import { chmodSync, existsSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import SqliteDatabase from 'better-sqlite3';
import { describe, expect, it } from 'vitest';
import { parseCertificate } from '../../certs/certificate.ts';
import { loadTlsIdentity } from '../../certs/tls-identity.ts';
import { serveRc } from '../../rc/serve.ts';
import { temporaryFolder } from '../runtime/temporary-folder.ts';
import { register } from './registering.ts';
import { LOOPBACK, TestRc } from './running-rc.ts';
import { ServingProcess } from './serving-process.ts';

const DAY = 24 * 60 * 60 * 1000;

function serve(rc: TestRc, listen = LOOPBACK) {
  return serveRc({ surroundings: rc.surroundings, folder: rc.folder, listen });
}

describe('cardea-rc serve', () => {
  it.each(['SIGTERM', 'SIGINT'] as const)('ends in order at %s, with exit code 0', async (signal) => {
    const rc = await TestRc.init(Date.now());
    const serving = await ServingProcess.start(rc.folder);
    expect(existsSync(join(rc.folder, 'listening.json'))).toBe(true);
    expect(await serving.end(signal)).toBe(0);
    expect(readdirSync(rc.folder).sort()).toEqual([
      'keys',
      'network.json',
      'operator',
      'owner.lock',
      'store.sqlite',
    ]);
  });
});

describe('serve', () => {
  it('finds after a restart everything that it had acknowledged', async () => {
    const rc = await TestRc.start();
    const { client } = await rc.admitHub('goa-01');
    const [kept, gone] = [await register(await rc.admin()), await register(await rc.admin())];
    await (await rc.admin()).revokeCard(gone.uid, 'lost');
    const before = { cards: await (await rc.admin()).cards(), feed: await client.feed({}) };
    const { identity } = await rc.admitHub('goa-02');
    await rc.stop();
    await rc.serve();
    expect(await (await rc.admin()).cards()).toEqual(before.cards);
    const feed = await rc.client(identity).feed({});
    expect(feed.changes.map(({ sequence, card }) => [sequence, card.uid, card.status])).toEqual([
      [1, kept.uid, 'active'],
      [3, gone.uid, 'revoked'],
    ]);
    expect(feed.generation).toBe(before.feed.generation);
  });

  it('holds its folder alone', async () => {
    const rc = await TestRc.start();
    await expect(serve(rc)).rejects.toMatchObject({ code: 'folder-in-use' });
    expect((await (await rc.admin()).status()).cards.active).toBe(0);
  });

  it('gives the folder, the port and every connection free when it closes', async () => {
    const rc = await TestRc.start();
    const { address } = rc.running;
    await (await rc.admin()).status();
    await rc.running.close();
    await rc.running.close();
    expect(existsSync(join(rc.folder, 'listening.json'))).toBe(false);
    const refused = await new Promise((resolve) => connect(address.port, address.host).on('error', resolve));
    expect(refused).toMatchObject({ code: 'ECONNREFUSED' });
    await (await serve(rc, address)).close();
  });

  it('gives the folder free when it cannot listen', async () => {
    const [rc, other] = [await TestRc.init(), await TestRc.start()];
    await expect(serve(rc, other.running.address)).rejects.toMatchObject({ code: 'address-in-use' });
    await (await serve(rc)).close();
  });

  it('refuses a folder in which nothing was set up', async () => {
    const rc = await TestRc.init();
    const folder = temporaryFolder();
    await expect(serveRc({ ...rc, folder, listen: LOOPBACK })).rejects.toMatchObject({
      code: 'rc-folder',
      message: expect.stringContaining('cardea-rc init'),
    });
  });

  it('refuses a database of a newer version, and one that is damaged', async () => {
    const rc = await TestRc.init();
    const path = join(rc.folder, 'store.sqlite');
    const db = new SqliteDatabase(path);
    db.pragma('user_version = 99');
    db.close();
    await expect(serve(rc)).rejects.toMatchObject({ code: 'store-too-new' });
    writeFileSync(path, 'this is no database, and much too short to be one'.repeat(100));
    await expect(serve(rc)).rejects.toMatchObject({ code: 'store-corrupt' });
  });

  it('refuses a database that is gone, or has no network in it, and makes none in its place', async () => {
    const rc = await TestRc.init();
    const path = join(rc.folder, 'store.sqlite');
    const db = new SqliteDatabase(path);
    db.exec('DELETE FROM network');
    db.close();
    await expect(serve(rc)).rejects.toMatchObject({ code: 'store-failed' });
    rmSync(path);
    await expect(serve(rc)).rejects.toMatchObject({ code: 'store-failed' });
    expect(existsSync(path)).toBe(false);
  });

  it.each(['keys/authority.pem', 'keys/master-0.key', 'keys/tls.pem'])(
    'refuses when others can read %s, when it is damaged, and when it is gone',
    async (name) => {
      const rc = await TestRc.init();
      const path = join(rc.folder, name);
      chmodSync(path, 0o640);
      await expect(serve(rc)).rejects.toMatchObject({ code: 'secret-file-exposed' });
      chmodSync(path, 0o600);
      writeFileSync(path, 'nonsense');
      await expect(serve(rc)).rejects.toMatchObject({ message: expect.stringContaining(path) });
      rmSync(path);
      await expect(serve(rc)).rejects.toMatchObject({ message: expect.stringContaining(path) });
    },
  );

  it('never shows a damaged master key', async () => {
    const rc = await TestRc.init();
    const almost = 'ab'.repeat(31);
    writeFileSync(join(rc.folder, 'keys/master-0.key'), almost);
    const error: unknown = await serve(rc).catch((reason: unknown) => reason);
    expect(error).toMatchObject({ code: 'master-key' });
    expect(error).not.toHaveProperty('cause');
    expect(String(error)).not.toContain(almost.slice(0, 8));
  });

  it('keeps its certificate for two thirds of its life, and then issues a new one', async () => {
    const rc = await TestRc.init();
    const end = async () => parseCertificate((await loadTlsIdentity(rc.folder)).certificate).notAfter;
    const first = await end();
    rc.clock.jump(59 * DAY);
    await (await serve(rc)).close();
    expect(await end()).toBe(first);
    rc.clock.jump(2 * DAY);
    await rc.serve();
    expect(await end()).toBeGreaterThan(first);
    expect((await (await rc.admin()).status()).certificateEnds).toBe(await end());
  });

  it('announces the address it was set up with, and the real port where that was left open', async () => {
    const rc = await TestRc.start();
    expect(rc.running.address.port).toBeGreaterThan(0);
    expect(rc.running.publicAddress).toEqual(rc.running.address);
  });
});
