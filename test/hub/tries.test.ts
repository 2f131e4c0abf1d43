import { describe, expect, it } from 'vitest';
import { STATUS } from '../../protocol/login/messages.ts';
import { WIRE_ERROR } from '../../protocol/wire-error.ts';
import { Site, until } from './site.ts';
import { attemptOf, NO_BLINDED, proofWithPin } from './test-device.ts';

const PIN = '246810';

async function isLockedHere(site: Site, uid: Uint8Array): Promise<boolean> {
  return (await site.store.findCard(uid))?.counts.locked ?? false;
}

describe('tries', () => {
  it('go down with every wrong PIN, and the fifth locks the card when its handshake ends', async () => {
    const site = await Site.open();
    const { image } = await site.register(PIN);
    const left = [];
    for (let i = 0; i < 4; i++) left.push(await site.wrongTry(image));
    expect(left).toEqual([4, 3, 2, 1]);
    expect(await isLockedHere(site, image.uid)).toBe(false);
    expect(await site.wrongTry(image)).toBe(0);
    expect(await isLockedHere(site, image.uid)).toBe(true);
    expect(await site.status(image, attemptOf(PIN).blinded)).toBe(STATUS.locked);
  });

  it('are all there again after a right PIN', async () => {
    const site = await Site.open();
    const { image } = await site.register(PIN);
    for (let i = 0; i < 4; i++) await site.wrongTry(image);
    await site.logIn(image, PIN);
    expect(await site.wrongTry(image)).toBe(4);
  });

  it('let the right PIN in on the last of them', async () => {
    const site = await Site.open();
    const { image } = await site.register(PIN);
    for (let i = 0; i < 4; i++) await site.wrongTry(image);
    expect((await site.logIn(image, PIN)).welcome.failed).toBe(4);
    expect((await site.store.findCard(image.uid))?.counts).toMatchObject({ attemptsLeft: 5, failures: 4 });
  });

  it('are on the disk before the hub answers', async () => {
    const site = await Site.open();
    const { image } = await site.register(PIN);
    const { challenge } = await site.challenge(image, attemptOf('000000').blinded);
    expect(challenge.attemptsLeft).toBe(4);
    expect((await site.store.findCard(image.uid))?.counts).toMatchObject({ attemptsLeft: 4, failures: 1 });
  });

  it('are not taken twice for the same blinded PIN, as when a connection broke', async () => {
    const site = await Site.open();
    const { image } = await site.register(PIN);
    const attempt = attemptOf(PIN);
    const first = await site.challenge(image, attempt.blinded);
    first.device.close();
    await site.settled();
    const second = await site.challenge(image, attempt.blinded);
    expect([first.challenge.attemptsLeft, second.challenge.attemptsLeft]).toEqual([4, 4]);
    expect(second.challenge.evaluated).toEqual(first.challenge.evaluated);
    second.device.send(
      second.device.proofBody(await proofWithPin(image, attempt, second.challenge.evaluated)),
    );
    expect((await second.device.welcome()).failed).toBe(0);
    expect((await site.store.findCard(image.uid))?.counts).toMatchObject({ attemptsLeft: 5, failures: 0 });
  });

  it('are taken for a blinded PIN that is not the last one, or not under the same PIN version', async () => {
    const site = await Site.open();
    const { image } = await site.register(PIN);
    const [one, other] = [attemptOf(PIN).blinded, attemptOf(PIN).blinded];
    const left = [];
    for (const blinded of [one, other, one]) {
      const { device, challenge } = await site.challenge(image, blinded);
      left.push(challenge.attemptsLeft);
      device.close();
      await site.settled();
    }
    expect(left).toEqual([4, 3, 2]);
  });

  it('are given back once, though two handshakes that share one prove themselves', async () => {
    const site = await Site.open();
    const { image } = await site.register(PIN);
    await site.wrongTry(image);
    const attempt = attemptOf(PIN);
    await site.logIn(image, attempt);
    await site.logIn(image, attempt);
    expect((await site.store.findCard(image.uid))?.counts).toMatchObject({ attemptsLeft: 5, failures: 1 });
  });

  it('stay exact when logins of one card run side by side', async () => {
    const site = await Site.open();
    const { image } = await site.register(PIN);
    const answers = await Promise.all(
      Array.from({ length: 16 }, () => site.challenge(image, attemptOf('000000').blinded)),
    );
    const statuses = answers.map(({ challenge }) => challenge.status);
    expect(statuses.filter((status) => status === STATUS.goOn)).toHaveLength(5);
    expect(statuses.filter((status) => status === STATUS.locked)).toHaveLength(11);
    const left = answers.filter(({ challenge }) => challenge.status === STATUS.goOn);
    expect(left.map(({ challenge }) => challenge.attemptsLeft).sort()).toEqual([0, 1, 2, 3, 4]);
  });
});

describe('the last try', () => {
  it('under way gives another LOGIN status 3 and locks nothing, so that it can still be right', async () => {
    const site = await Site.open();
    const { image } = await site.register(PIN);
    for (let i = 0; i < 4; i++) await site.wrongTry(image);
    const attempt = attemptOf(PIN);
    const { device, challenge } = await site.challenge(image, attempt.blinded);
    expect(challenge.attemptsLeft).toBe(0);
    expect(await statusNow(site, image)).toBe(STATUS.locked);
    expect(await isLockedHere(site, image.uid)).toBe(false);
    device.send(device.proofBody(await proofWithPin(image, attempt, challenge.evaluated)));
    expect((await device.welcome()).failed).toBe(4);
    expect(await site.wrongTry(image)).toBe(4);
  });

  it('that gets no PROOF in five seconds locks the card', async () => {
    const site = await Site.open();
    const { image } = await site.register(PIN);
    for (let i = 0; i < 4; i++) await site.wrongTry(image);
    const { device } = await site.challenge(image, attemptOf(PIN).blinded);
    await site.clock.advance(4_999);
    expect(await isLockedHere(site, image.uid)).toBe(false);
    await site.clock.advance(2);
    await expect(device.receive()).rejects.toMatchObject({ code: WIRE_ERROR.timeout });
    await until(() => isLockedHere(site, image.uid));
  });

  it('whose connection broke locks the card: the same blinded PIN, sent again, gets status 3', async () => {
    const site = await Site.open();
    const { image } = await site.register(PIN);
    for (let i = 0; i < 4; i++) await site.wrongTry(image);
    const { blinded } = attemptOf(PIN);
    const { device, challenge } = await site.challenge(image, blinded);
    expect(challenge).toMatchObject({ status: STATUS.goOn, attemptsLeft: 0 });
    // Before the hub has noticed that the connection is gone, and after.
    expect(await statusNow(site, image, blinded)).toBe(STATUS.locked);
    expect(await isLockedHere(site, image.uid)).toBe(false);
    device.close();
    await until(() => isLockedHere(site, image.uid));
    const again = await site.challenge(image, blinded);
    expect(again.challenge).toEqual({ status: STATUS.locked, attemptsLeft: 0, evaluated: NO_BLINDED });
    expect((await site.store.findCard(image.uid))?.counts).toMatchObject({ attemptsLeft: 0, failures: 5 });
  });

  it('does not lock when an earlier one was right meanwhile', async () => {
    const site = await Site.open();
    const { image } = await site.register(PIN);
    for (let i = 0; i < 3; i++) await site.wrongTry(image);
    const attempt = attemptOf(PIN);
    const earlier = await site.challenge(image, attempt.blinded);
    const last = await site.challenge(image, attemptOf('000000').blinded);
    expect(last.challenge.attemptsLeft).toBe(0);
    const { device, challenge } = earlier;
    device.send(device.proofBody(await proofWithPin(image, attempt, challenge.evaluated)));
    await device.welcome();
    last.device.close();
    await site.settled();
    expect(await isLockedHere(site, image.uid)).toBe(false);
  });

  it('found open after a restart locks the card', async () => {
    const site = await Site.open();
    const { image } = await site.register(PIN);
    const uid = image.uid;
    for (let i = 0; i < 5; i++) {
      const blinded = new Uint8Array(32).fill(i + 1);
      await site.store.tries.answer({ uid, pinVersion: 1, recovery: false, blinded }, site.origin);
    }
    expect(await isLockedHere(site, uid)).toBe(false);
    await site.restart();
    expect(await isLockedHere(site, uid)).toBe(true);
    expect(await site.status(image)).toBe(STATUS.locked);
    await until(async () => site.rc.card(uid).locked);
  });
});

describe('a lock', () => {
  it('is told to the RC, and only then', async () => {
    const site = await Site.open();
    const { image } = await site.register(PIN);
    for (let i = 0; i < 4; i++) await site.wrongTry(image);
    await until(async () => lastReport(site)?.open === 4);
    expect(site.rc.card(image.uid).locked).toBe(false);
    await site.wrongTry(image);
    await until(async () => site.rc.card(image.uid).locked);
    expect(lastReport(site)).toMatchObject({ open: 5, total: 5, locked: true, epoch: 0 });
  });

  it('is lifted by an operator, and the counts begin anew', async () => {
    const site = await Site.open();
    const { image } = await site.register(PIN);
    for (let i = 0; i < 5; i++) await site.wrongTry(image);
    await until(async () => site.rc.card(image.uid).locked);
    site.rc.unlock(image.uid);
    await until(async () => (await site.store.findCard(image.uid))?.epoch === 1);
    expect(await site.wrongTry(image)).toBe(4);
    expect((await site.logIn(image, PIN)).welcome.failed).toBe(1);
  });

  it('comes with the fiftieth failure under one PIN, however many were right between', async () => {
    const site = await Site.open();
    const { image } = await site.register(PIN);
    const uid = image.uid;
    const claim = { uid, pinVersion: 1, recovery: false };
    const shown = (await site.store.findCard(uid))?.cs ?? new Uint8Array(0);
    let number = 0;
    const answer = () => {
      number += 1;
      const blinded = new Uint8Array(32).fill(number & 0xff);
      blinded[0] = number >> 8;
      return site.store.tries.answer({ ...claim, blinded }, site.origin);
    };
    for (let failures = 0; failures < 49; failures++) {
      if (failures % 4 === 3) {
        const right = await answer();
        if (right.status !== STATUS.goOn) throw new Error(`status ${right.status} at ${failures}`);
        expect(await site.store.tries.enter(claim, shown, right.attempt, site.origin)).not.toBeNull();
      }
      const wrong = await answer();
      if (wrong.status !== STATUS.goOn || wrong.attempt === null) throw new Error(`status ${wrong.status}`);
      await site.store.tries.leave(wrong.attempt, site.origin);
    }
    expect((await site.store.findCard(uid))?.counts).toMatchObject({ failures: 49, locked: false });
    const fiftieth = await answer();
    if (fiftieth.status !== STATUS.goOn || fiftieth.attempt === null) throw new Error('no fiftieth');
    await site.store.tries.leave(fiftieth.attempt, site.origin);
    expect((await answer()).status).toBe(STATUS.locked);
    expect(await isLockedHere(site, uid)).toBe(true);
  });

  it('of the RC, set while a handshake is under way, keeps it out', async () => {
    const site = await Site.open();
    const { image } = await site.register(PIN);
    const attempt = attemptOf(PIN);
    const { device, challenge } = await site.challenge(image, attempt.blinded);
    site.rc.change({ ...site.rc.card(image.uid), locked: true });
    await until(async () => (await site.store.findCard(image.uid))?.locked === true);
    device.send(device.proofBody(await proofWithPin(image, attempt, challenge.evaluated)));
    await expect(device.receive()).rejects.toMatchObject({ code: WIRE_ERROR.notAuthenticated });
  });
});

describe('after a wrong try', () => {
  it('the RC is told, and told again when the right PIN came', async () => {
    const site = await Site.open();
    const { image } = await site.register(PIN);
    await site.wrongTry(image);
    await until(async () => lastReport(site)?.open === 1);
    await site.logIn(image, PIN);
    await until(async () => lastReport(site)?.open === 0);
    expect(lastReport(site)).toMatchObject({ open: 0, total: 1, locked: false });
  });

  it('the RC is told again when only the connection had broken, and the same PIN came once more', async () => {
    const site = await Site.open();
    const { image } = await site.register(PIN);
    const attempt = attemptOf(PIN);
    (await site.challenge(image, attempt.blinded)).device.close();
    await until(async () => lastReport(site)?.open === 1);
    await until(async () => !((await site.store.findCard(image.uid))?.reportDue ?? true));
    await site.logIn(image, attempt);
    await until(async () => lastReport(site)?.open === 0);
    expect(lastReport(site)).toMatchObject({ open: 0, total: 0, locked: false });
  });

  it('nothing is told of a login that was right at once', async () => {
    const site = await Site.open();
    const { image } = await site.register(PIN);
    await site.logIn(image, PIN);
    await site.clock.advance(60_000);
    expect(site.rc.reports).toHaveLength(0);
  });

  it('a hub that can reach the RC hears of a lock before it evaluates again', async () => {
    const site = await Site.open();
    const { image } = await site.register(PIN);
    site.rc.isFeeding = false;
    site.rc.isAway = true;
    await site.wrongTry(image);
    site.rc.isAway = false;
    // Another hub's tries lock the card. An empty page comes, and no timer of this hub runs out.
    site.rc.change({ ...site.rc.card(image.uid), locked: true });
    await until(async () => site.hub.services.reach.isLikely);
    expect(site.rc.reports).toHaveLength(0);
    expect(await site.status(image)).toBe(STATUS.locked);
  });

  it('a hub that is cut off goes by its own count, and does not keep patients waiting', async () => {
    const site = await Site.open();
    const { image } = await site.register(PIN);
    site.rc.isAway = true;
    const left = [];
    for (let i = 0; i < 5; i++) left.push(await site.wrongTry(image));
    expect(left).toEqual([4, 3, 2, 1, 0]);
    expect(await isLockedHere(site, image.uid)).toBe(true);
    site.rc.isAway = false;
    await site.clock.advance(120_000);
    await until(async () => site.rc.card(image.uid).locked);
  });

  it('what was not told before a restart is told after it', async () => {
    const site = await Site.open();
    const { image } = await site.register(PIN);
    site.rc.isAway = true;
    await site.wrongTry(image);
    await site.restart();
    await until(async () => lastReport(site)?.open === 1);
  });
});

describe('the bounds', () => {
  it('allow a card thirty logins an hour', async () => {
    const site = await Site.open();
    const { image } = await site.register(PIN);
    for (let i = 0; i < 30; i++) (await site.logIn(image, PIN)).device.close();
    await expect(site.logIn(image, PIN)).rejects.toMatchObject({ code: WIRE_ERROR.busy });
    const other = await site.register(PIN);
    expect((await site.logIn(other.image, PIN)).welcome.failed).toBe(0);
    await site.clock.advance(3_600_001);
    expect((await site.logIn(image, PIN)).welcome.failed).toBe(0);
  });

  it('allow an address twenty wrong tries an hour over all cards, and right ones without end', async () => {
    const site = await Site.open();
    const cards = [];
    for (let i = 0; i < 5; i++) cards.push((await site.register(PIN)).image);
    for (const card of cards) {
      for (let i = 0; i < 4; i++) await site.wrongTry(card);
      await site.logIn(card, PIN).catch(() => {});
    }
    const { image } = await site.register(PIN);
    await expect(site.challenge(image, attemptOf(PIN).blinded)).rejects.toMatchObject({
      code: WIRE_ERROR.busy,
    });
    await site.clock.advance(3_600_001);
    for (let i = 0; i < 25; i++) (await site.logIn(image, PIN)).device.close();
  });
});

/** The status of a LOGIN beside others that stay under way. */
async function statusNow(
  site: Site,
  card: Parameters<Site['challenge']>[0],
  blinded = attemptOf('000000').blinded,
): Promise<number> {
  const { device, challenge } = await site.challenge(card, blinded);
  device.close();
  return challenge.status;
}

function lastReport(site: Site) {
  return site.rc.reports.flatMap(({ tries }) => tries).at(-1);
}
