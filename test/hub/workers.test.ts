import { describe, expect, it } from 'vitest';
import { LIMITS } from '../../hub/limits.ts';
import { statusOf } from '../../hub/status.ts';
import { decodeHello } from '../../protocol/hello.ts';
import { STATUS } from '../../protocol/login/messages.ts';
import { WIRE_ERROR } from '../../protocol/wire-error.ts';
import { LOOPBACK } from './network.ts';
import { hubIdentity, Site, until } from './site.ts';
import { attemptOf, proofWithPin } from './test-device.ts';

const PIN = '246810';
const PLACE = {
  address: LOOPBACK,
  announced: '127.0.0.1:8441',
  rc: LOOPBACK,
  health: null,
  healthProblem: null,
};

/** The worker that got the last connection dies; the hub has noticed when this resolves. */
async function killLatest(site: Site): Promise<void> {
  const { latest, alive } = site.memoryWorkers ?? {};
  const before = alive?.length ?? 0;
  latest?.kill();
  await until(async () => alive?.length === before - 1);
}

async function countsOf(site: Site, uid: Uint8Array) {
  return (await site.store.findCard(uid))?.counts;
}

describe('tries of one card at a hub with workers', () => {
  it.each([1, 2])('are exact when 16 clients are wrong at once, with %s of them', async (workers) => {
    const site = await Site.open({ workers });
    const { image } = await site.register(PIN);
    const answers = await Promise.all(
      Array.from({ length: 16 }, () => site.challenge(image, attemptOf('000000').blinded)),
    );
    const evaluated = answers.filter(({ challenge }) => challenge.status === STATUS.goOn);
    expect(evaluated.map(({ challenge }) => challenge.attemptsLeft).sort()).toEqual([0, 1, 2, 3, 4]);
    expect(answers.filter(({ challenge }) => challenge.status === STATUS.locked)).toHaveLength(11);
    expect(await countsOf(site, image.uid)).toMatchObject({ attemptsLeft: 0, failures: 5 });
  });

  it('are not taken twice for the same blinded PIN, be it sent to another worker', async () => {
    const site = await Site.open({ workers: 2 });
    const { image } = await site.register(PIN);
    const attempt = attemptOf(PIN);
    const left = [];
    for (let i = 0; i < 3; i++) {
      const { device, challenge } = await site.challenge(image, attempt.blinded);
      left.push(challenge.attemptsLeft);
      device.close();
      await site.settled();
    }
    expect(left).toEqual([4, 4, 4]);
    expect((await site.logIn(image, attempt)).welcome.failed).toBe(0);
    expect(await countsOf(site, image.uid)).toMatchObject({ attemptsLeft: 5, failures: 0 });
  });
});

describe('a hub with workers', () => {
  it('keeps the bounds of a card and of an address over all of them', async () => {
    const site = await Site.open({ workers: 2 });
    const { image } = await site.register(PIN);
    for (let i = 0; i < LIMITS.loginsPerCard; i++) (await site.logIn(image, PIN)).device.close();
    await expect(site.logIn(image, PIN)).rejects.toMatchObject({ code: WIRE_ERROR.busy });
    for (let card = 0; card < 5; card++) {
      const { image: other } = await site.register(PIN);
      for (let i = 0; i < 4; i++) await site.wrongTry(other);
    }
    const { image: last } = await site.register(PIN);
    await expect(site.logIn(last, PIN)).rejects.toMatchObject({ code: WIRE_ERROR.busy });
  });

  it('ends the sessions of a revoked card at once, at whichever worker they are', async () => {
    const site = await Site.open({ workers: 2 });
    const { image } = await site.register(PIN);
    const sessions = [await site.logIn(image, PIN), await site.logIn(image, PIN)];
    const { device: other } = await site.logIn((await site.register(PIN)).image, PIN);
    await until(async () => site.hub.services.sessions.count === 3);
    site.rc.revoke(image.uid);
    for (const { device } of sessions) {
      await expect(device.receive()).rejects.toMatchObject({ code: WIRE_ERROR.sessionExpired });
    }
    expect(await other.call('session.info', {})).toMatchObject({ hubId: 'hub-1' });
    await until(async () => site.hub.services.sessions.count === 1);
  });

  it('reaches the records from each, and changes a PIN', async () => {
    const site = await Site.open({ workers: 2 });
    const { image } = await site.register(PIN);
    const one = await site.logIn(image, PIN);
    const other = await site.logIn(image, PIN);
    const visit = await one.device.call('encounter.checkIn', {});
    expect(await other.device.call('encounter.checkIn', {})).toEqual(visit);
    const offer = await one.device.call('oprf.evaluate', {
      blinded: Buffer.from(attemptOf('135791').blinded).toString('hex'),
    });
    expect(offer.pinVersion).toBe(2);
    await expect(other.device.call('pin.changed', { pinVersion: 2 })).rejects.toThrow('conflict');
  });

  it('shows a renewed key at every worker, and lets what had begun under the old one finish', async () => {
    const site = await Site.open({ workers: 2 });
    const { image } = await site.register(PIN);
    const begun = await site.connect();
    const next = await hubIdentity(site.clock.now());
    site.hub.services.identity.replace(next);
    const shown = async () => {
      const device = await site.connect();
      return Buffer.from(decodeHello(device.helloBody).certificates[0] ?? []);
    };
    await until(async () => (await shown()).equals(Buffer.from(next.chain[0] ?? [])));
    await until(async () => (await shown()).equals(Buffer.from(next.chain[0] ?? [])));
    const attempt = attemptOf(PIN);
    const { uid, pinVersion } = image;
    begun.send(begun.loginBody(site.identity.hubStatic, { uid, pinVersion, blinded: attempt.blinded }));
    const { evaluated } = await begun.challenge();
    begun.send(begun.proofBody(await proofWithPin(image, attempt, evaluated)));
    expect((await begun.welcome()).location).toBe('Goa');
  });

  it('says busy at each when the lists are too old', async () => {
    const site = await Site.open({ workers: 2 });
    await site.awayFor(8);
    for (let i = 0; i < 2; i++) {
      await expect(site.connect()).rejects.toMatchObject({ code: WIRE_ERROR.busy });
    }
  });

  it('stops in order: what is open is told, and what it took is settled', async () => {
    const site = await Site.open({ workers: 2 });
    const { image } = await site.register(PIN);
    for (let i = 0; i < 4; i++) await site.wrongTry(image);
    const { device } = await site.challenge(image, attemptOf(PIN).blinded);
    const { device: session } = await site.logIn((await site.register(PIN)).image, PIN);
    const { store } = site;
    const closed = site.hub.close();
    await expect(device.receive()).rejects.toMatchObject({ code: WIRE_ERROR.busy });
    await expect(session.receive()).rejects.toMatchObject({ code: WIRE_ERROR.busy });
    await closed;
    expect((await store.findCard(image.uid))?.counts).toMatchObject({ attemptsLeft: 0, locked: true });
    expect(site.memoryWorkers?.alive).toEqual([]);
  });
});

describe('a worker that dies', () => {
  it('has its open tries settled as after a restart: the last one locks', async () => {
    const site = await Site.open({ workers: 2 });
    const { image } = await site.register(PIN);
    for (let i = 0; i < 4; i++) await site.wrongTry(image);
    const { challenge } = await site.challenge(image, attemptOf(PIN).blinded);
    expect(challenge.attemptsLeft).toBe(0);
    expect(await countsOf(site, image.uid)).toMatchObject({ locked: false });
    await killLatest(site);
    await until(async () => (await countsOf(site, image.uid))?.locked === true);
    await until(async () => site.rc.card(image.uid).locked);
  });

  it('gives no try back, and the RC is told of it', async () => {
    const site = await Site.open({ workers: 2 });
    const { image } = await site.register(PIN);
    await site.challenge(image, attemptOf(PIN).blinded);
    await killLatest(site);
    await until(async () => site.rc.reports.flatMap(({ tries }) => tries).at(-1)?.open === 1);
    expect(await site.wrongTry(image)).toBe(3);
  });

  it('takes its own connections with it and no others, and another takes its place', async () => {
    const site = await Site.open({ workers: 2 });
    const { services } = site.hub;
    const { image } = await site.register(PIN);
    const stays = await site.logIn(image, PIN);
    const goes = await site.logIn(image, PIN);
    await until(async () => services.sessions.count === 2);
    await killLatest(site);
    await goes.device.untilClosed();
    await until(async () => services.gate.connections === 1 && services.sessions.count === 1);
    expect(await statusOf(services, PLACE)).toMatchObject({
      workers: { wanted: 2, serving: 1 },
      takesLogins: true,
      warnings: [expect.stringContaining('1 of 2 workers serve')],
    });
    expect(await stays.device.call('session.info', {})).toMatchObject({ hubId: 'hub-1' });
    await site.clock.advance(1_000);
    await until(async () => services.front.workers?.serving === 2);
    for (let i = 0; i < 2; i++) expect((await site.logIn(image, PIN)).welcome.location).toBe('Goa');
  });

  it('is one that hangs, too: it is ended, what it had open is settled, and another takes its place', async () => {
    const site = await Site.open({ workers: 2 });
    const { services } = site.hub;
    const { image } = await site.register(PIN);
    for (let i = 0; i < 4; i++) await site.wrongTry(image);
    const { device } = await site.challenge(image, attemptOf(PIN).blinded);
    site.memoryWorkers?.latest?.hang();
    await site.clock.advance(4_000);
    expect(services.front.workers).toEqual({ wanted: 2, serving: 2, silent: 0 });
    await site.clock.advance(6_000);
    expect(services.front.workers).toEqual({ wanted: 2, serving: 1, silent: 1 });
    await site.clock.advance(12_000);
    await device.untilClosed();
    await until(async () => (await countsOf(site, image.uid))?.locked === true);
    expect(site.errors).toContain('a worker does not answer, and is ended');
    expect(services.front.workers).toEqual({ wanted: 2, serving: 2, silent: 0 });
  });

  it('with all the others leaves a hub that says so, and serves again on the same port', async () => {
    const site = await Site.open({ workers: 2 });
    const { services, address } = site.hub;
    const { image } = await site.register(PIN);
    for (const worker of [...(site.memoryWorkers?.alive ?? [])]) worker.kill();
    await until(async () => services.front.workers?.serving === 0);
    expect(await statusOf(services, PLACE)).toMatchObject({ takesLogins: false });
    await site.clock.advance(1_000);
    await until(async () => services.front.workers?.serving === 2);
    expect(site.hub.address).toEqual(address);
    expect((await site.logIn(image, PIN)).welcome.location).toBe('Goa');
  });
});
