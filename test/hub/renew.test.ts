import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import SqliteDatabase from 'better-sqlite3';
import { describe, expect, it, onTestFinished } from 'vitest';
import { parseCertificate } from '../../certs/certificate.ts';
import { type VerifiedHub, verifyHubChain } from '../../certs/hub-chain.ts';
import { loadHubIdentity } from '../../certs/hub-identity.ts';
import { renewHubIdentity } from '../../certs/hub-renewal.ts';
import { x25519PrivateKeyToPkcs8 } from '../../certs/keys.ts';
import { encodePem } from '../../certs/pem.ts';
import { RcClient } from '../../certs/rc-client.ts';
import { RcUnreachableError } from '../../certs/rc-errors.ts';
import { loadTlsIdentity } from '../../certs/tls-identity.ts';
import { type RunningHub, serveHub } from '../../hub/serve.ts';
import { fromHex, toHex } from '../../protocol/bytes.ts';
import { decodeHello } from '../../protocol/hello.ts';
import type { RenewResponse } from '../../protocol/rc-api/renew.ts';
import { serveRc } from '../../rc/serve.ts';
import { writeFileDurably } from '../../runtime/files.ts';
import { silentLog } from '../../runtime/pino-log.ts';
import type { Surroundings } from '../../runtime/surroundings.ts';
import { tcpNetwork } from '../../runtime/tcp-network.ts';
import { LeapingClock } from '../support/leaping-clock.ts';
import { LOOPBACK, openNetwork, surroundings as ordinary } from './network.ts';
import { attemptOf, proofWithPin, TestDevice } from './test-device.ts';
import type { Issued } from './test-rc.ts';

const PIN = '246810';
const DAY = 24 * 60 * 60 * 1000;
/** For attempts that are repeated after a while. */
const PATIENCE = { timeout: 20_000 };
const NOT_RENEWED = "the hub's certificate was not renewed";

/** A network with a registration centre that serves and a hub that has joined, on a clock that leaps. */
async function openWorld() {
  const clock = new LeapingClock();
  /** Its log's warnings, with their reasons. */
  const said: string[] = [];
  const surroundings: Surroundings = {
    ...ordinary,
    clock,
    network: tcpNetwork(clock),
    log: { ...silentLog, warn: (event, { reason = '' } = {}) => said.push(`${event}: ${reason}`) },
  };
  const network = await openNetwork(surroundings);
  const { hubFolder: folder, rcFolder } = network;
  return {
    clock,
    said,
    surroundings,
    network,
    folder,
    async serve(): Promise<RunningHub> {
      const hub = await serveHub({ surroundings, folder, listen: LOOPBACK });
      onTestFinished(() => hub.close());
      return hub;
    },
    /** Where it was before. */
    async startRc(): Promise<void> {
      const rc = await serveRc({ surroundings, folder: rcFolder, listen: network.rc.address });
      onTestFinished(() => rc.close());
    },
    client(identity: Awaited<ReturnType<typeof loadTlsIdentity>>): RcClient {
      const client = new RcClient({ surroundings, rc: network.rc.address, identity });
      onTestFinished(() => client.close());
      return client;
    },
  };
}

type World = Awaited<ReturnType<typeof openWorld>>;

/** A connection on which the HELLO has come, and the hub that it shows, which a terminal may trust. */
async function connect({ clock, surroundings, folder }: World, hub: RunningHub) {
  // Its first page of the feed may come later than its new certificate.
  await expect.poll(async () => (await hub.status()).takesLogins, PATIENCE).toBe(true);
  const device = await TestDevice.connect(surroundings.network, hub.address);
  onTestFinished(() => device.close());
  await device.hello();
  const { certificates } = decodeHello(device.helloBody);
  const { authorities } = await loadTlsIdentity(folder);
  return { device, shown: verifyHubChain(certificates, { now: clock.now(), authorities }) };
}

async function logIn(world: World, hub: RunningHub, { image }: Issued): Promise<VerifiedHub> {
  const { device, shown } = await connect(world, hub);
  const attempt = attemptOf(PIN);
  const { uid, pinVersion } = image;
  device.send(device.loginBody(shown.hubStatic, { uid, pinVersion, blinded: attempt.blinded }));
  const { evaluated } = await device.challenge();
  device.send(device.proofBody(await proofWithPin(image, attempt, evaluated)));
  await device.welcome();
  return shown;
}

/** A card that the hub knows. */
async function register({ network }: World, hub: RunningHub): Promise<Issued> {
  const card = await network.register(PIN);
  await expect.poll(async () => (await hub.status()).cards, PATIENCE).toBe(1);
  return card;
}

/** The hub has a certificate that was issued now. */
async function untilRenewed({ clock }: World, hub: RunningHub): Promise<void> {
  const ends = async () => (await hub.status()).certificateEnds;
  await expect.poll(ends, PATIENCE).toBeGreaterThan(clock.now() + 14 * DAY - 60_000);
}

describe("a hub's certificate", () => {
  it('is renewed every day with a new key, without a restart, and logins go on', async () => {
    const world = await openWorld();
    const hub = await world.serve();
    const card = await register(world, hub);
    const keys = new Set([toHex((await logIn(world, hub, card)).hubStatic)]);
    for (let day = 1; day <= 5; day++) {
      world.clock.leap(DAY);
      await untilRenewed(world, hub);
      keys.add(toHex((await logIn(world, hub, card)).hubStatic));
    }
    expect(keys.size).toBe(6);
    expect(world.said.filter((line) => line.includes('certificate'))).toEqual([]);
  });

  it('is not renewed before its day is over', async () => {
    const world = await openWorld();
    const hub = await world.serve();
    const before = await loadHubIdentity(world.folder);
    world.clock.leap(DAY - 60_000);
    // What is registered now comes to the hub after a renewal would have.
    await register(world, hub);
    expect(await loadHubIdentity(world.folder)).toEqual(before);
    await hub.close();
    world.clock.leap(60_000);
    await untilRenewed(world, await world.serve());
    expect((await loadHubIdentity(world.folder)).hubStatic).not.toEqual(before.hubStatic);
  });

  it('leaves nothing of the key before it on the disk', async () => {
    const world = await openWorld();
    const file = join(world.folder, 'keys', 'hub.pem');
    const before = readFileSync(file, 'utf8').split('-----END PRIVATE KEY-----')[0] ?? '';
    const hub = await world.serve();
    world.clock.leap(DAY);
    await untilRenewed(world, hub);
    expect(readFileSync(file, 'utf8')).not.toContain(before);
    expect(existsSync(join(world.folder, 'keys', 'renewing-hub.pem'))).toBe(false);
    const { shown } = await connect(world, hub);
    expect((await loadHubIdentity(world.folder)).hubStatic).toEqual(shown.hubStatic);
  });

  it('is asked for with the same key after a lost answer, also by a hub that was started anew', async () => {
    const world = await openWorld();
    const client = world.client(await loadTlsIdentity(world.folder));
    const asked: string[] = [];
    const lossy: Pick<RcClient, 'renew'> = {
      async renew(request): Promise<RenewResponse> {
        asked.push(request.hubKey ?? '');
        await client.renew(request);
        throw new RcUnreachableError('the answer was lost');
      },
    };
    const before = await loadHubIdentity(world.folder);
    for (let times = 0; times < 2; times++) {
      await expect(renewHubIdentity(before, { ...world, client: lossy })).rejects.toThrow('lost');
    }
    expect(await loadHubIdentity(world.folder)).toEqual(before);
    world.clock.leap(DAY);
    const hub = await world.serve();
    await untilRenewed(world, hub);
    const shown = toHex((await connect(world, hub)).shown.hubStatic);
    expect(asked).toEqual([shown, shown]);
  });

  it('takes a new key where the power went after the last renewal, before its key was forgotten', async () => {
    const world = await openWorld();
    const before = await loadHubIdentity(world.folder);
    const pending = join(world.folder, 'keys', 'renewing-hub.pem');
    await writeFileDurably(
      pending,
      encodePem('PRIVATE KEY', x25519PrivateKeyToPkcs8(before.keyPair.privateKey)),
    );
    const client = world.client(await loadTlsIdentity(world.folder));
    const renewed = await renewHubIdentity(before, { ...world, client });
    expect(renewed.hubStatic).not.toEqual(before.hubStatic);
    expect(existsSync(pending)).toBe(false);
  });

  it('stays what it is when the answer is of no use', async () => {
    const world = await openWorld();
    const client = world.client(await loadTlsIdentity(world.folder));
    const before = await loadHubIdentity(world.folder);
    const good = await client.renew({ hubKey: '11'.repeat(32) });
    const lies: RenewResponse[] = [
      good,
      { authorities: good.authorities },
      { ...good, hubCertificate: 'abcd' },
      { ...good, hubCertificate: toHex(before.chain[0] ?? fromHex('')) },
    ];
    for (const lie of lies) {
      const lying = { renew: async () => lie };
      await expect(renewHubIdentity(before, { ...world, client: lying })).rejects.toMatchObject({
        code: 'rc-answer-malformed',
      });
    }
    expect(await loadHubIdentity(world.folder)).toEqual(before);
  });

  it('waits for a registration centre that is away for three days, and is renewed when it is back', async () => {
    const world = await openWorld();
    const hub = await world.serve();
    const card = await register(world, hub);
    const { hubStatic } = await logIn(world, hub, card);
    await world.network.rc.close();
    for (let day = 1; day <= 3; day++) {
      world.clock.leap(DAY);
      await expect.poll(() => world.said.join('\n')).toContain(NOT_RENEWED);
      expect((await logIn(world, hub, card)).hubStatic).toEqual(hubStatic);
    }
    await world.startRc();
    await untilRenewed(world, hub);
    expect((await logIn(world, hub, card)).hubStatic).not.toEqual(hubStatic);
    // It was said once, and not at every attempt.
    expect(world.said.filter((line) => line.startsWith(NOT_RENEWED))).toHaveLength(1);
  }, 60_000);

  it('is warned of from three days before its end, once a day, and in the status', async () => {
    const world = await openWorld();
    const hub = await world.serve();
    await world.network.rc.close();
    const warnings = () => world.said.filter((line) => line.startsWith("the hub's certificate ends"));
    world.clock.leap(10.5 * DAY);
    await expect.poll(() => world.said.join('\n')).toContain(NOT_RENEWED);
    expect(warnings()).toEqual([]);
    world.clock.leap(DAY);
    await expect.poll(warnings, PATIENCE).toHaveLength(1);
    expect(warnings()[0]).toMatch(/ends in 2\.5 days; .* restore the connection to the registration centre/);
    expect((await hub.status()).warnings.join('\n')).toContain('ends in 2.5 days');
    world.clock.leap(3 * DAY);
    await expect
      .poll(() => world.said.join('\n'), PATIENCE)
      .toContain('has ended, so terminals refuse this hub');
    expect(await hub.status()).toMatchObject({ takesLogins: false });
  }, 60_000);

  it('is not renewed for a hub that was revoked', async () => {
    const world = await openWorld();
    const before = await loadHubIdentity(world.folder);
    await world.network.rc.close();
    const db = new SqliteDatabase(join(world.network.rcFolder, 'store.sqlite'));
    db.prepare("UPDATE members SET revoked = 1 WHERE id = 'hub-1'").run();
    db.close();
    await world.startRc();
    world.clock.leap(DAY);
    await world.serve();
    await expect.poll(() => world.said.join('\n')).toMatch(/was not renewed: .*hub-1 was revoked/);
    expect(await loadHubIdentity(world.folder)).toEqual(before);
  });
});

describe("a hub's TLS certificate", () => {
  const ends = async ({ folder }: World) =>
    parseCertificate((await loadTlsIdentity(folder)).certificate).notAfter;

  it('is renewed at two thirds of its life, without a restart, and the feed goes on', async () => {
    const world = await openWorld();
    const hub = await world.serve();
    await register(world, hub);
    const first = await ends(world);
    world.clock.leap(59 * DAY);
    await untilRenewed(world, hub);
    expect(await ends(world)).toBe(first);
    world.clock.leap(2 * DAY);
    await expect.poll(() => ends(world), PATIENCE).toBeGreaterThan(first);
    await world.network.register(PIN);
    await expect.poll(async () => (await hub.status()).cards, PATIENCE).toBe(2);
    // The first one would be over by now.
    world.clock.leap(50 * DAY);
    await untilRenewed(world, hub);
    await world.client(await loadTlsIdentity(world.folder)).feed({});
  }, 60_000);

  it.each([
    { days: 119, renewed: true },
    { days: 121, renewed: false },
  ])('of a hub that was off for $days days is renewed: $renewed', async ({ days, renewed }) => {
    const world = await openWorld();
    await (await world.serve()).close();
    await world.network.rc.close();
    world.clock.leap(days * DAY);
    await world.startRc();
    const hub = await world.serve();
    if (renewed) {
      await untilRenewed(world, hub);
      await expect.poll(async () => (await hub.status()).lists.state, PATIENCE).toBe('fresh');
      expect(await hub.status()).toMatchObject({ takesLogins: true, warnings: [] });
      await connect(world, hub);
    } else {
      await expect.poll(() => world.said.join('\n')).toMatch(/was not renewed: .*hub-1 has expired/);
      expect((await loadHubIdentity(world.folder)).notAfter).toBeLessThan(world.clock.now());
      expect(await hub.status()).toMatchObject({ takesLogins: false });
    }
  });
});
