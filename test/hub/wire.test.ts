import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { LIMITS } from '../../hub/limits.ts';
import { FRAME } from '../../protocol/frames.ts';
import { WIRE_ERROR } from '../../protocol/wire-error.ts';
import { systemRandom } from '../../runtime/random.ts';
import { Site, until } from './site.ts';
import { attemptOf, TestDevice } from './test-device.ts';

const PIN = '246810';

/** The hub has let go of every connection and still serves. */
async function expectUnharmed(site: Site): Promise<void> {
  await until(async () => site.hub.services.gate.connections === 0);
  const { image } = await site.register(PIN);
  expect((await site.logIn(image, PIN)).welcome.location).toBe('Goa');
}

describe('a hub that is sent nonsense', () => {
  it.each([
    ['a frame of no bytes', Uint8Array.of(0, 0), WIRE_ERROR.malformed],
    ['a frame longer than any before WELCOME', Uint8Array.of(0x04, 0x01, 2), WIRE_ERROR.malformed],
    ['a frame of the longest length', Uint8Array.of(0xff, 0xff, 2), WIRE_ERROR.malformed],
    ['a PROOF before any LOGIN', Uint8Array.of(0, 2, FRAME.proof, 2), WIRE_ERROR.malformed],
    ['DATA before any LOGIN', Uint8Array.of(0, 2, FRAME.data, 2), WIRE_ERROR.malformed],
    ['a type that is not known', Uint8Array.of(0, 2, 0x77, 2), WIRE_ERROR.malformed],
    ['a LOGIN that is cut', Uint8Array.of(0, 3, FRAME.login, 2, 9), WIRE_ERROR.malformed],
    ['a LOGIN under the other suite', Uint8Array.of(0, 3, FRAME.login, 1, 9), WIRE_ERROR.unsupported],
    ['a LOGIN under no suite', Uint8Array.of(0, 1, FRAME.login), WIRE_ERROR.malformed],
  ])('answers %s with an error and closes', async (_what, bytes, code) => {
    const site = await Site.open();
    const device = await site.connect();
    device.sendRaw(bytes);
    await expect(device.receive()).rejects.toMatchObject({ code });
    await device.untilClosed();
    await expectUnharmed(site);
  });

  it('refuses a LOGIN of random bytes as not authenticated', async () => {
    const site = await Site.open();
    const device = await site.connect();
    device.send(Uint8Array.of(FRAME.login, 2, ...systemRandom(98)));
    await expect(device.receive()).rejects.toMatchObject({ code: WIRE_ERROR.notAuthenticated });
    await expectUnharmed(site);
  });

  it('refuses a LOGIN that was recorded on another connection', async () => {
    const site = await Site.open();
    const { image } = await site.register(PIN);
    const first = await site.connect();
    const { uid, pinVersion } = image;
    const { blinded } = attemptOf(PIN);
    const body = first.loginBody(site.identity.hubStatic, { uid, pinVersion, blinded });
    const second = await site.connect();
    second.send(body);
    await expect(second.receive()).rejects.toMatchObject({ code: WIRE_ERROR.notAuthenticated });
    expect((await site.store.findCard(uid))?.counts.attemptsLeft).toBe(5);
  });

  it('takes no try for a blinded PIN that is no element', async () => {
    const site = await Site.open();
    const { image } = await site.register(PIN);
    const device = await site.connect();
    const { uid, pinVersion } = image;
    const blinded = new Uint8Array(32).fill(0xff);
    device.send(device.loginBody(site.identity.hubStatic, { uid, pinVersion, blinded }));
    await expect(device.receive()).rejects.toMatchObject({ code: WIRE_ERROR.malformed });
    expect((await site.store.findCard(uid))?.counts.attemptsLeft).toBe(5);
  });

  it('counts a try when the PROOF is nonsense, or no PROOF', async () => {
    const site = await Site.open();
    const { image } = await site.register(PIN);
    for (const body of [Uint8Array.of(FRAME.proof, 2, ...systemRandom(64)), Uint8Array.of(FRAME.data, 1)]) {
      const { device } = await site.challenge(image, attemptOf(PIN).blinded);
      device.send(body);
      await expect(device.receive()).rejects.toThrow();
      await site.settled();
    }
    expect((await site.store.findCard(image.uid))?.counts.attemptsLeft).toBe(3);
  });

  it('stays alive through random bytes, whatever they are', async () => {
    const site = await Site.open();
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ minLength: 1, maxLength: 3_000 }), async (bytes) => {
        const device = await TestDevice.connect(site.network, site.hub.address);
        device.sendRaw(bytes);
        device.stream.end();
        await device.untilClosed();
      }),
      { numRuns: 100 },
    );
    await expectUnharmed(site);
  });

  it('lets go of a client that resets the connection at any moment', async () => {
    const site = await Site.open();
    for (let i = 0; i < 10; i++) (await site.connect()).close();
    await expectUnharmed(site);
  });
});

describe('a hub whose client is slow or silent', () => {
  it('waits sixty seconds for a LOGIN, also for one that trickles', async () => {
    const site = await Site.open();
    const device = await site.connect();
    device.sendRaw(Uint8Array.of(0, 100, FRAME.login));
    await site.clock.advance(59_999);
    expect(site.hub.services.gate.connections).toBe(1);
    await site.clock.advance(2);
    await expect(device.receive()).rejects.toMatchObject({ code: WIRE_ERROR.timeout });
    await expectUnharmed(site);
  });

  it('cuts one that does not close after it was told to, in five seconds', async () => {
    const site = await Site.open();
    const device = await TestDevice.connect(site.network, site.hub.address);
    device.stream.pause();
    await until(async () => site.hub.services.gate.connections === 1);
    device.sendRaw(Uint8Array.of(0, 0));
    await until(async () => site.hub.services.gate.connections === 0);
    // The other timers are the RC's, which holds the feed open, and that of whoever tells it of the audit trail.
    await until(async () => site.clock.pendingTimers === 3);
    await site.clock.advance(LIMITS.writeMs + 1);
    expect(site.clock.pendingTimers).toBe(2);
  });

  it('does not read on while it has not answered: a flood is cut', async () => {
    const site = await Site.open();
    const device = await site.connect();
    device.sendRaw(new Uint8Array(3 * 10).map((_, at) => [0, 1, FRAME.login][at % 3] ?? 0));
    await expect(device.receive()).rejects.toMatchObject({ code: WIRE_ERROR.malformed });
    await expectUnharmed(site);
  });
});

describe('a hub with too many connections', () => {
  it('says busy at once to one address that opens more than its share', async () => {
    const site = await Site.open();
    const devices = [];
    for (let i = 0; i < LIMITS.handshakesPerAddress; i++) devices.push(await site.connect());
    await expect(site.connect()).rejects.toMatchObject({ code: WIRE_ERROR.busy });
    for (const device of devices.slice(0, 2)) device.close();
    await until(async () => site.hub.services.gate.connections === LIMITS.handshakesPerAddress - 2);
    await site.connect();
  });
});
