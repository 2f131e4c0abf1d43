import { describe, expect, it } from 'vitest';
import { toHex } from '../../protocol/bytes.ts';
import { openWithRecoveryCode } from '../../protocol/card-secrets.ts';
import { noble } from '../../protocol/crypto/noble.ts';
import { STATUS } from '../../protocol/login/messages.ts';
import { changeWhole, makeChange, NEW_PIN, PIN, prepared, uskOf } from './changing-pins.ts';
import { Site, until } from './site.ts';
import { attemptOf } from './test-device.ts';

describe('a new PIN', () => {
  it('is taken over by pin.changed, told to the RC, and the old card is an old copy', async () => {
    const site = await Site.open();
    const { image } = await site.register(PIN);
    const usk = await uskOf(site, image);
    const { device } = await site.logIn(image, PIN);
    const changed = await makeChange(device, image, usk);
    expect(changed.image.pinVersion).toBe(2);
    expect(await device.call('pin.prepare', prepared(changed))).toEqual({});
    expect(await device.call('pin.changed', { pinVersion: 2 })).toEqual({ rc: true });
    expect(site.rc.card(image.uid)).toMatchObject({ pinVersion: 2, cs: toHex(changed.cs), epoch: 1 });
    expect((await site.logIn(changed.image, NEW_PIN)).welcome.failed).toBe(0);
    expect(await site.status(image, attemptOf(PIN).blinded)).toBe(STATUS.superseded);
  });

  it('whose last step was lost is taken over by the next login with it', async () => {
    const site = await Site.open();
    const { image } = await site.register(PIN);
    const usk = await uskOf(site, image);
    const { device } = await site.logIn(image, PIN);
    const changed = await makeChange(device, image, usk);
    await device.call('pin.prepare', prepared(changed));
    device.close();
    await site.settled();
    expect((await site.store.findCard(image.uid))?.pinVersion).toBe(1);
    expect((await site.logIn(changed.image, NEW_PIN)).welcome.failed).toBe(0);
    expect(await site.store.findCard(image.uid)).toMatchObject({ pinVersion: 2, pending: null });
    await until(async () => site.rc.card(image.uid).pinVersion === 2);
    expect(await site.status(image)).toBe(STATUS.superseded);
  });

  it('that was prepared but not written leaves the old one valid', async () => {
    const site = await Site.open();
    const { image } = await site.register(PIN);
    const usk = await uskOf(site, image);
    const { device } = await site.logIn(image, PIN);
    await device.call('pin.prepare', prepared(await makeChange(device, image, usk)));
    device.close();
    expect((await site.logIn(image, PIN)).welcome.failed).toBe(0);
    expect((await site.store.findCard(image.uid))?.pinVersion).toBe(1);
  });

  it('survives a restart between prepare and changed', async () => {
    const site = await Site.open();
    const { image } = await site.register(PIN);
    const usk = await uskOf(site, image);
    const { device } = await site.logIn(image, PIN);
    const changed = await makeChange(device, image, usk);
    await device.call('pin.prepare', prepared(changed));
    await site.restart();
    expect((await site.logIn(changed.image, NEW_PIN)).welcome.failed).toBe(0);
  });

  it('begins the counts anew, once, though the RC raises the epoch for it too', async () => {
    const site = await Site.open();
    const { image } = await site.register(PIN);
    await site.wrongTry(image);
    site.rc.isAway = true;
    const changed = await changeWhole(site, image);
    for (let i = 0; i < 3; i++) await site.wrongTry(changed.image);
    site.rc.isAway = false;
    await site.clock.advance(60_000);
    await until(async () => site.rc.card(image.uid).epoch === 1);
    await until(async () => (await site.store.findCard(image.uid))?.epoch === 1);
    expect((await site.store.findCard(image.uid))?.counts).toMatchObject({ attemptsLeft: 2, failures: 3 });
    await until(async () => site.rc.reports.at(-1)?.tries.at(-1)?.epoch === 1);
    expect(site.rc.reports.at(-1)?.tries.at(-1)).toMatchObject({ open: 3, total: 3, epoch: 1 });
  });

  it('says that the RC has not heard when it cannot be reached, and tells it later', async () => {
    const site = await Site.open();
    const { image } = await site.register(PIN);
    const usk = await uskOf(site, image);
    const { device } = await site.logIn(image, PIN);
    const changed = await makeChange(device, image, usk);
    site.rc.isAway = true;
    await device.call('pin.prepare', prepared(changed));
    expect(await device.call('pin.changed', { pinVersion: 2 })).toEqual({ rc: false });
    site.rc.isAway = false;
    await site.clock.advance(60_000);
    await until(async () => site.rc.card(image.uid).pinVersion === 2);
  });

  it('is answered alike when a step is repeated, also in the next session', async () => {
    const site = await Site.open();
    const { image } = await site.register(PIN);
    const usk = await uskOf(site, image);
    const first = (await site.logIn(image, PIN)).device;
    const changed = await makeChange(first, image, usk);
    await first.call('pin.prepare', prepared(changed));
    await first.call('pin.prepare', prepared(changed));
    first.close();
    const { device } = await site.logIn(image, PIN);
    await device.call('pin.prepare', prepared(changed));
    await device.call('pin.changed', { pinVersion: 2 });
    expect(await device.call('pin.changed', { pinVersion: 2 })).toEqual({ rc: true });
  });

  it('never gets a version that was evaluated for before', async () => {
    const site = await Site.open();
    const { image } = await site.register(PIN);
    const usk = await uskOf(site, image);
    const versions = [];
    for (let i = 0; i < 3; i++) {
      const { device } = await site.logIn(image, PIN);
      const changed = await makeChange(device, image, usk);
      versions.push(changed.image.pinVersion);
      device.close();
      if (i === 1) await site.restart();
    }
    expect(versions).toEqual([2, 3, 4]);
  });

  it('is evaluated for once a session', async () => {
    const site = await Site.open();
    const { image } = await site.register(PIN);
    const { device } = await site.logIn(image, PIN);
    const blinded = toHex(attemptOf(NEW_PIN).blinded);
    await device.call('oprf.evaluate', { blinded });
    await expect(device.call('oprf.evaluate', { blinded })).rejects.toThrow('not-allowed');
  });

  it('is not evaluated for what is no element', async () => {
    const site = await Site.open();
    const { image } = await site.register(PIN);
    const { device } = await site.logIn(image, PIN);
    for (const blinded of ['00'.repeat(32), 'ff'.repeat(32)]) {
      await expect(device.call('oprf.evaluate', { blinded })).rejects.toThrow('params-invalid');
    }
    expect((await site.store.findCard(image.uid))?.evaluatedUpTo).toBe(0);
  });

  it('is not prepared under another version, nor twice with different keys, nor taken over unprepared', async () => {
    const site = await Site.open();
    const { image } = await site.register(PIN);
    const usk = await uskOf(site, image);
    const { device } = await site.logIn(image, PIN);
    const [cs, proof] = ['11'.repeat(32), '22'.repeat(32)];
    await expect(device.call('pin.prepare', { pinVersion: 2, cs, proof })).rejects.toThrow('conflict');
    const changed = await makeChange(device, image, usk);
    for (const pinVersion of [1, 3]) {
      await expect(device.call('pin.prepare', { pinVersion, cs, proof })).rejects.toThrow('conflict');
    }
    await expect(device.call('pin.changed', { pinVersion: 2 })).rejects.toThrow('conflict');
    await device.call('pin.prepare', prepared(changed));
    await expect(device.call('pin.prepare', { pinVersion: 2, cs, proof })).rejects.toThrow('conflict');
    await expect(device.call('pin.changed', { pinVersion: 3 })).rejects.toThrow('conflict');
    await device.call('pin.changed', { pinVersion: 2 });
  });

  it('cannot be set from a session of the old card once another session has changed it', async () => {
    const site = await Site.open();
    const { image } = await site.register(PIN);
    const { device: thief } = await site.logIn(image, PIN);
    await changeWhole(site, image);
    const blinded = toHex(attemptOf(NEW_PIN).blinded);
    await expect(thief.call('oprf.evaluate', { blinded })).rejects.toThrow('conflict');
  });
});

describe('a thief in an older session', () => {
  it('cannot prepare a PIN for which it was evaluated before the holder changed theirs', async () => {
    const site = await Site.open();
    const { image } = await site.register(PIN);
    const usk = await uskOf(site, image);
    const { device: holder } = await site.logIn(image, PIN);
    const { device: thief } = await site.logIn(image, PIN);
    const changed = await makeChange(holder, image, usk);
    await holder.call('pin.prepare', prepared(changed));
    const stolen = await makeChange(thief, image, usk);
    expect(stolen.image.pinVersion).toBe(3);
    await holder.call('pin.changed', { pinVersion: 2 });
    await expect(thief.call('pin.prepare', prepared(stolen))).rejects.toThrow('conflict');
    expect((await site.logIn(changed.image, NEW_PIN)).welcome.failed).toBe(0);
  });

  it('cannot take over what the holder has prepared and not yet written', async () => {
    const site = await Site.open();
    const { image } = await site.register(PIN);
    const usk = await uskOf(site, image);
    const { device: holder } = await site.logIn(image, PIN);
    const { device: thief } = await site.logIn(image, PIN);
    await holder.call('pin.prepare', prepared(await makeChange(holder, image, usk)));
    await expect(thief.call('pin.changed', { pinVersion: 2 })).rejects.toThrow('conflict');
    expect(await site.store.findCard(image.uid)).toMatchObject({ pinVersion: 1, pending: { pinVersion: 2 } });
    expect(await holder.call('pin.changed', { pinVersion: 2 })).toEqual({ rc: true });
  });

  it('gains nothing by saying that the PIN which the holder has set is changed', async () => {
    const site = await Site.open();
    const { image } = await site.register(PIN);
    const { device: thief } = await site.logIn(image, PIN);
    await changeWhole(site, image);
    // Said again it is answered alike: a device cannot tell whether its first one was heard.
    expect(await thief.call('pin.changed', { pinVersion: 2 })).toEqual({ rc: true });
    const blinded = toHex(attemptOf(NEW_PIN).blinded);
    await expect(thief.call('oprf.evaluate', { blinded })).rejects.toThrow('conflict');
    expect((await site.store.findCard(image.uid))?.evaluatedUpTo).toBe(2);
  });
});

describe('the recovery code', () => {
  it('sets a new PIN on a locked card, which lifts the lock here and at the RC', async () => {
    const site = await Site.open();
    const issued = await site.register(PIN, { recovery: true });
    const { image, code } = issued;
    for (let i = 0; i < 5; i++) await site.wrongTry(image);
    await until(async () => site.rc.card(image.uid).locked);
    const device = await site.recover(issued);
    const { usk } = openWithRecoveryCode(noble, image, code ?? new Uint8Array(0));
    const changed = await makeChange(device, image, usk);
    await device.call('pin.prepare', prepared(changed));
    expect(await device.call('pin.changed', { pinVersion: 2 })).toEqual({ rc: true });
    await device.call('session.close', {});
    expect((await site.logIn(changed.image, NEW_PIN)).welcome.failed).toBe(0);
    expect(await site.wrongTry(changed.image)).toBe(4);
    expect(site.rc.card(image.uid)).toMatchObject({ locked: false, epoch: 1 });
  });

  it('lifts the lock of the RC here at once, also while the RC is away', async () => {
    const site = await Site.open();
    const issued = await site.register(PIN, { recovery: true });
    const { image, code } = issued;
    for (let i = 0; i < 5; i++) await site.wrongTry(image);
    await until(async () => (await site.store.findCard(image.uid))?.locked === true);
    site.rc.isAway = true;
    const device = await site.recover(issued);
    const { usk } = openWithRecoveryCode(noble, image, code ?? new Uint8Array(0));
    const changed = await makeChange(device, image, usk);
    await device.call('pin.prepare', prepared(changed));
    await device.call('pin.changed', { pinVersion: 2 });
    expect((await site.logIn(changed.image, NEW_PIN)).welcome.failed).toBe(0);
  });

  it('entered again sets the next PIN where the last step of one was lost, and so lifts the lock', async () => {
    const site = await Site.open();
    const issued = await site.register(PIN, { recovery: true });
    const { image, code } = issued;
    for (let i = 0; i < 5; i++) await site.wrongTry(image);
    const device = await site.recover(issued);
    const { usk } = openWithRecoveryCode(noble, image, code ?? new Uint8Array(0));
    const changed = await makeChange(device, image, usk);
    await device.call('pin.prepare', prepared(changed));
    device.close();
    expect(await site.status(changed.image)).toBe(STATUS.locked);
    const again = await site.recover({ image: changed.image, code });
    const next = await makeChange(again, changed.image, usk);
    await again.call('pin.prepare', prepared(next));
    expect(await again.call('pin.changed', { pinVersion: 3 })).toEqual({ rc: true });
    expect((await site.logIn(next.image, NEW_PIN)).welcome.failed).toBe(0);
    expect(site.rc.card(image.uid)).toMatchObject({ locked: false, pinVersion: 3 });
  });

  it('sets a PIN above the one on the card, which this hub has never heard of, and tells what it is made from', async () => {
    const site = await Site.open();
    const issued = await site.register(PIN, { recovery: true });
    const { uid } = issued.image;
    const first = await changeWhole(site, issued.image);
    await until(async () => site.rc.card(uid).pinVersion === 2);
    site.rc.isAway = true;
    const elsewhere = await site.rc.newPinElsewhere(first.image, NEW_PIN, { changed: true });
    const usk = site.rc.secretsOf(uid).usk;
    const device = await site.recover({ image: elsewhere.image, code: issued.code });
    const changed = await makeChange(device, elsewhere.image, usk);
    expect(changed.image.pinVersion).toBe(4);
    await device.call('pin.prepare', prepared(changed));
    device.close();
    // Its last step was lost: the next login is it, and still tells of a PIN that was made from the one between.
    expect((await site.logIn(changed.image, NEW_PIN)).welcome.failed).toBe(0);
    site.rc.isAway = false;
    await site.clock.advance(60_000);
    await until(async () => site.rc.card(uid).pinVersion === 4);
    const told = site.rc.reports.flatMap(({ pins }) => pins).filter(({ pinVersion }) => pinVersion === 4);
    expect(told.map(({ base }) => base)).toEqual([3, 3]);
    expect(site.rc.card(uid).locked).toBe(false);
  });

  it('alone, without a new PIN, lifts nothing', async () => {
    const site = await Site.open();
    const issued = await site.register(PIN, { recovery: true });
    for (let i = 0; i < 5; i++) await site.wrongTry(issued.image);
    (await site.recover(issued)).close();
    expect(await site.status(issued.image, attemptOf(PIN).blinded)).toBe(STATUS.locked);
  });
});
