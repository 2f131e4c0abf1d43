import { describe, expect, it } from 'vitest';
import { noble } from '../../protocol/crypto/noble.ts';
import { STATUS } from '../../protocol/login/messages.ts';
import { WIRE_ERROR } from '../../protocol/wire-error.ts';
import { systemRandom } from '../../runtime/random.ts';
import { Site, until } from './site.ts';
import { attemptOf, NO_BLINDED, proofWithPin } from './test-device.ts';

const PIN = '246810';

describe('a login at a hub', () => {
  it('with the right PIN ends in a WELCOME that says where and for how long', async () => {
    const site = await Site.open();
    const { image } = await site.register(PIN);
    const { device, welcome } = await site.logIn(image, PIN);
    expect(welcome).toMatchObject({ validitySeconds: 600, failed: 0, location: 'Goa' });
    const info = await device.call('session.info', {});
    expect(info).toMatchObject({
      hubId: 'hub-1',
      subject: site.rc.card(image.uid).subject,
      expiresInSeconds: 600,
      suite: 'cardea-1',
    });
  });

  it('shows a fresh nonce on every connection', async () => {
    const site = await Site.open();
    const [first, second] = [await site.connect(), await site.connect()];
    expect(first.helloBody).not.toEqual(second.helloBody);
  });

  it('is told of the wrong tries before it', async () => {
    const site = await Site.open();
    const { image } = await site.register(PIN);
    await site.wrongTry(image);
    await site.wrongTry(image);
    expect((await site.logIn(image, PIN)).welcome.failed).toBe(2);
    expect((await site.logIn(image, PIN)).welcome.failed).toBe(0);
  });

  it('of a card that nobody knows gets status 1, and takes no try', async () => {
    const site = await Site.open();
    const { image } = await site.register(PIN);
    expect(await site.status({ ...image, uid: systemRandom(16) })).toBe(STATUS.unknown);
    expect(await site.wrongTry(image)).toBe(4);
  });

  it('of a revoked card gets status 2, also on the recovery path', async () => {
    const site = await Site.open();
    const { image } = await site.register(PIN, { recovery: true });
    site.rc.revoke(image.uid);
    await until(async () => (await site.store.findCard(image.uid))?.revoked === true);
    expect(await site.status(image)).toBe(STATUS.revoked);
    expect(await site.status(image, NO_BLINDED)).toBe(STATUS.revoked);
  });

  it('of a locked card gets status 3, but not on the recovery path', async () => {
    const site = await Site.open();
    const { image } = await site.register(PIN, { recovery: true });
    site.rc.change({ ...site.rc.card(image.uid), locked: true });
    await until(async () => (await site.store.findCard(image.uid))?.locked === true);
    expect(await site.status(image)).toBe(STATUS.locked);
    expect(await site.status(image, NO_BLINDED)).toBe(STATUS.goOn);
  });

  it('of an old copy of a card gets status 4', async () => {
    const site = await Site.open();
    const { image } = await site.register(PIN);
    const card = site.rc.card(image.uid);
    site.rc.change({ ...card, pinVersion: 2, epoch: 1 });
    await until(async () => (await site.store.findCard(image.uid))?.pinVersion === 2);
    expect(await site.status(image)).toBe(STATUS.superseded);
    expect(await site.status(image, NO_BLINDED)).toBe(STATUS.goOn);
  });

  it('under a PIN that nobody has heard of gets status 5', async () => {
    const site = await Site.open();
    const { image } = await site.register(PIN);
    expect(await site.status({ ...image, pinVersion: 2 })).toBe(STATUS.notHeard);
    expect(await site.status({ ...image, pinVersion: 2 }, NO_BLINDED)).toBe(STATUS.goOn);
  });

  it('prefers revoked to superseded, superseded to locked, and unknown PINs to locked', async () => {
    const site = await Site.open();
    const { image } = await site.register(PIN);
    const card = site.rc.card(image.uid);
    site.rc.change({ ...card, pinVersion: 2, locked: true });
    await until(async () => (await site.store.findCard(image.uid))?.locked === true);
    expect(await site.status(image)).toBe(STATUS.superseded);
    expect(await site.status({ ...image, pinVersion: 3 })).toBe(STATUS.notHeard);
    site.rc.change({ ...card, pinVersion: 2, locked: true, status: 'revoked' });
    await until(async () => (await site.store.findCard(image.uid))?.revoked === true);
    expect(await site.status(image)).toBe(STATUS.revoked);
  });

  it('with another card key is refused without saying why, and counts as a wrong try', async () => {
    const site = await Site.open();
    const { image } = await site.register(PIN);
    const attempt = attemptOf(PIN);
    const { device, challenge } = await site.challenge(image, attempt.blinded);
    const proof = await proofWithPin(image, attempt, challenge.evaluated);
    const privateKey = systemRandom(32);
    const cardKey = { privateKey, publicKey: noble.x25519Public(privateKey) };
    device.send(device.proofBody({ ...proof, cardKey }));
    await expect(device.receive()).rejects.toMatchObject({
      code: WIRE_ERROR.notAuthenticated,
      message: 'ERROR 5: not authenticated',
    });
    await device.untilClosed();
    await site.settled();
    expect(await site.wrongTry(image)).toBe(3);
  });

  it('with another usk is refused in the same words', async () => {
    const site = await Site.open();
    const { image } = await site.register(PIN);
    const attempt = attemptOf(PIN);
    const { device, challenge } = await site.challenge(image, attempt.blinded);
    const proof = await proofWithPin(image, attempt, challenge.evaluated);
    device.send(device.proofBody({ ...proof, usk: systemRandom(32) }));
    await expect(device.receive()).rejects.toThrow('ERROR 5: not authenticated');
  });

  it('is refused when the card is revoked between CHALLENGE and PROOF', async () => {
    const site = await Site.open();
    const { image } = await site.register(PIN);
    const attempt = attemptOf(PIN);
    const { device, challenge } = await site.challenge(image, attempt.blinded);
    site.rc.revoke(image.uid);
    await until(async () => (await site.store.findCard(image.uid))?.revoked === true);
    device.send(device.proofBody(await proofWithPin(image, attempt, challenge.evaluated)));
    await expect(device.receive()).rejects.toMatchObject({ code: WIRE_ERROR.notAuthenticated });
  });

  it.each([undefined, 2])(
    'gets no session when the card is revoked as it is let in (workers: %s)',
    async (workers) => {
      const site = await Site.open(workers === undefined ? {} : { workers });
      const { image } = await site.register(PIN);
      const { device: before } = await site.logIn(image, PIN);
      const { tries } = site.store;
      const enter = tries.enter.bind(tries);
      tries.enter = async (...input) => {
        const entry = await enter(...input);
        site.rc.revoke(image.uid);
        await expect(before.receive()).rejects.toMatchObject({ code: WIRE_ERROR.sessionExpired });
        return entry;
      };
      await expect(site.logIn(image, PIN)).rejects.toMatchObject({ code: WIRE_ERROR.notAuthenticated });
      await until(async () => site.hub.services.sessions.count === 0);
    },
  );

  it('is refused when the PIN is changed elsewhere between CHALLENGE and PROOF', async () => {
    const site = await Site.open();
    const { image } = await site.register(PIN);
    const attempt = attemptOf(PIN);
    const { device, challenge } = await site.challenge(image, attempt.blinded);
    site.rc.change({ ...site.rc.card(image.uid), pinVersion: 2, epoch: 1 });
    await until(async () => (await site.store.findCard(image.uid))?.pinVersion === 2);
    device.send(device.proofBody(await proofWithPin(image, attempt, challenge.evaluated)));
    await expect(device.receive()).rejects.toMatchObject({ code: WIRE_ERROR.notAuthenticated });
  });

  it('with the recovery code needs no PIN and takes no try', async () => {
    const site = await Site.open();
    const issued = await site.register(PIN, { recovery: true });
    const device = await site.recover(issued);
    await expect(device.call('session.info', {})).rejects.toThrow('not-allowed');
    expect(await site.wrongTry(issued.image)).toBe(4);
  });

  it('with a recovery code that the card does not have is refused', async () => {
    const site = await Site.open();
    const { image } = await site.register(PIN);
    const { code } = await site.register(PIN, { recovery: true });
    const { device, challenge } = await site.challenge(image, NO_BLINDED);
    expect(challenge).toMatchObject({ status: STATUS.goOn, attemptsLeft: 0, evaluated: NO_BLINDED });
    const privateKey = systemRandom(32);
    expect(code).not.toBeNull();
    const cardKey = { privateKey, publicKey: noble.x25519Public(privateKey) };
    device.send(device.proofBody({ cardKey, usk: systemRandom(32), terminalId: 'desk-1' }));
    await expect(device.receive()).rejects.toMatchObject({ code: WIRE_ERROR.notAuthenticated });
  });
});

describe('a hub that does not know a card', () => {
  it('asks the RC before it answers', async () => {
    const site = await Site.open();
    site.rc.isFeeding = false;
    const { image } = await site.rc.register(PIN);
    expect((await site.logIn(image, PIN)).welcome.failed).toBe(0);
  });

  it('asks for a PIN version that it does not know', async () => {
    const site = await Site.open();
    const { image } = await site.register(PIN);
    site.rc.isFeeding = false;
    site.rc.change({ ...site.rc.card(image.uid), pinVersion: 2, epoch: 1 });
    expect(await site.status({ ...image, pinVersion: 2 })).toBe(STATUS.goOn);
  });

  it('does not ask the same again within a minute', async () => {
    const site = await Site.open();
    const { image } = await site.register(PIN);
    const stranger = { ...image, uid: systemRandom(16) };
    expect(await site.status(stranger)).toBe(STATUS.unknown);
    expect(await site.status(stranger)).toBe(STATUS.unknown);
    expect(site.rc.asked).toHaveLength(1);
    await site.clock.advance(60_001);
    expect(await site.status(stranger)).toBe(STATUS.unknown);
    expect(site.rc.asked).toHaveLength(2);
  });

  it('asks at most five times a second', async () => {
    const site = await Site.open();
    const { image } = await site.register(PIN);
    for (let i = 0; i < 8; i++) await site.status({ ...image, uid: systemRandom(16) });
    expect(site.rc.asked).toHaveLength(5);
  });

  it('goes by what it knows when the RC does not answer', async () => {
    const site = await Site.open();
    const { image } = await site.register(PIN);
    site.rc.isAway = true;
    expect(await site.status({ ...image, uid: systemRandom(16) })).toBe(STATUS.unknown);
    expect((await site.logIn(image, PIN)).welcome.failed).toBe(0);
  });
});

describe('a hub whose lists are too old', () => {
  it('refuses logins before anything is asked of the card, and takes them again when it has heard', async () => {
    const site = await Site.open();
    const { image } = await site.register(PIN);
    await site.awayFor(8);
    await expect(site.connect()).rejects.toMatchObject({ code: WIRE_ERROR.busy });
    site.rc.isAway = false;
    await site.clock.advance(120_000);
    expect((await site.logIn(image, PIN)).welcome.failed).toBe(0);
  });

  it('serves on, warned, from half of the limit', async () => {
    const site = await Site.open();
    const { image } = await site.register(PIN);
    await site.awayFor(4);
    expect((await site.logIn(image, PIN)).welcome.failed).toBe(0);
    expect(site.warnings.some((words) => words.includes('4.0 days old'))).toBe(true);
  });

  it('refuses logins when its clock is before its last page', async () => {
    const site = await Site.open();
    await site.register(PIN);
    site.clock.jump(-3_600_000);
    await expect(site.connect()).rejects.toMatchObject({ code: WIRE_ERROR.busy });
  });
});
