import { describe, expect, it } from 'vitest';
import { utf8 } from '../../protocol/bytes.ts';
import { encodeBody, FRAME } from '../../protocol/frames.ts';
import { WIRE_ERROR } from '../../protocol/wire-error.ts';
import { Site, until } from './site.ts';
import { attemptOf, proofWithPin, type TestDevice } from './test-device.ts';

const PIN = '246810';

async function openSession(site: Site) {
  const { image } = await site.register(PIN);
  const { device } = await site.logIn(image, PIN);
  return { image, device };
}

/** A DATA frame with any plaintext. */
function sendSealed(device: TestDevice, plaintext: Uint8Array): void {
  if (device.transport === undefined) throw new Error('no session');
  device.send(encodeBody(FRAME.data, device.transport.seal(plaintext)));
}

describe('a session', () => {
  it('answers one request after the other, and knows its id and its end', async () => {
    const site = await Site.open();
    const { image } = await site.register(PIN);
    const { device, welcome } = await site.logIn(image, PIN);
    await site.clock.advance(10_000);
    const info = await device.call('session.info', {});
    expect(info.sessionId).toBe(Buffer.from(welcome.sessionId).toString('hex'));
    expect(info.expiresInSeconds).toBe(590);
    expect(info.validUntil).toBe(site.clock.now() + 590_000);
  });

  it('ends at VT and not before', async () => {
    const site = await Site.open({ policy: { validitySeconds: 30 } });
    const { device } = await openSession(site);
    await site.clock.advance(29_999);
    expect(await device.call('session.info', {})).toMatchObject({ expiresInSeconds: 0 });
    await site.clock.advance(2);
    await expect(device.receive()).rejects.toMatchObject({ code: WIRE_ERROR.sessionExpired });
    await device.untilClosed();
    await until(async () => site.hub.services.sessions.count === 0);
  });

  it('ends at once when the feed revokes its card, and no other one does', async () => {
    const site = await Site.open();
    const one = await openSession(site);
    const other = await openSession(site);
    site.rc.revoke(one.image.uid);
    await expect(one.device.receive()).rejects.toMatchObject({ code: WIRE_ERROR.sessionExpired });
    await one.device.untilClosed();
    expect(await other.device.call('session.info', {})).toMatchObject({ hubId: 'hub-1' });
  });

  it('goes on when the feed locks its card', async () => {
    const site = await Site.open();
    const { image, device } = await openSession(site);
    site.rc.change({ ...site.rc.card(image.uid), locked: true });
    await until(async () => (await site.store.findCard(image.uid))?.locked === true);
    expect(await device.call('session.info', {})).toMatchObject({ hubId: 'hub-1' });
  });

  it('is closed by session.close, which is answered first', async () => {
    const site = await Site.open();
    const { device } = await openSession(site);
    expect(await device.call('session.close', {})).toEqual({});
    await device.untilClosed();
    await until(async () => site.hub.services.gate.connections === 0);
  });

  it('answers what it does not know, and goes on', async () => {
    const site = await Site.open();
    const { device } = await openSession(site);
    sendSealed(device, utf8('{"id":9,"method":"patient.delete","params":{}}'));
    const answer = device.transport?.open((await device.receive()).subarray(1)) ?? new Uint8Array(0);
    expect(JSON.parse(Buffer.from(answer).toString())).toMatchObject({
      id: 9,
      error: { code: 'method-unknown' },
    });
    expect(await device.call('session.info', {})).toMatchObject({ hubId: 'hub-1' });
  });

  it('takes requests longer than any before WELCOME', async () => {
    const site = await Site.open();
    const { device } = await openSession(site);
    const params = { filler: 'x'.repeat(40_000) };
    sendSealed(device, utf8(JSON.stringify({ id: 1, method: 'session.info', params })));
    expect((await device.receive()).length).toBeGreaterThan(1);
  });

  it.each([
    ['a frame that is no DATA', (device: TestDevice) => device.send(Uint8Array.of(FRAME.login, 2)), 1],
    ['DATA that is not sealed', (device: TestDevice) => device.send(new Uint8Array(64).fill(6)), 5],
    ['DATA that is no JSON', (device: TestDevice) => sendSealed(device, utf8('hello')), 1],
    ['a request without an id', (device: TestDevice) => sendSealed(device, utf8('{"method":"x"}')), 1],
    ['an empty frame', (device: TestDevice) => device.sendRaw(Uint8Array.of(0, 0)), 1],
  ])('is ended by %s', async (_what, send, code) => {
    const site = await Site.open();
    const { device } = await openSession(site);
    send(device);
    await expect(device.receive()).rejects.toMatchObject({ code });
    await device.untilClosed();
    await until(async () => site.hub.services.sessions.count === 0);
  });

  it('is ended by a message that is repeated', async () => {
    const site = await Site.open();
    const { device } = await openSession(site);
    const sealed = device.transport?.seal(utf8('{"id":1,"method":"session.info","params":{}}'));
    const body = encodeBody(FRAME.data, sealed ?? new Uint8Array(0));
    device.send(body);
    await device.receive();
    device.send(body);
    await expect(device.receive()).rejects.toMatchObject({ code: WIRE_ERROR.notAuthenticated });
  });

  it('does not begin for a device that sends on before it was welcomed', async () => {
    const site = await Site.open();
    const { image } = await site.register(PIN);
    const attempt = attemptOf(PIN);
    const { device, challenge } = await site.challenge(image, attempt.blinded);
    const proof = device.proofBody(await proofWithPin(image, attempt, challenge.evaluated));
    const frames = [proof, new Uint8Array(32).fill(6)].map((body) => {
      const length = Uint8Array.of(body.length >> 8, body.length & 0xff);
      return Buffer.concat([length, body]);
    });
    device.sendRaw(Buffer.concat(frames));
    await expect(device.receive()).rejects.toMatchObject({ code: WIRE_ERROR.malformed });
  });

  it('is told when the hub stops', async () => {
    const site = await Site.open();
    const { device } = await openSession(site);
    const ended = device.receive();
    const stopping = expect(ended).rejects.toMatchObject({ code: WIRE_ERROR.busy });
    await site.stop({ keepDevices: true });
    await stopping;
    expect(site.clock.pendingTimers).toBe(0);
  });
});
