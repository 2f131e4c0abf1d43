import { describe, expect, it } from 'vitest';
import { fromHex, toHex } from '../../protocol/bytes.ts';
import { noble } from '../../protocol/crypto/noble.ts';
import { pinChangeProof } from '../../protocol/pin-change.ts';
import type { PinReport, TryReport } from '../../protocol/rc-api/feed.ts';
import { type ConsoleCard, randomHex, register } from './registering.ts';
import { TestRc } from './running-rc.ts';

function newPin({ uid, usk }: ConsoleCard, pinVersion: number, changed = true): PinReport {
  const cs = randomHex(32);
  const proof = toHex(pinChangeProof(noble, usk, pinVersion, fromHex(cs)));
  return { uid, pinVersion, base: pinVersion - 1, cs, proof, changed };
}

function wrongTries(uid: string, open: number): TryReport {
  return { uid, epoch: 0, running: 1, open, total: open, locked: false };
}

describe('reports over the API', () => {
  it('lock a card that was tried at several hubs, and tell every hub', async () => {
    const rc = await TestRc.start();
    const one = await rc.admitHub('goa-01');
    const two = await rc.admitHub('goa-02');
    const admin = await rc.admin();
    const { uid } = await register(admin);
    const { generation, cursor } = await two.client.feed({});
    await one.client.report({ tries: [wrongTries(uid, 5)], pins: [] });
    const { cards } = await two.client.report({ tries: [wrongTries(uid, 5)], pins: [] });
    expect(cards).toMatchObject([{ uid, locked: true }]);

    const { changes } = await one.client.feed({ generation, after: cursor });
    expect(changes).toMatchObject([{ card: { uid, locked: true } }]);
    expect(await admin.card(uid)).toMatchObject({ locked: true, status: 'active' });
    expect(rc.log.lines.join('\n')).toContain('warn a card was locked after wrong tries');
  });

  it('bring a new PIN to every hub, and give each hub its own secrets in the answer', async () => {
    const rc = await TestRc.start();
    const one = await rc.admitHub('goa-01');
    const two = await rc.admitHub('goa-02');
    const card = await register(await rc.admin());
    const before = await two.client.feedCard(card.uid);
    const { generation, cursor } = await two.client.feed({});
    const report = newPin(card, 2);
    const { cards } = await one.client.report({ tries: [], pins: [report] });
    expect(cards).toEqual([(await one.client.feedCard(card.uid)).card]);

    const { changes } = await two.client.feed({ generation, after: cursor });
    const changed = { pinVersion: 2, cs: report.cs, epoch: 1, locked: false };
    expect(changes).toEqual([{ sequence: 2, card: { ...before.card, ...changed } }]);
  });

  it('believe no new PIN without the proof that only the card can make', async () => {
    const rc = await TestRc.start();
    const { client } = await rc.admitHub('goa-01');
    const admin = await rc.admin();
    const [card, other] = [await register(admin), await register(admin)];
    const right = newPin(card, 2);
    const wrong: PinReport[] = [
      { ...right, proof: randomHex(32) },
      { ...right, cs: randomHex(32) },
      { ...right, pinVersion: 3 },
      { ...right, uid: other.uid },
    ];
    await client.report({ tries: [], pins: wrong });
    expect(await admin.card(card.uid)).toMatchObject({ pinVersion: 1, locked: false });
    expect(await admin.card(other.uid)).toMatchObject({ pinVersion: 1, locked: false });
    expect(rc.log.lines.filter((line) => line.includes('without a right proof'))).toHaveLength(4);
    await client.report({ tries: [], pins: [right] });
    expect(await admin.card(card.uid)).toMatchObject({ pinVersion: 2 });
  });

  it('hand a new PIN that was prepared, and its proof, on to the other hubs until it is changed', async () => {
    const rc = await TestRc.start();
    const one = await rc.admitHub('goa-01');
    const two = await rc.admitHub('goa-02');
    const card = await register(await rc.admin());
    const prepared = newPin(card, 2, false);
    const { pinVersion, cs, proof } = prepared;
    const { cards } = await one.client.report({ tries: [], pins: [prepared] });
    const asked = (await two.client.feedCard(card.uid)).card;
    const { changes } = await two.client.feed({});
    for (const heard of [cards[0], asked, changes[0]?.card]) {
      expect(heard).toMatchObject({ pinVersion: 1, pending: [{ pinVersion, cs, proof }] });
    }
    const changed = await two.client.report({ tries: [], pins: [{ ...prepared, changed: true }] });
    expect(changed.cards).toMatchObject([{ pinVersion: 2, cs, pending: [] }]);
  });

  it('hand nothing on that was prepared without the proof that only the card can make', async () => {
    const rc = await TestRc.start();
    const liar = await rc.admitHub('goa-01');
    const two = await rc.admitHub('goa-02');
    const admin = await rc.admin();
    const [card, other] = [await register(admin), await register(admin)];
    const right = newPin(card, 2, false);
    const lies: PinReport[] = [
      { ...right, proof: randomHex(32) },
      { ...right, cs: randomHex(32) },
      { ...right, pinVersion: 3 },
      { ...right, uid: other.uid },
    ];
    await liar.client.report({ tries: [], pins: lies });
    for (const { uid } of [card, other]) {
      expect((await two.client.feedCard(uid)).card).toMatchObject({ pinVersion: 1, pending: [] });
    }
    expect(rc.log.lines.filter((line) => line.includes('without a right proof'))).toHaveLength(4);
  });

  it('of two keys in use under one version lock the card and warn the operator', async () => {
    const rc = await TestRc.start();
    const one = await rc.admitHub('goa-01');
    const two = await rc.admitHub('goa-02');
    const admin = await rc.admin();
    const card = await register(admin);
    await one.client.report({ tries: [], pins: [newPin(card, 2)] });
    await two.client.report({ tries: [], pins: [newPin(card, 2)] });
    expect(await admin.card(card.uid)).toMatchObject({ locked: true, pinVersion: 2 });
    expect(rc.log.lines.join('\n')).toMatch(/warn a card was locked: two keys are in use .*"hub":"goa-02"/);
  });

  it('pass unknown cards over, and refuse a PIN version that there cannot be', async () => {
    const rc = await TestRc.start();
    const { client } = await rc.admitHub('goa-01');
    const card = await register(await rc.admin());
    const nobody = randomHex(16);
    const unknown = { tries: [wrongTries(nobody, 1)], pins: [{ ...newPin(card, 2), uid: nobody }] };
    expect(await client.report(unknown)).toEqual({ cards: [] });
    await client.report({ tries: [], pins: [newPin(card, 65_535)] });
    for (const pinVersion of [0, 65_536]) {
      const pins = [{ ...newPin(card, 2), pinVersion }];
      await expect(client.report({ tries: [], pins })).rejects.toMatchObject({ status: 400 });
    }
  });
});
