import { describe, expect, it } from 'vitest';
import { fromHex, toHex } from '../../protocol/bytes.ts';
import { noble } from '../../protocol/crypto/noble.ts';
import { pinChangeProof } from '../../protocol/pin-change.ts';
import { createRcProgram } from '../../rc/program.ts';
import { runCommandLine } from '../../runtime/command-line.ts';
import { fakeIo } from '../runtime/fake-io.ts';
import { registerLimbasiyaCard } from './limbasiya-cards.ts';
import { type ConsoleCard, randomHex, register } from './registering.ts';
import { NOW, TestRc } from './running-rc.ts';

const MINUTE = 60_000;

async function run(rc: TestRc, words: string) {
  const io = fakeIo();
  const program = createRcProgram({ io, surroundings: () => rc.surroundings });
  const code = await runCommandLine(program, [...words.split(' '), '--data', rc.folder], io);
  return { code, out: io.stdout.text, err: io.stderr.text };
}

async function text(rc: TestRc, words: string): Promise<string> {
  const { code, out, err } = await run(rc, words);
  expect({ code, err }).toEqual({ code: 0, err: '' });
  return out;
}

async function json(rc: TestRc, words: string): Promise<unknown> {
  return JSON.parse(await text(rc, `${words} --json`));
}

function newPin({ uid, usk }: ConsoleCard, pinVersion: number) {
  const cs = randomHex(32);
  return {
    uid,
    pinVersion,
    base: pinVersion - 1,
    cs,
    proof: toHex(pinChangeProof(noble, usk, pinVersion, fromHex(cs))),
    changed: true,
  };
}

/** A card with a life: locked, unlocked, with a new PIN, tried, and replaced; two hubs, one of them silent. */
async function lifeOfACard() {
  const rc = await TestRc.start();
  const [goa, pune] = [await rc.admitHub('goa-01'), await rc.admitHub('pune-02')];
  const admin = await rc.admin();
  const card = await register(admin, { name: 'Asha Naik', record: 'GOA/17' });
  const { uid } = card;
  const tries = (epoch: number, running: number, open: number, locked: boolean) =>
    goa.client.report({ tries: [{ uid, epoch, running, open, total: open, locked }], pins: [] });
  await pune.client.feed({});
  await rc.clock.advance(MINUTE);
  await tries(0, 1, 5, true);
  await rc.clock.advance(MINUTE);
  expect(await text(rc, `card unlock ${uid}`)).toBe(
    'unlocked: the tries of Asha Naik are counted anew at every hub\n',
  );
  await rc.clock.advance(MINUTE);
  await goa.client.report({ tries: [], pins: [newPin(card, 2)] });
  await tries(2, 2, 2, false);
  const { generation, cursor } = await goa.client.feed({});
  await goa.client.feed({ generation, after: cursor });
  return { rc, admin, card, uid, goa };
}

describe('cardea-rc card show', () => {
  it('tells the history of a card at a glance, as text', async () => {
    const { rc, uid } = await lifeOfACard();
    expect(await text(rc, `card show ${uid}`)).toBe(`UID         ${uid}
patient     Asha Naik
record      GOA/17
state       active
suite       cardea-1
PIN number  2
registered  2027-01-15 08:00:00Z by admin

history
  2027-01-15 08:00:00Z  registered by admin
  2027-01-15 08:01:00Z  locked by goa-01 after wrong tries there
  2027-01-15 08:02:00Z  unlocked by admin
  2027-01-15 08:03:00Z  new PIN, number 2, at goa-01

wrong tries since the last right login
  goa-01  2

at the hubs
  goa-01   Goa  usable
  pune-02  Goa  not yet: silent since 2027-01-15 08:00:00Z
`);
  });

  it('tells of the patient’s other cards, and of the end of this one', async () => {
    const { rc, admin, uid, card } = await lifeOfACard();
    const fresh = await register(admin, { id: card.summary.patientId });
    const shown = await text(rc, `card show ${uid}`);
    expect(shown).toContain('\nstate       replaced since 2027-01-15 08:03:00Z\n');
    expect(shown).toContain('\n  2027-01-15 08:03:00Z  revoked: replaced\n');
    expect(shown).toContain(
      `\n\nat the hubs\n  goa-01   Goa  not yet: silent since 2027-01-15 08:03:00Z\n  pune-02  Goa  not yet: silent since 2027-01-15 08:00:00Z\n\nthe patient's other cards\n  ${fresh.uid}  active  registered 2027-01-15 08:03:00Z\n`,
    );
  });

  it('tells all of it as JSON', async () => {
    const { rc, uid, card } = await lifeOfACard();
    expect(await json(rc, `card show ${uid}`)).toEqual({
      uid,
      suite: 'cardea-1',
      status: 'active',
      locked: false,
      pinVersion: 2,
      patientId: card.summary.patientId,
      name: 'Asha Naik',
      record: 'GOA/17',
      registered: NOW,
      registeredBy: 'admin',
      revoked: null,
      reason: null,
      history: [
        { what: 'registered', time: NOW, by: 'admin' },
        { what: 'locked', time: NOW + MINUTE, by: 'goa-01', cause: 'hub' },
        { what: 'unlocked', time: NOW + 2 * MINUTE, by: 'admin' },
        { what: 'new PIN', time: NOW + 3 * MINUTE, by: 'goa-01', pinVersion: 2 },
      ],
      tries: [{ hub: 'goa-01', open: 2, total: 2 }],
      hubs: [
        { id: 'goa-01', location: 'Goa', current: true, lastSeen: NOW + 3 * MINUTE },
        { id: 'pune-02', location: 'Goa', current: false, lastSeen: NOW },
      ],
      others: [],
      time: NOW + 3 * MINUTE,
    });
  });
});

describe('cardea-rc card unlock', () => {
  it('prints the card as JSON', async () => {
    const rc = await TestRc.start();
    const { uid, summary } = await register(await rc.admin());
    expect(await json(rc, `card unlock ${uid}`)).toEqual(summary);
  });

  it('says why a card cannot be unlocked, and what helps instead', async () => {
    const { rc, admin, card, uid, goa } = await lifeOfACard();
    await goa.client.report({ tries: [], pins: [newPin(card, 2)] });
    expect(await run(rc, `card unlock ${uid}`)).toMatchObject({
      code: 1,
      err: expect.stringMatching(
        /a copy of the card is at work.*: only a new card ends that, so replace it\n$/,
      ),
    });
    expect(await text(rc, `card show ${uid}`)).toContain(
      '  2027-01-15 08:03:00Z  locked: a copy of it is at work, last at goa-01; only a new card ends this\n',
    );
    await admin.revokeCard(uid, 'stolen');
    expect((await run(rc, `card unlock ${uid}`)).err).toContain(
      'revoked for ever: give the patient a new one',
    );
    const { uid: other } = await registerLimbasiyaCard(admin);
    expect((await run(rc, `card unlock ${other}`)).err).toContain('counts no tries and is never locked');
    expect((await run(rc, `card unlock ${randomHex(16)}`)).err).toContain('no card has this UID');
    expect(await run(rc, 'card unlock 12')).toMatchObject({ code: 2 });
  });
});

describe('cardea-rc card find', () => {
  it('prints each patient with their latest card, as text', async () => {
    const { rc, admin, card, uid } = await lifeOfACard();
    const fresh = await register(admin, { id: card.summary.patientId });
    const other = await register(admin, { name: 'Ásha Fernandes' });
    await admin.revokeCard(other.uid, 'lost');
    expect(uid).not.toBe(fresh.uid);
    expect(await text(rc, 'card find ASHA')).toBe(
      [
        `patient         record  latest card                       state                            earlier cards`,
        `Asha Naik       GOA/17  ${fresh.uid}  active                           1`,
        `Ásha Fernandes          ${other.uid}  lost since 2027-01-15 08:03:00Z  0`,
        '',
      ].join('\n'),
    );
    expect(await text(rc, 'card find asha --limit 1')).toMatch(/\nthere are more: give more of the name\n$/);
    expect(await text(rc, 'card find nobody')).toBe(
      'nobody has that in name or record number; words are found by how they begin\n',
    );
  });

  it('prints them as JSON, by the whole record number, too', async () => {
    const rc = await TestRc.start();
    const { summary } = await register(await rc.admin(), { name: 'Asha Naik', record: 'GOA/17' });
    const found = {
      patients: [
        { id: summary.patientId, name: 'Asha Naik', record: 'GOA/17', registered: NOW, cards: [summary] },
      ],
      more: false,
    };
    expect(await json(rc, 'card find nai ash')).toEqual(found);
    expect(await json(rc, 'card find --record goa-17')).toEqual(found);
    expect(await json(rc, 'card find --record goa-1')).toEqual({ patients: [], more: false });
  });

  it.each([
    ['card find', /say words of the name, or --record NUMBER, or --tap/],
    ['card find asha --record 17', /say words/],
    ['card find asha --limit 0', /./],
  ])('is told what is wrong with "%s"', async (words, message) => {
    const rc = await TestRc.init();
    const { code, out, err } = await run(rc, words);
    expect({ code, out }).toEqual({ code: 2, out: '' });
    expect(err).toMatch(message);
  });
});

describe('cardea-rc card revoke', () => {
  it.each(['lost', 'stolen', 'deceased', 'other'])('takes %s as the reason', async (reason) => {
    const rc = await TestRc.start();
    const { uid, summary } = await register(await rc.admin());
    expect(await json(rc, `card revoke ${uid} --reason ${reason}`)).toEqual({
      ...summary,
      status: 'revoked',
      revoked: NOW,
      reason,
    });
  });

  it('does not take "replaced": that is said by the card that comes', async () => {
    const rc = await TestRc.start();
    const { uid } = await register(await rc.admin());
    expect(await run(rc, `card revoke ${uid} --reason replaced`)).toMatchObject({ code: 2 });
    expect(await text(rc, `card show ${uid}`)).toContain('state       active');
  });
});
