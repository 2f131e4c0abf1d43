import { afterEach, describe, expect, it } from 'vitest';
import type { RcClient } from '../../../certs/rc-client.ts';
import { RcUnreachableError } from '../../../certs/rc-errors.ts';
import type { PresentedCard } from '../../../hardware/card-reader.ts';
import { cardWrite, faults } from '../../../hardware/sim/faults.ts';
import { isZero, toHex, utf8 } from '../../../protocol/bytes.ts';
import { currentImage } from '../../../protocol/card-slots.ts';
import { SUITE } from '../../../protocol/constants.ts';
import { noble } from '../../../protocol/crypto/noble.ts';
import { openCard } from '../../../protocol/limbasiya/card.ts';
import { registerCard } from '../../../rc/console/register-card.ts';
import {
  type RegisterLimbasiyaCardOptions,
  registerLimbasiyaCard,
} from '../../../rc/console/register-limbasiya-card.ts';
import { systemRandom } from '../../../runtime/random.ts';
import { Rig, smartCard, tag } from '../../hardware/rig.ts';
import { NAMESAKE, PATIENT } from '../registering.ts';
import { TestRc } from '../running-rc.ts';

const IDENTITY = 'maria';
const PASSWORD = 'a fine day';

let rig = new Rig();
afterEach(async () => {
  await rig.close();
  rig = new Rig();
});

type Choice = Partial<Omit<RegisterLimbasiyaCardOptions, 'card' | 'client' | 'surroundings'>>;

function register(card: PresentedCard, client: RegisterLimbasiyaCardOptions['client'], choice: Choice = {}) {
  const defaults = { identity: IDENTITY, password: PASSWORD, patient: NAMESAKE, force: false };
  return registerLimbasiyaCard({
    card,
    client,
    surroundings: { random: systemRandom },
    ...defaults,
    ...choice,
  });
}

/** A registration centre with hubs that registered under this suite. */
async function network(...hubs: string[]): Promise<{ rc: TestRc; admin: RcClient }> {
  const rc = await TestRc.start();
  for (const id of hubs) {
    const { client } = await rc.admitHub(id);
    await client.registerHubSecrets({ p: toHex(systemRandom(32)), q: toHex(systemRandom(32)) });
  }
  return { rc, admin: await rc.admin() };
}

async function imageOn(card: PresentedCard) {
  const slots = await rig.run(card.readSlots());
  const { image, slot } = currentImage(noble, slots);
  if (image.suite !== SUITE.limbasiya2021) throw new Error('another suite');
  return { image, slot, slots };
}

function open(image: Awaited<ReturnType<typeof imageOn>>['image'], password = PASSWORD) {
  return openCard(noble, image, { ID: utf8(IDENTITY), PW: utf8(password) });
}

async function states(client: RcClient): Promise<string[]> {
  return (await client.cards()).cards.map(({ status }) => status);
}

describe('registering a limbasiya-2021 card', () => {
  it('leaves a card that identity and password open, with the list of hubs, in the largest slots', async () => {
    const { admin } = await network('goa-01', 'pune-02');
    const card = await rig.tap(tag('NTAG216').card);
    const steps: string[] = [];
    const made = await rig.run(register(card, admin, { onStep: (step) => steps.push(step) }));
    expect(steps).toEqual(['card emptied', 'card registered', 'card written']);
    const { image, slot, slots } = await imageOn(card);
    expect([slot, image.sequence, slots[0].length, isZero(slots[1])]).toEqual([0, 1, 420, true]);
    const opened = open(image);
    expect(opened.hubs.map(({ ID }) => ID)).toEqual(['goa-01', 'pune-02']);
    expect(made).toMatchObject({
      uid: toHex(opened.user.UID),
      suite: 'limbasiya-2021',
      status: 'active',
      pinVersion: null,
      name: PATIENT.name,
    });
    expect(() => open(image, 'a fine night')).toThrow(expect.objectContaining({ code: 'wrong-credentials' }));
  });

  it('takes an NTAG215 for one hub, and a smart card for as many as it holds', async () => {
    const { admin } = await network('goa-01');
    const small = await rig.tap(tag('NTAG215').card);
    await rig.run(register(small, admin));
    expect((await imageOn(small)).slots[0].length).toBe(232);
    const large = await rig.tap(smartCard(4096).card);
    await rig.run(register(large, admin));
    expect((await imageOn(large)).slots[0].length).toBe(2048);
  });

  it.each([
    ['NTAG213', 1, 213, 56],
    ['NTAG215', 2, 276, 232],
    ['NTAG216', 5, 465, 420],
  ] as const)(
    'refuses an %s for %i hubs before anything is written or registered, and says how many bytes it wants',
    async (kind, hubs, needed, has) => {
      const { admin } = await network(...Array.from({ length: hubs }, (_, i) => `hub-0${i}`));
      const { card: virtual, dump } = tag(kind);
      const before = Uint8Array.from(dump);
      const card = await rig.tap(virtual);
      expect(await rig.failure(register(card, admin))).toMatchObject({
        code: 'card-not-registered',
        cause: { code: 'card-too-small' },
        message: expect.stringContaining(`needs ${needed} bytes and has ${has}`),
      });
      expect(dump).toEqual(before);
      expect(await states(admin)).toEqual([]);
    },
  );

  it.each([
    ['identity', { identity: '' }],
    ['password', { password: '' }],
  ] as const)('refuses an empty %s, and says which it is', async (name, choice) => {
    const { admin } = await network('goa-01');
    const { card: virtual, dump } = tag('NTAG216');
    const before = Uint8Array.from(dump);
    expect(await rig.failure(register(await rig.tap(virtual), admin, choice))).toMatchObject({
      code: 'credentials-format',
      message: `the ${name} is empty`,
    });
    expect(dump).toEqual(before);
    expect(await states(admin)).toEqual([]);
  });

  it('overwrites a card that is in use only when forced, and leaves nothing of it', async () => {
    const { admin } = await network('goa-01');
    const { card: virtual, dump } = tag('NTAG216');
    const card = await rig.tap(virtual);
    const earlier = await rig.run(register(card, admin));
    const secret = toHex((await imageOn(card)).image.w);
    expect(await rig.failure(register(card, admin))).toMatchObject({ code: 'card-occupied' });
    const surroundings = { clock: rig.clock, random: systemRandom };
    const rest = { pin: '482913', patient: { id: earlier.patientId }, logN: 0, recovery: false, force: true };
    const { card: later } = await rig.run(registerCard({ card, client: admin, surroundings, ...rest }));
    expect(later).toMatchObject({ suite: 'cardea-1', patientId: earlier.patientId, name: PATIENT.name });
    expect((await admin.card(earlier.uid)).status).toBe('revoked');
    expect(toHex(dump)).not.toContain(secret);
    expect(isZero(dump.subarray(16 + 461, 16 + 868))).toBe(true);
  });

  it('takes what was registered back when the card is taken away before it is written', async () => {
    const { admin } = await network('goa-01');
    const card = await rig.tap(tag('NTAG216').card);
    const onStep = (step: string) => {
      if (step === 'card registered') rig.field.take();
    };
    expect(await rig.failure(register(card, admin, { onStep }))).toMatchObject({
      code: 'card-not-registered',
      message: expect.stringContaining('is revoked'),
    });
    expect(await states(admin)).toEqual(['revoked']);
  });

  it('registers nothing when the card is taken away while it is emptied', async () => {
    const { admin } = await network('goa-01');
    const { card: virtual } = tag('NTAG216');
    const card = await rig.tap(virtual);
    rig.faults.inject(
      faults.removeDuringWrite(() => rig.field.take(), 'mix'),
      { which: cardWrite, nth: 4 },
    );
    expect(await rig.failure(register(card, admin))).toMatchObject({ code: 'card-not-registered' });
    rig.faults.clear();
    expect(await states(admin)).toEqual([]);
    await rig.run(register(await rig.tap(virtual), admin));
    expect(await states(admin)).toEqual(['active']);
  });

  it('says what to revoke when the answer is lost', async () => {
    const { admin } = await network('goa-01');
    const card = await rig.tap(tag('NTAG216').card);
    const losing: RegisterLimbasiyaCardOptions['client'] = {
      card: (uid) => admin.card(uid),
      hubs: () => admin.hubs(),
      revokeCard: (uid, reason) => admin.revokeCard(uid, reason),
      async registerLimbasiyaCard(request) {
        await admin.registerLimbasiyaCard(request);
        throw new RcUnreachableError('lost');
      },
    };
    const error = await rig.failure(register(card, losing));
    expect(error).toMatchObject({ code: 'registration-unconfirmed' });
    const [lost] = (await admin.cards()).cards;
    expect(error.message).toContain(lost?.uid);
    await rig.run(register(card, admin));
    expect(await states(admin)).toEqual(['active', 'active']);
  });
});
