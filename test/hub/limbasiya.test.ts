import { readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { loadHubIdentity } from '../../certs/hub-identity.ts';
import { WHAT_IT_MEANS } from '../../hub/limbasiya/service.ts';
import { serveHub } from '../../hub/serve.ts';
import { hubStatus } from '../../hub/status.ts';
import { concat, toHex, u64 } from '../../protocol/bytes.ts';
import { SUITE } from '../../protocol/constants.ts';
import { decodeHello } from '../../protocol/hello.ts';
import { ClockError } from '../../protocol/limbasiya/clock.ts';
import { STATUS } from '../../protocol/login/messages.ts';
import { WIRE_ERROR } from '../../protocol/wire-error.ts';
import { flipped } from '../protocol/support.ts';
import { registerLimbasiyaCard } from '../rc/limbasiya-cards.ts';
import { NOW } from '../rc/running-rc.ts';
import { LimbasiyaDevice, type Tap } from './limbasiya-device.ts';
import { LimbasiyaSite, tapOf } from './limbasiya-site.ts';
import { LOOPBACK, openNetwork, surroundings } from './network.ts';
import { until } from './site.ts';
import { attemptOf, TestDevice } from './test-device.ts';

const notAuthenticated = { code: WIRE_ERROR.notAuthenticated, message: 'ERROR 5: not authenticated' };

function loginAt(site: LimbasiyaSite, tap: Tap, T1: number): Promise<Uint8Array> {
  return site.connect(tap).then((device) => device.challenge(T1));
}

describe('a hub that accepts limbasiya-2021', () => {
  it('logs such a card in, and serves it nothing of cardea-1', async () => {
    const site = await LimbasiyaSite.open();
    const { tap, UID } = await site.register();
    const { device, welcome } = await site.logIn(tap);
    expect(welcome).toMatchObject({ validitySeconds: 600, failed: 0, location: 'Goa' });
    const secrets = JSON.parse(readFileSync(join(site.folder, 'keys', 'limbasiya.json'), 'utf8'));
    expect(toHex(tap.hub.SSK)).toBe(secrets.SSK);
    const info = await device.wire.call('session.info', {});
    expect(info).toMatchObject({ suite: 'limbasiya-2021', hubId: 'goa-01', validUntil: NOW + 600_000 });
    expect(info.subject).toMatch(/^[0-9a-f]{32}$/);
    expect(toHex(UID)).not.toContain(info.subject);
    const zeros = '00'.repeat(32);
    const refused = { message: 'not-allowed' };
    await expect(device.wire.call('oprf.evaluate', { blinded: zeros })).rejects.toMatchObject(refused);
    await expect(
      device.wire.call('pin.prepare', { pinVersion: 1, cs: zeros, proof: zeros }),
    ).rejects.toMatchObject(refused);
    await expect(device.wire.call('pin.changed', { pinVersion: 1 })).rejects.toMatchObject(refused);
    expect(await device.wire.call('session.close', {})).toEqual({});
    await device.wire.untilClosed();
  });

  it('knows the patient by the same subject under the next card', async () => {
    const site = await LimbasiyaSite.open();
    const { tap, patientId } = await site.register();
    const { subject } = await (await site.logIn(tap)).device.wire.call('session.info', {});
    const next = await registerLimbasiyaCard(site.admin, { id: patientId });
    const again = await (await site.logIn(tapOf(next))).device.wire.call('session.info', {});
    expect(again.subject).toBe(subject);
    const other = await site.register();
    const others = await (await site.logIn(other.tap)).device.wire.call('session.info', {});
    expect(others.subject).not.toBe(subject);
  });

  it('says so in its log, in its HELLO and in its status', async () => {
    const site = await LimbasiyaSite.open();
    const { tap } = await site.register();
    await site.logIn(tap);
    expect(site.log.lines).toContain(`warn ${WHAT_IT_MEANS} {}`);
    expect(WHAT_IT_MEANS).toMatch(/^this hub accepts limbasiya-2021 cards/);
    const device = await site.connect(tap);
    expect(decodeHello(device.wire.helloBody).suites).toEqual([SUITE.cardea1, SUITE.limbasiya2021]);
    const status = await site.hub.status();
    expect(status.limbasiya).toEqual({ cards: 1, means: WHAT_IT_MEANS });
    expect(hubStatus.parse(JSON.parse(JSON.stringify(status)))).toEqual(status);
  });

  it('logs in cards of both suites, by the clocks of this machine', async () => {
    const network = await openNetwork();
    const folder = network.hubFolder;
    const hub = await serveHub({ surroundings, folder, listen: LOOPBACK, allow: 'limbasiya-2021' });
    onTestFinished(() => hub.close());
    const cardea = await network.register('246810');
    const issued = await registerLimbasiyaCard(network.operator);
    await until(async () => (await hub.status()).cards === 1);
    const device = await LimbasiyaDevice.connect(hub.address, tapOf(issued));
    onTestFinished(() => device.wire.close());
    const welcome = await device.enter(await device.challenge(Date.now()), Date.now());
    expect(welcome.location).toBe('Goa');

    const other = await TestDevice.connect(surroundings.network, hub.address);
    onTestFinished(() => other.close());
    await other.hello();
    const { uid, pinVersion } = cardea.image;
    const { keyPair } = await loadHubIdentity(folder);
    const { blinded } = attemptOf('246810');
    other.send(other.loginBody(keyPair.publicKey, { uid, pinVersion, blinded }));
    expect((await other.challenge()).status).toBe(STATUS.goOn);
  });
});

describe('a hub that was not told to accept limbasiya-2021', () => {
  it('refuses such a LOGIN as unsupported, and does not speak of it', async () => {
    const site = await LimbasiyaSite.join();
    await site.serve('none');
    const { tap } = await site.register();
    const device = await site.connect(tap);
    expect(decodeHello(device.wire.helloBody).suites).toEqual([SUITE.cardea1]);
    await expect(device.challenge(NOW)).rejects.toMatchObject({ code: WIRE_ERROR.unsupported });
    expect((await site.hub.status()).limbasiya).toBeNull();
    expect(site.log.lines.join()).not.toContain('accepts limbasiya-2021');
    expect(site.listsRead).toBe(0);
  });

  it('refuses it again where it was told before', async () => {
    const site = await LimbasiyaSite.open();
    const { tap } = await site.register();
    await site.logIn(tap);
    await site.stop();
    await site.serve('none');
    await expect(loginAt(site, tap, NOW)).rejects.toMatchObject({ code: WIRE_ERROR.unsupported });
  });
});

describe('clocks', () => {
  it('that differ by more than ΔT, either way, are ERROR 8 with the hub’s time', async () => {
    const site = await LimbasiyaSite.open();
    const { tap } = await site.register();
    for (const apart of [-1_001, 1_001]) {
      await expect(loginAt(site, tap, NOW + apart)).rejects.toMatchObject({
        code: WIRE_ERROR.clock,
        message: `ERROR 8: ${NOW}`,
      });
    }
    for (const apart of [-1_000, 1_000]) {
      const device = await site.connect(tap);
      const challenge = await device.challenge(NOW + apart);
      expect((await device.enter(challenge, NOW)).location).toBe('Goa');
    }
  });

  it('are looked at before β is', async () => {
    const site = await LimbasiyaSite.open();
    const { tap } = await site.register();
    const wrong = { ...tap, card: { ...tap.card, C: flipped(tap.card.C, 0) } };
    await expect(loginAt(site, wrong, NOW - 1_001)).rejects.toMatchObject({ code: WIRE_ERROR.clock });
    await expect(loginAt(site, wrong, NOW)).rejects.toMatchObject(notAuthenticated);
  });

  it('that differ by more than ΔT when the answer comes are found by the device', async () => {
    const site = await LimbasiyaSite.open();
    const { tap } = await site.register();
    for (const apart of [-1_001, 1_001]) {
      const device = await site.connect(tap);
      const challenge = await device.challenge(NOW);
      await expect(device.enter(challenge, NOW + apart)).rejects.toThrow(ClockError);
    }
  });

  it('of hub and registration centre that differ leave the hub its old list', async () => {
    const site = await LimbasiyaSite.open();
    const { tap } = await site.register();
    await site.logIn(tap);
    await site.stop();
    site.clock.jump(1_001);
    const { uid } = await site.register();
    await site.start();
    await until(async () => site.log.lines.some((line) => line.includes('the clocks differ by 1001 ms')));
    await until(async () => (await site.hub.status()).takesLogins);
    expect((await site.logIn(tap)).welcome.location).toBe('Goa');
    expect((await site.hub.status()).limbasiya?.cards).toBe(1);
    expect(site.log.lines.join()).not.toContain(uid);
  });
});

describe('a login under limbasiya-2021 is refused alike', () => {
  it('with a wrong C, UID or SSK, or the LOGIN of another hub', async () => {
    const site = await LimbasiyaSite.open();
    const { tap } = await site.register();
    const { card, hub } = tap;
    const wrong: readonly Tap[] = [
      { card: { ...card, C: flipped(card.C, 31) }, hub },
      { card: { ...card, UID: flipped(card.UID, 0) }, hub },
      { card, hub: { ...hub, SSK: flipped(hub.SSK, 5) } },
      { card, hub: { ...hub, ID: 'bom-02' } },
    ];
    for (const spoiled of wrong) {
      await expect(loginAt(site, spoiled, NOW)).rejects.toMatchObject(notAuthenticated);
    }
  });

  it('with any byte of β flipped, and with a wrong PROOF', async () => {
    const site = await LimbasiyaSite.open();
    const { tap } = await site.register();
    const spoiled = await site.connect(tap);
    spoiled.wire.send(flipped(spoiled.login.login(NOW), 2 + 32 + 7));
    await expect(spoiled.wire.receive()).rejects.toMatchObject(notAuthenticated);
    const device = await site.connect(tap);
    device.login.readChallenge(await device.challenge(NOW), NOW);
    device.wire.send(flipped(device.login.prove(), 9));
    await expect(device.wire.receive()).rejects.toMatchObject(notAuthenticated);
  });

  it('of another length as malformed, and without a PROOF in time as too slow', async () => {
    const site = await LimbasiyaSite.open();
    const { tap } = await site.register();
    const long = await site.connect(tap);
    long.wire.send(concat(long.login.login(NOW), u64(0)));
    await expect(long.wire.receive()).rejects.toMatchObject({ code: WIRE_ERROR.malformed });
    const slow = await site.connect(tap);
    await slow.challenge(NOW);
    await site.clock.advance(5_000);
    await expect(slow.wire.receive()).rejects.toMatchObject({ code: WIRE_ERROR.timeout });
  });

  it('when a card had its logins of the hour', async () => {
    const site = await LimbasiyaSite.open();
    const { tap } = await site.register();
    for (let n = 0; n < 30; n++) (await site.logIn(tap)).device.wire.close();
    await expect(loginAt(site, tap, NOW)).rejects.toMatchObject({ code: WIRE_ERROR.busy });
  });
});

describe('a recorded LOGIN', () => {
  it('is answered again within ΔT, as the paper has it, and opens nothing for whoever has no C', async () => {
    const site = await LimbasiyaSite.open();
    const { tap } = await site.register();
    const recorded = await site.connect(tap);
    const login = recorded.login.login(NOW);
    recorded.wire.send(login);
    const challenge = await recorded.wire.receive();

    site.clock.jump(1_000);
    const replayed = await site.connect(tap);
    replayed.wire.send(login);
    const answer = await replayed.wire.receive();
    expect(answer).toHaveLength(challenge.length);
    // γ is the same while VT and Loc are; the proof would need the keys, which hang on the HELLO and on C.
    expect(answer.subarray(2, 34)).toEqual(challenge.subarray(2, 34));
    recorded.login.readChallenge(challenge, NOW);
    replayed.wire.send(recorded.login.prove());
    await expect(replayed.wire.receive()).rejects.toMatchObject(notAuthenticated);

    site.clock.jump(1);
    const late = await site.connect(tap);
    late.wire.send(login);
    await expect(late.wire.receive()).rejects.toMatchObject({ code: WIRE_ERROR.clock });
  });
});

describe('a revoked limbasiya-2021 card', () => {
  it('is let in until the hub’s next ω, and refused after it', async () => {
    const site = await LimbasiyaSite.open();
    const { uid, tap } = await site.register();
    await site.logIn(tap);
    await site.admin.revokeCard(uid, 'stolen');
    expect((await site.logIn(tap)).welcome.location).toBe('Goa');
    await site.restart();
    await expect(loginAt(site, tap, NOW)).rejects.toMatchObject(notAuthenticated);
    expect((await site.hub.status()).limbasiya?.cards).toBe(0);
  });

  it('loses its session when an ω for somebody else finds it gone', async () => {
    const site = await LimbasiyaSite.open();
    const gone = await site.register();
    const { device } = await site.logIn(gone.tap);
    await site.admin.revokeCard(gone.uid, 'stolen');
    const other = await site.register();
    const { device: stays } = await site.logIn(other.tap);
    await expect(device.wire.receive()).rejects.toMatchObject({ code: WIRE_ERROR.sessionExpired });
    expect(await stays.wire.call('session.info', {})).toMatchObject({ suite: 'limbasiya-2021' });
  });
});

describe('the hub’s list', () => {
  it('is asked for at the start, and again when an unknown card comes', async () => {
    const site = await LimbasiyaSite.join();
    const first = await site.register();
    await site.serve();
    await site.logIn(first.tap);
    expect(site.listsRead).toBe(1);
    const second = await site.register();
    await site.logIn(second.tap);
    expect(site.listsRead).toBe(2);
  });

  it('serves on while the registration centre is away, and after a restart without it', async () => {
    const site = await LimbasiyaSite.open();
    const { tap } = await site.register();
    await site.logIn(tap);
    await site.rc.stop();
    await site.logIn(tap);
    await site.stop();
    await site.start();
    expect((await site.logIn(tap)).welcome.location).toBe('Goa');
    const unknown = { ...tap, card: { ...tap.card, UID: flipped(tap.card.UID, 0) } };
    await expect(loginAt(site, unknown, NOW)).rejects.toMatchObject(notAuthenticated);
  });
});

describe('registering a hub under limbasiya-2021', () => {
  it('is part of joining, and its secrets are for their owner alone', async () => {
    const site = await LimbasiyaSite.join();
    expect(site.joined?.limbasiya).toBeNull();
    const path = join(site.folder, 'keys', 'limbasiya.json');
    expect(statSync(path).mode & 0o777).toBe(0o600);
    const { r_S, PW, SSK } = JSON.parse(readFileSync(path, 'utf8'));
    expect([r_S.length, PW.length, SSK.length]).toEqual([32, 64, 64]);
    expect((await site.register()).hubs.map(({ SSK: listed }) => toHex(listed))).toEqual([SSK]);
  });

  it('is made up for at the start where its answer was lost, with the same secrets', async () => {
    const site = await LimbasiyaSite.join();
    const path = join(site.folder, 'keys', 'limbasiya.json');
    const kept = readFileSync(path, 'utf8');
    writeFileSync(path, JSON.stringify({ ...JSON.parse(kept), SSK: null }));
    await site.serve();
    expect(readFileSync(path, 'utf8')).toBe(kept);
  });

  it('cannot be made up for without the registration centre, and cardea-1 is served all the same', async () => {
    const site = await LimbasiyaSite.join();
    const path = join(site.folder, 'keys', 'limbasiya.json');
    writeFileSync(path, JSON.stringify({ ...JSON.parse(readFileSync(path, 'utf8')), SSK: null }));
    await site.rc.stop();
    await expect(site.start()).rejects.toMatchObject({ code: 'rc-unreachable' });
    expect((await site.start('none')).id).toBe('goa-01');
  });

  it('is refused with secrets that are not the first ones', async () => {
    const site = await LimbasiyaSite.join();
    rmSync(join(site.folder, 'keys', 'limbasiya.json'));
    await expect(site.start()).rejects.toMatchObject({ problemCode: 'id-taken' });
  });

  it('is refused where the location is too long, with the reason, and the hub joins all the same', async () => {
    const site = await LimbasiyaSite.join({ location: 'Instituto de Saúde de Pangim, Goa' });
    expect(site.joined?.limbasiya).toMatch(/has 34 bytes, and limbasiya-2021 has room for 28/);
    await expect(site.start()).rejects.toMatchObject({ problemCode: 'location-too-long' });
    await site.serve('none');
    expect((await site.hub.status()).takesLogins).toBe(true);
  });

  it.each([
    ['no JSON', '{'],
    ['a short key', JSON.stringify({ r_S: '00', PW: '00'.repeat(32), SSK: null })],
  ])('is refused with secrets that are damaged: %s', async (_what, content) => {
    const site = await LimbasiyaSite.join();
    writeFileSync(join(site.folder, 'keys', 'limbasiya.json'), content);
    await expect(site.start()).rejects.toMatchObject({ code: 'identity-damaged' });
  });
});
