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
const YEAR_MS = 365 * 86_400_000;

describe('a disk that takes no more', () => {
  it('has every registration refused plainly, and none that was acknowledged lost', {
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
    const refusal = await (async () => {
      for (;;) acknowledged.push((await register(client)).uid);
    })().catch((error: unknown) => error);
    expect(refusal).toMatchObject({ status: 503 });
    expect(String(refusal)).toContain('nothing was changed: try again later');
    // What is there can be read still, and the next is refused as well.
    expect((await client.card(acknowledged[0] ?? '')).status).toBe('active');
    await expect(register(client)).rejects.toMatchObject({ status: 503 });
    await limited.end('SIGKILL');

    const serving = await ServingProcess.start(folder);
    const after = clientOf(serving);
    for (const uid of acknowledged) expect((await after.card(uid)).status).toBe('active');
    expect((await after.status()).cards.active).toBe(acknowledged.length);
    await register(after);
    await serving.end('SIGTERM');
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
