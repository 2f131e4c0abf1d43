import { spawnSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { RcClient } from '../../certs/rc-client.ts';
import { loadTlsIdentity } from '../../certs/tls-identity.ts';
import { initRc } from '../../rc/init.ts';
import { parseAddress } from '../../runtime/address.ts';
import { systemClock } from '../../runtime/clock.ts';
import { silentLog } from '../../runtime/pino-log.ts';
import { systemRandom } from '../../runtime/random.ts';
import { tcpNetwork } from '../../runtime/tcp-network.ts';
import { temporaryFolder } from '../runtime/temporary-folder.ts';
import { compiled } from '../support/programs.ts';
import { register } from './registering.ts';
import { LOOPBACK, TestRc } from './running-rc.ts';
import { ServingProcess } from './serving-process.ts';

const surroundings = {
  clock: systemClock,
  network: tcpNetwork(systemClock),
  random: systemRandom,
  log: silentLog,
};
/** Enough for some dozens of cards in the log that SQLite writes ahead. */
const LIMIT_KIB = 1_024;
const DESKS = 4;
const YEAR_MS = 365 * 86_400_000;

describe('a limit on the size of files', () => {
  it('is told of as a full disk: it has every registration refused plainly, and none that was acknowledged lost', {
    timeout: 120_000,
  }, async () => {
    const folder = join(temporaryFolder(), 'rc');
    await initRc({ surroundings, folder, address: LOOPBACK });
    const identity = await loadTlsIdentity(folder, 'operator');
    const clientOf = (serving: ServingProcess) => {
      const client = new RcClient({ surroundings, rc: parseAddress(serving.address), identity });
      onTestFinished(() => client.close());
      return client;
    };

    const limited = await ServingProcess.start(folder, { fileSizeKib: LIMIT_KIB });
    const acknowledged: string[] = [];
    const client = clientOf(limited);
    /** Registers one card after the other until it is refused. @returns how it was told */
    const desk = async () => {
      for (;;) acknowledged.push((await register(client)).uid);
    };
    // They share commits, and so the one that fails.
    const refusals = await Promise.all(
      Array.from({ length: DESKS }, () => desk().catch((error: unknown) => error)),
    );
    for (const refusal of refusals) {
      expect(refusal).toMatchObject({ status: 503, problemCode: 'store-full' });
      expect(String(refusal)).toContain(
        'its disk is full, and nothing was changed: have its operator free space',
      );
    }
    await expect(register(client)).rejects.toMatchObject({ problemCode: 'store-full' });
    expect((await client.status()).cards.active).toBe(acknowledged.length);
    expect(readdirSync(folder).filter((name) => name.includes('probe'))).toEqual([]);
    await limited.end('SIGKILL');

    const serving = await ServingProcess.start(folder);
    const after = clientOf(serving);
    for (const uid of acknowledged) expect((await after.card(uid)).status).toBe('active');
    expect((await after.status()).cards.active).toBe(acknowledged.length);
    await register(after);
    await serving.end('SIGTERM');
  });
});

/** Whether this machine lets a test mount something that only its own processes see. */
const canMount = spawnSync('unshare', ['--map-root-user', '--mount', 'true']).status === 0;
if (!canMount) process.stdout.write('skipped: needs the right to mount (a disk that is mounted read-only)\n');

describe('a disk that is mounted read-only', () => {
  it.skipIf(!canMount)('is told of in one sentence, and nothing is served', async () => {
    const folder = join(temporaryFolder(), 'rc');
    await initRc({ surroundings, folder, address: LOOPBACK });
    const before = readdirSync(folder);
    const line = [
      process.execPath,
      compiled('rc/main'),
      'serve',
      '--data',
      folder,
      '--listen',
      '127.0.0.1:0',
    ];
    const script = 'mount --bind "$0" "$0" && mount -o remount,bind,ro "$0" && exec "$@"';
    const { status, stdout, stderr } = spawnSync(
      'unshare',
      ['--map-root-user', '--mount', 'sh', '-c', script, folder, ...line],
      { encoding: 'utf8' },
    );
    expect({ status, stdout, stderr }).toEqual({
      status: 1,
      stdout: '',
      stderr: `cardea-rc: ${folder} cannot be written: check who owns the file and its folder, and that the disk is not mounted read-only\n`,
    });
    expect(readdirSync(folder)).toEqual(before);
  });
});

describe('a clock that jumps by years', () => {
  it('loses no card and no order of the feed, and shuts nobody out once it is right again', async () => {
    const rc = await TestRc.start();
    const admin = await rc.admin();
    const { client } = await rc.admitHub('goa-01');
    const first = await register(admin);
    const { generation, cursor } = await client.feed({});

    rc.clock.jump(10 * YEAR_MS);
    for (const ask of [() => client.feed({ generation, after: cursor }), () => admin.cards()]) {
      await expect(ask()).rejects.toMatchObject({
        code: expect.stringMatching(/^rc-(?:untrusted|refused)$/),
      });
    }

    rc.clock.jump(-10 * YEAR_MS);
    await admin.revokeCard(first.uid, 'lost');
    const second = await register(admin);
    const page = await client.feed({ generation, after: cursor });
    expect(page.changes.map(({ card }) => [card.uid, card.status])).toEqual([
      [first.uid, 'revoked'],
      [second.uid, 'active'],
    ]);

    rc.clock.jump(-10 * YEAR_MS);
    // Whoever is connected stays so: time that goes back has ended no certificate.
    expect((await admin.cards()).cards).toHaveLength(2);
    rc.clock.jump(10 * YEAR_MS);
    expect((await admin.cards()).cards).toHaveLength(2);
  });
});
