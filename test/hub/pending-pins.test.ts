import { describe, expect, it } from 'vitest';
import { toHex } from '../../protocol/bytes.ts';
import { openWithRecoveryCode } from '../../protocol/card-secrets.ts';
import { noble } from '../../protocol/crypto/noble.ts';
import { STATUS } from '../../protocol/login/messages.ts';
import { WIRE_ERROR } from '../../protocol/wire-error.ts';
import { changeWhole, makeChange, NEW_PIN, PIN, prepared, uskOf } from './changing-pins.ts';
import { Site, until } from './site.ts';
import { attemptOf, proofWithPin } from './test-device.ts';

describe('a new PIN that was prepared at another hub', () => {
  it('is taken over by the next login with it, told to the RC, and the old card is an old copy', async () => {
    const site = await Site.open();
    const { image } = await site.register(PIN);
    const changed = await site.rc.newPinElsewhere(image, NEW_PIN);
    expect((await site.logIn(changed.image, NEW_PIN)).welcome.failed).toBe(0);
    expect(await site.store.findCard(image.uid)).toMatchObject({ pinVersion: 2, pendingElsewhere: [] });
    await until(async () => site.rc.card(image.uid).pinVersion === 2);
    expect(site.rc.reports.at(-1)?.pins).toEqual([
      { uid: toHex(image.uid), base: 1, ...prepared(changed), changed: true },
    ]);
    expect(await site.status(image)).toBe(STATUS.superseded);
  });

  it('is kept once it was heard of: through a restart, and while the RC is away', async () => {
    const site = await Site.open();
    const { image } = await site.register(PIN);
    const changed = await site.rc.newPinElsewhere(image, NEW_PIN);
    expect(await site.status(changed.image, attemptOf(NEW_PIN).blinded)).toBe(STATUS.goOn);
    await site.restart();
    site.rc.isAway = true;
    site.rc.breakConnections();
    expect((await site.logIn(changed.image, NEW_PIN)).welcome.failed).toBe(1);
    expect((await site.store.findCard(image.uid))?.pinVersion).toBe(2);
  });

  it('comes with the feed too, where the card has a place on it for another reason', async () => {
    const site = await Site.open();
    const { image } = await site.rc.register(PIN);
    const changed = await site.rc.newPinElsewhere(image, NEW_PIN);
    await until(async () => (await site.store.findCard(image.uid)) !== null);
    site.rc.unlock(image.uid);
    await until(async () => (await site.store.findCard(image.uid))?.pendingElsewhere.length === 1);
    site.rc.isAway = true;
    expect((await site.logIn(changed.image, NEW_PIN)).welcome.failed).toBe(0);
  });

  it('leaves the old one valid as long as nobody logs in with it', async () => {
    const site = await Site.open();
    const { image } = await site.register(PIN);
    const changed = await site.rc.newPinElsewhere(image, NEW_PIN);
    expect(await site.status(changed.image)).toBe(STATUS.goOn);
    expect((await site.logIn(image, PIN)).welcome.failed).toBe(1);
    expect((await site.store.findCard(image.uid))?.pinVersion).toBe(1);
  });

  it('takes a version of its own: none is evaluated for here that it has', async () => {
    const site = await Site.open();
    const { image } = await site.register(PIN);
    await site.rc.newPinElsewhere(image, NEW_PIN, { pinVersion: 4 });
    await site.status({ ...image, pinVersion: 4 });
    const usk = await uskOf(site, image);
    const { device } = await site.logIn(image, PIN);
    expect((await makeChange(device, image, usk)).image.pinVersion).toBe(5);
  });

  it('is let in with its own key alone, whatever else proves to be the card', async () => {
    const site = await Site.open();
    const { image } = await site.register(PIN);
    await site.rc.newPinElsewhere(image, NEW_PIN);
    const known = site.rc.card(image.uid);
    const { image: forged } = await site.rc.newPinElsewhere(image, NEW_PIN);
    site.rc.change(known);
    const attempt = attemptOf(NEW_PIN);
    const { device, challenge } = await site.challenge(forged, attempt.blinded);
    expect(challenge.status).toBe(STATUS.goOn);
    device.send(device.proofBody(await proofWithPin(forged, attempt, challenge.evaluated)));
    await expect(device.receive()).rejects.toMatchObject({ code: WIRE_ERROR.notAuthenticated });
    expect((await site.store.findCard(image.uid))?.pinVersion).toBe(1);
  });

  it('is good also where another key was prepared here under the same version, and not written', async () => {
    const site = await Site.open();
    const { image } = await site.register(PIN);
    const usk = await uskOf(site, image);
    const { device } = await site.logIn(image, PIN);
    const unwritten = await makeChange(device, image, usk);
    await device.call('pin.prepare', prepared(unwritten));
    device.close();
    const written = await site.rc.newPinElsewhere(image, NEW_PIN);
    expect(written.image.pinVersion).toBe(unwritten.image.pinVersion);
    expect((await site.logIn(written.image, NEW_PIN)).welcome.failed).toBe(0);
    expect(toHex((await site.store.findCard(image.uid))?.cs ?? image.uid)).toBe(toHex(written.cs));
    await until(async () => site.rc.card(image.uid).cs === toHex(written.cs));
  });

  it('does not take the place of what was prepared here under the same version', async () => {
    const site = await Site.open();
    const { image } = await site.register(PIN);
    const usk = await uskOf(site, image);
    const { device } = await site.logIn(image, PIN);
    const here = await makeChange(device, image, usk);
    await site.rc.newPinElsewhere(image, '975310');
    await site.status({ ...image, pinVersion: 2 });
    await device.call('pin.prepare', prepared(here));
    await device.call('pin.changed', { pinVersion: 2 });
    expect((await site.logIn(here.image, NEW_PIN)).welcome.failed).toBe(0);
  });

  it('is not heard of where the RC cannot be asked', async () => {
    const site = await Site.open();
    const { image } = await site.register(PIN);
    const changed = await site.rc.newPinElsewhere(image, NEW_PIN);
    site.rc.isAway = true;
    expect(await site.status(changed.image)).toBe(STATUS.notHeard);
  });

  it('ends with the next PIN that is heard of, and so does one that was prepared here', async () => {
    const site = await Site.open();
    const { image } = await site.register(PIN);
    const usk = await uskOf(site, image);
    const { device: thief } = await site.logIn(image, PIN);
    const stolen = await makeChange(thief, image, usk);
    await thief.call('pin.prepare', prepared(stolen));
    const elsewhere = await site.rc.newPinElsewhere(image, '975310', { pinVersion: 5 });
    expect(await site.status(elsewhere.image)).toBe(STATUS.goOn);
    const holder = await site.rc.newPinElsewhere(image, NEW_PIN, { pinVersion: 3, changed: true });
    await until(async () => (await site.store.findCard(image.uid))?.pinVersion === 3);
    expect(await site.store.findCard(image.uid)).toMatchObject({ pending: null, pendingElsewhere: [] });
    expect(await site.status(elsewhere.image)).toBe(STATUS.notHeard);
    expect((await site.logIn(holder.image, NEW_PIN)).welcome.failed).toBe(0);
  });

  it('prepared by a thief beside the old PIN does not come back under the one that the holder set', async () => {
    const site = await Site.open();
    const { image } = await site.register(PIN);
    const usk = await uskOf(site, image);
    for (let i = 0; i < 2; i++) {
      const { device: thief } = await site.logIn(image, PIN);
      const stolen = await makeChange(thief, image, usk);
      if (i === 0) continue;
      await thief.call('pin.prepare', prepared(stolen));
      await site.rc.newPinElsewhere(image, NEW_PIN, { changed: true });
      await until(async () => (await site.store.findCard(image.uid))?.pinVersion === 2);
      expect(stolen.image.pinVersion).toBe(3);
      expect(await site.status(stolen.image)).toBe(STATUS.notHeard);
    }
  });

  it.each([1, 2])(
    'is not guessed at by the recovery code, be there %i of its version; that sets a newer one',
    async (of) => {
      const site = await Site.open();
      const { image, code } = await site.register(PIN, { recovery: true });
      for (let other = 1; other < of; other++) await site.rc.newPinElsewhere(image, '975310');
      const changed = await site.rc.newPinElsewhere(image, '975310');
      const device = await site.recover({ image: changed.image, code });
      expect((await site.store.findCard(image.uid))?.pinVersion).toBe(1);
      const { usk } = openWithRecoveryCode(noble, changed.image, code ?? new Uint8Array(0));
      const newer = await makeChange(device, changed.image, usk);
      await device.call('pin.prepare', prepared(newer));
      expect(await device.call('pin.changed', { pinVersion: 3 })).toEqual({ rc: true });
      expect((await site.logIn(newer.image, NEW_PIN)).welcome.failed).toBe(0);
    },
  );
});

describe('a new PIN that was prepared here', () => {
  it('is told again to an RC that was restored, after the PIN beside which it was prepared', async () => {
    const site = await Site.open();
    const { image } = await site.register(PIN);
    const before = site.rc.card(image.uid);
    const first = await changeWhole(site, image);
    const usk = site.rc.secretsOf(image.uid).usk;
    const { device } = await site.logIn(first.image, NEW_PIN);
    const second = await makeChange(device, first.image, usk);
    await device.call('pin.prepare', prepared(second));
    await until(async () => site.rc.card(image.uid).pending.length === 1);
    site.rc.restoreTo(before);
    await until(async () => site.rc.card(image.uid).pending.length === 1);
    expect(site.rc.card(image.uid)).toMatchObject({ pinVersion: 2, pending: [{ cs: toHex(second.cs) }] });
    expect((await site.logIn(second.image, NEW_PIN)).welcome.failed).toBe(0);
  });
});
