import { describe, expect, it } from 'vitest';
import type { HubIdentity } from '../../certs/hub-identity.ts';
import { CurrentIdentity } from '../../hub/renewal/current-identity.ts';
import { decodeHello } from '../../protocol/hello.ts';
import { STATUS } from '../../protocol/login/messages.ts';
import { WIRE_ERROR } from '../../protocol/wire-error.ts';
import { SimulatedClock } from '../../runtime/simulated-clock.ts';
import { hubIdentity, Site } from './site.ts';
import { attemptOf, proofWithPin, type TestDevice } from './test-device.ts';
import type { Issued } from './test-rc.ts';

const PIN = '246810';
const WIPED = new Uint8Array(32);

/** A site with a card, and the identity that its hub is to take next. */
async function open(): Promise<{ site: Site; card: Issued; next: HubIdentity }> {
  const site = await Site.open();
  return { site, card: await site.register(PIN), next: await hubIdentity(site.clock.now()) };
}

function sendLogin(device: TestDevice, hubStatic: Uint8Array, { image }: Issued) {
  const attempt = attemptOf(PIN);
  const { uid, pinVersion } = image;
  device.send(device.loginBody(hubStatic, { uid, pinVersion, blinded: attempt.blinded }));
  return attempt;
}

/** LOGIN and CHALLENGE. @returns what ends the login */
async function logIn(device: TestDevice, hubStatic: Uint8Array, card: Issued): Promise<() => Promise<void>> {
  const attempt = sendLogin(device, hubStatic, card);
  const { status, evaluated } = await device.challenge();
  expect(status).toBe(STATUS.goOn);
  return async () => {
    device.send(device.proofBody(await proofWithPin(card.image, attempt, evaluated)));
    await device.welcome();
  };
}

describe('a hub with a new key', () => {
  it('shows it in the next HELLO, and logins go on', async () => {
    const { site, card, next } = await open();
    site.hub.services.identity.replace(next);
    const device = await site.connect();
    expect(decodeHello(device.helloBody).certificates.map((der) => Buffer.from(der))).toEqual(
      next.chain.map((der) => Buffer.from(der)),
    );
    await (await logIn(device, next.hubStatic, card))();
  });

  it('finishes within 60 s what had begun under the old one', async () => {
    const { site, card, next } = await open();
    const device = await site.connect();
    site.hub.services.identity.replace(next);
    await site.clock.advance(59_000);
    const finish = await logIn(device, site.identity.hubStatic, card);
    // The LOGIN needed the old key, what follows does not.
    await site.clock.advance(3_000);
    expect(site.identity.keyPair.privateKey).toEqual(WIPED);
    await finish();
  });

  it('has destroyed the old one after 60 s, and ends what had not gone on by then', async () => {
    const { site, card, next } = await open();
    const device = await site.connect();
    site.hub.services.identity.replace(next);
    await site.clock.advance(59_999);
    expect(site.identity.keyPair.privateKey).not.toEqual(WIPED);
    await site.clock.advance(1);
    expect(site.identity.keyPair.privateKey).toEqual(WIPED);
    sendLogin(device, site.identity.hubStatic, card);
    await expect(device.receive()).rejects.toMatchObject({ code: WIRE_ERROR.timeout });
    expect(site.rc.reports).toEqual([]);
  });

  it('lets in nobody who answers a new HELLO under the old key', async () => {
    const { site, card, next } = await open();
    site.hub.services.identity.replace(next);
    const device = await site.connect();
    sendLogin(device, site.identity.hubStatic, card);
    await expect(device.receive()).rejects.toMatchObject({ code: WIRE_ERROR.notAuthenticated });
  });

  it('never computes with a key that is destroyed, however late a LOGIN is read', async () => {
    const { site, card, next } = await open();
    const device = await site.connect();
    site.hub.services.identity.replace(next);
    site.hub.services.identity.close();
    sendLogin(device, site.identity.hubStatic, card);
    await expect(device.receive()).rejects.toMatchObject({ code: WIRE_ERROR.timeout });
  });
});

describe('the identities of a hub', () => {
  it('are held for 60 s each, however fast they follow one another', async () => {
    const clock = new SimulatedClock();
    const [one, two, three] = [await hubIdentity(), await hubIdentity(), await hubIdentity()];
    const identity = new CurrentIdentity(one, clock);
    identity.replace(two);
    await clock.advance(30_000);
    identity.replace(three);
    await clock.advance(30_000);
    expect([one, two, three].map((each) => identity.holds(each))).toEqual([false, true, true]);
    await clock.advance(30_000);
    expect([one, two, three].map((each) => identity.holds(each))).toEqual([false, false, true]);
    expect(three.keyPair.privateKey).not.toEqual(WIPED);
  });

  it('are all wiped when the hub closes, and no timer is left', async () => {
    const clock = new SimulatedClock();
    const [one, two] = [await hubIdentity(), await hubIdentity()];
    const identity = new CurrentIdentity(one, clock);
    identity.replace(two);
    identity.close();
    expect([one, two].map(({ keyPair }) => keyPair.privateKey)).toEqual([WIPED, WIPED]);
    expect(clock.pendingTimers).toBe(0);
  });
});
