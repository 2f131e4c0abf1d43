import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import SqliteDatabase from 'better-sqlite3';
import { describe, expect, it, onTestFinished } from 'vitest';
import { RcClient } from '../../certs/rc-client.ts';
import { loadTlsIdentity } from '../../certs/tls-identity.ts';
import { joinHub } from '../../hub/join.ts';
import { serveHub } from '../../hub/serve.ts';
import { initRc } from '../../rc/init.ts';
import { createRcProgram } from '../../rc/program.ts';
import { type RunningRc, serveRc } from '../../rc/serve.ts';
import { runCommandLine } from '../../runtime/command-line.ts';
import type { Address } from '../../runtime/network.ts';
import { silentLog } from '../../runtime/pino-log.ts';
import { fakeIo } from '../runtime/fake-io.ts';
import { temporaryFolder } from '../runtime/temporary-folder.ts';
import { fillRegistry } from '../support/fill-registry.ts';
import { surroundings } from './open-site.ts';

const CARDS = 1_200;
/** After the backup: fewer than a registration centre believes one hub for. */
const REVOKED = 60;
const ANY_PORT: Address = { host: '127.0.0.1', port: 0 };
/** For what hubs do by themselves, also on a machine that is busy. */
const PATIENT = { timeout: 30_000 };

/** A registration centre that comes and goes on one address, and its operator, whose key a restore makes anew. */
class Centre {
  readonly folder = join(temporaryFolder(), 'rc');
  #address = ANY_PORT;
  #running: RunningRc | undefined;
  #operator: RcClient | undefined;

  get operator(): RcClient {
    if (this.#operator === undefined) throw new Error('it does not serve');
    return this.#operator;
  }

  async start(): Promise<void> {
    this.#running = await serveRc({ surroundings, folder: this.folder, listen: this.#address });
    this.#address = this.#running.address;
    const identity = await loadTlsIdentity(this.folder, 'operator');
    this.#operator = new RcClient({ surroundings, rc: this.#address, identity });
  }

  async stop(): Promise<void> {
    this.#operator?.close();
    await this.#running?.close();
    this.#running = undefined;
  }

  /** `cardea-rc WORDS`. @throws Error with what it said where it failed */
  async command(...words: readonly string[]): Promise<void> {
    const io = fakeIo();
    io.stdin.end();
    const program = createRcProgram({ io, surroundings: () => surroundings });
    const code = await runCommandLine(program, [...words, '--data', this.folder], io);
    if (code !== 0) throw new Error(io.stderr.text);
  }
}

async function openCentre(): Promise<Centre> {
  const centre = new Centre();
  onTestFinished(() => centre.stop());
  await initRc({ surroundings, folder: centre.folder, address: ANY_PORT });
  fillRegistry(join(centre.folder, 'store.sqlite'), CARDS);
  await centre.start();
  return centre;
}

async function openHub(centre: Centre, warnings: string[]) {
  const folder = join(temporaryFolder(), 'hub');
  const place = { id: 'goa-01', location: 'Goa', address: '127.0.0.1:8441' };
  const { token } = await centre.operator.mintToken({ kind: 'hub', ...place });
  await joinHub({ surroundings, folder, token });
  const world = {
    ...surroundings,
    log: { ...silentLog, warn: (event: string) => void warnings.push(event) },
  };
  const hub = await serveHub({ surroundings: world, folder, listen: ANY_PORT });
  onTestFinished(() => hub.close());
  return hub;
}

async function uidsOf(centre: Centre, status: 'active' | 'revoked', limit: number): Promise<string[]> {
  return (await centre.operator.cards({ status, limit })).cards.map(({ uid }) => uid);
}

/** How many cards are revoked, as its database says while nobody serves it. */
function revokedIn({ folder }: Centre): number | undefined {
  const db = new SqliteDatabase(join(folder, 'store.sqlite'), { readonly: true });
  try {
    return db.prepare<[], number>('SELECT count(*) FROM cards WHERE revoked IS NOT NULL').pluck().get();
  } finally {
    db.close();
  }
}

describe('a hub with thousands of cards whose registration centre comes back with an older database', () => {
  it('notices, says so in its log and its status, and loses no revocation', {
    timeout: 180_000,
  }, async () => {
    const centre = await openCentre();
    const warnings: string[] = [];
    const hub = await openHub(centre, warnings);
    const behind = async () => (await centre.operator.hubs()).hubs[0]?.behind;
    await expect.poll(async () => (await hub.status()).cards, PATIENT).toBe(CARDS);
    expect((await hub.status()).rc.restored).toBeNull();

    const backup = join(temporaryFolder(), 'monday');
    await centre.command('backup', backup);
    const revoked = await uidsOf(centre, 'active', REVOKED);
    for (const uid of revoked) await centre.operator.revokeCard(uid, 'lost');
    await expect.poll(behind, PATIENT).toBe(0);

    await centre.stop();
    await rm(centre.folder, { recursive: true });
    await centre.command('restore', backup);
    expect(revokedIn(centre)).toBe(0);
    const began = Date.now();
    await centre.start();
    await expect.poll(async () => (await hub.status()).rc.restored?.settled, PATIENT).toBe(true);
    expect((await hub.status()).rc.restored?.met).toBeGreaterThanOrEqual(began);
    expect(warnings).toContain('the registration centre was restored: reading the feed from its beginning');
    expect((await uidsOf(centre, 'revoked', 500)).sort()).toEqual(revoked.sort());
    expect((await centre.operator.status()).missing.count).toBe(0);
    await expect.poll(behind, PATIENT).toBe(0);
    const { cards, takesLogins, warnings: said } = await hub.status();
    expect({ cards, takesLogins, said }).toEqual({ cards: CARDS, takesLogins: true, said: [] });
  });
});
