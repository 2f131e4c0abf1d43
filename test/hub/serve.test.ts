import { chmodSync, renameSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { verifyHubChain } from '../../certs/hub-chain.ts';
import { joinHub } from '../../hub/join.ts';
import { type RunningHub, serveHub } from '../../hub/serve.ts';
import { hubStatus } from '../../hub/status.ts';
import { MIGRATIONS } from '../../hub/store/schema.ts';
import { decodeHello } from '../../protocol/hello.ts';
import { STATUS } from '../../protocol/login/messages.ts';
import { WIRE_ERROR } from '../../protocol/wire-error.ts';
import { askControl } from '../../runtime/control-socket.ts';
import { openStore } from '../../runtime/sqlite.ts';
import { temporaryFolder } from '../runtime/temporary-folder.ts';
import { LOOPBACK, openNetwork, surroundings } from './network.ts';
import { until } from './site.ts';
import { attemptOf, proofWithPin, TestDevice } from './test-device.ts';
import type { Issued } from './test-rc.ts';

const PIN = '246810';

async function serve(folder: string): Promise<RunningHub> {
  const hub = await serveHub({ surroundings, folder, listen: LOOPBACK });
  onTestFinished(() => hub.close());
  return hub;
}

async function untilHeard(hub: RunningHub, cards: number): Promise<void> {
  await until(async () => {
    const status = await hub.status();
    return status.lists.state === 'fresh' && status.cards >= cards;
  });
}

async function challenge(hub: RunningHub, { image }: Issued, pin: string) {
  const device = await TestDevice.connect(surroundings.network, hub.address);
  onTestFinished(() => device.close());
  await device.hello();
  const attempt = attemptOf(pin);
  const { certificates } = decodeHello(device.helloBody);
  const { hubStatic } = verifyHubChain(certificates, { now: Date.now(), caPin: image.caPin });
  const { uid, pinVersion } = image;
  device.send(device.loginBody(hubStatic, { uid, pinVersion, blinded: attempt.blinded }));
  return { device, attempt, answer: await device.challenge() };
}

async function logIn(hub: RunningHub, card: Issued): Promise<TestDevice> {
  const { device, attempt, answer } = await challenge(hub, card, PIN);
  expect(answer.status).toBe(STATUS.goOn);
  device.send(device.proofBody(await proofWithPin(card.image, attempt, answer.evaluated)));
  await device.welcome();
  return device;
}

describe('a hub of a real network', () => {
  it('lets in a card that was registered a moment ago, and ends its session when it is revoked', async () => {
    const network = await openNetwork();
    const hub = await serve(network.hubFolder);
    await untilHeard(hub, 0);
    const card = await network.register(PIN);
    const device = await logIn(hub, card);
    expect(await device.call('session.info', {})).toMatchObject({ hubId: 'hub-1', location: 'Goa' });
    await network.operator.revokeCard(Buffer.from(card.image.uid).toString('hex'), 'lost');
    await expect(device.receive()).rejects.toMatchObject({ code: WIRE_ERROR.sessionExpired });
    expect((await challenge(hub, card, PIN)).answer.status).toBe(STATUS.revoked);
  });

  it('locks a card for the whole network, and says how it stands', async () => {
    const network = await openNetwork();
    const hub = await serve(network.hubFolder);
    const card = await network.register(PIN);
    await untilHeard(hub, 1);
    for (let left = 4; left >= 0; left--) {
      const { device, answer } = await challenge(hub, card, '000000');
      expect(answer.attemptsLeft).toBe(left);
      device.close();
      await until(async () => (await hub.status()).connections === 0);
    }
    const uid = Buffer.from(card.image.uid).toString('hex');
    await until(async () => (await network.operator.card(uid)).locked);
    expect((await challenge(hub, card, PIN)).answer.status).toBe(STATUS.locked);
    expect(hubStatus.parse(await askControl(network.hubFolder, { method: 'status' }))).toMatchObject({
      id: 'hub-1',
      location: 'Goa',
      announced: '127.0.0.1:8441',
      takesLogins: true,
      cards: 1,
      warnings: [],
    });
  });

  it('serves on while the RC is away, and after a restart of its own', async () => {
    const network = await openNetwork();
    const hub = await serve(network.hubFolder);
    const card = await network.register(PIN);
    await untilHeard(hub, 1);
    await network.rc.close();
    await logIn(hub, card);
    await hub.close();
    const again = await serve(network.hubFolder);
    await logIn(again, card);
  });

  it('serves also where another program has the port of its health, and says so where its status is read', async () => {
    const network = await openNetwork();
    const { hubFolder: folder, rc } = network;
    const hub = await serveHub({ surroundings, folder, listen: LOOPBACK, health: rc.address });
    onTestFinished(() => hub.close());
    await untilHeard(hub, 0);
    const problem = expect.stringMatching(
      new RegExp(`^health and metrics cannot be asked for: .*127.0.0.1:${rc.address.port}.* --health$`),
    );
    expect(await hub.status()).toMatchObject({
      takesLogins: true,
      health: null,
      healthProblem: problem,
      warnings: [problem],
    });
    await logIn(hub, await network.register(PIN));
  });

  it('takes as many connections as it was told, and says busy to the next', async () => {
    const { hubFolder: folder } = await openNetwork();
    const hub = await serveHub({ surroundings, folder, listen: LOOPBACK, policy: { connections: 3 } });
    onTestFinished(() => hub.close());
    await untilHeard(hub, 0);
    const connect = async () => {
      const device = await TestDevice.connect(surroundings.network, hub.address);
      onTestFinished(() => device.close());
      await device.hello();
      return device;
    };
    const [first] = [await connect(), await connect(), await connect()];
    await expect(connect()).rejects.toMatchObject({ code: WIRE_ERROR.busy });
    first.close();
    await until(async () => (await hub.status()).connections === 2);
    await connect();
  });

  it('does not join a folder twice, and keeps its secrets to itself', async () => {
    const network = await openNetwork();
    const { hubFolder: folder } = network;
    const token = await network.hubToken('hub-2');
    await expect(joinHub({ surroundings, folder, token })).rejects.toMatchObject({ code: 'already-joined' });
    await (await serve(folder)).close();
    for (const path of ['keys', 'keys/hub.pem', 'keys/tls.pem', 'store.sqlite']) {
      expect(statSync(join(folder, path)).mode & 0o077).toBe(0);
    }
  });
});

describe('serving is refused', () => {
  it('where nothing has joined', async () => {
    const folder = temporaryFolder();
    await expect(serve(folder)).rejects.toMatchObject({ code: 'not-joined' });
  });

  it('on a folder that is served already', async () => {
    const { hubFolder } = await openNetwork();
    await serve(hubFolder);
    await expect(serve(hubFolder)).rejects.toMatchObject({ code: 'folder-in-use' });
  });

  it('on an address that is taken, and the folder is free afterwards', async () => {
    const { hubFolder: folder, rc } = await openNetwork();
    const listen = rc.address;
    await expect(serveHub({ surroundings, folder, listen })).rejects.toMatchObject({
      code: 'address-in-use',
    });
    await serve(folder);
  });

  it('with a database from a newer version', async () => {
    const { hubFolder } = await openNetwork();
    await (await serve(hubFolder)).close();
    const db = openStore(join(hubFolder, 'store.sqlite'), MIGRATIONS);
    db.pragma('user_version = 99');
    db.close();
    await expect(serve(hubFolder)).rejects.toMatchObject({ code: 'store-too-new' });
  });

  it('without the database that the join made, and serves again once it is back', async () => {
    const { hubFolder } = await openNetwork();
    const path = join(hubFolder, 'store.sqlite');
    renameSync(path, `${path}.away`);
    await expect(serve(hubFolder)).rejects.toMatchObject({ code: 'store-missing' });
    renameSync(`${path}.away`, path);
    await serve(hubFolder);
  });

  it('with a database that is damaged', async () => {
    const { hubFolder } = await openNetwork();
    writeFileSync(join(hubFolder, 'store.sqlite'), 'no database at all, '.repeat(500), { mode: 0o600 });
    await expect(serve(hubFolder)).rejects.toMatchObject({ code: 'store-corrupt' });
  });

  it('with a key that others can read', async () => {
    const { hubFolder } = await openNetwork();
    chmodSync(join(hubFolder, 'keys', 'hub.pem'), 0o644);
    await expect(serve(hubFolder)).rejects.toMatchObject({ code: 'secret-file-exposed' });
  });
});
