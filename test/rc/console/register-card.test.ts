import { afterEach, describe, expect, it } from 'vitest';
import type { RcClient } from '../../../certs/rc-client.ts';
import { RcUnreachableError } from '../../../certs/rc-errors.ts';
import type { PresentedCard } from '../../../hardware/card-reader.ts';
import { cardWrite, faults } from '../../../hardware/sim/faults.ts';
import { fromHex, isZero, toHex, utf8 } from '../../../protocol/bytes.ts';
import { openWithPin, openWithRecoveryCode } from '../../../protocol/card-secrets.ts';
import { currentImage } from '../../../protocol/card-slots.ts';
import { SUITE } from '../../../protocol/constants.ts';
import { noble } from '../../../protocol/crypto/noble.ts';
import { deriveOprfKey } from '../../../protocol/keys.ts';
import { evaluate } from '../../../protocol/oprf.ts';
import { PinAttempt } from '../../../protocol/pin-attempt.ts';
import { parseRecoveryCode } from '../../../protocol/recovery-code.ts';
import { type RegisterCardOptions, registerCard } from '../../../rc/console/register-card.ts';
import { systemRandom } from '../../../runtime/random.ts';
import { OTHER_UID, Rig, smartCard, tag } from '../../hardware/rig.ts';
import { NAMESAKE, PATIENT } from '../registering.ts';
import { type Member, TestRc } from '../running-rc.ts';

const PIN = '482913';

let rig = new Rig();
afterEach(async () => {
  await rig.close();
  rig = new Rig();
});

type Choice = Partial<Omit<RegisterCardOptions, 'card' | 'client' | 'surroundings'>>;

function register(card: PresentedCard, client: RegisterCardOptions['client'], choice: Choice = {}) {
  const surroundings = { clock: rig.clock, random: systemRandom };
  const defaults = { pin: PIN, patient: NAMESAKE, logN: 0, recovery: true, force: false };
  return registerCard({ card, client, surroundings, ...defaults, ...choice });
}

async function imageOn(card: PresentedCard) {
  const slots = await rig.run(card.readSlots());
  const { image, slot } = currentImage(noble, slots);
  if (image.suite !== SUITE.cardea1) throw new Error('another suite');
  return { image, slot, slots };
}

/** The key that a card opens to with a PIN and the hub's evaluation. */
async function cardKeyOf(hub: Member, card: PresentedCard, pin: string): Promise<string> {
  const { image } = await imageOn(card);
  const held = (await hub.client.feedCard(toHex(image.uid))).card;
  const attempt = PinAttempt.make(noble, utf8(pin), systemRandom);
  const key = deriveOprfKey(noble, fromHex(held?.oprfSeed ?? ''), image.pinVersion);
  const opened = await openWithPin(noble, image, attempt, evaluate(noble, key, attempt.blinded));
  return toHex(opened.cardKey.publicKey);
}

async function registeredCards(client: RcClient): Promise<string[]> {
  return (await client.cards()).cards.map(({ uid }) => uid);
}

describe('registering the card on the reader', () => {
  it('leaves a card that opens with its PIN and with its code, and nothing else on it', async () => {
    const rc = await TestRc.start();
    const admin = await rc.admin();
    const hub = await rc.admitHub('goa-01');
    const card = await rig.tap(tag().card);
    const steps: string[] = [];
    const made = await rig.run(register(card, admin, { onStep: (step) => steps.push(step) }));
    expect(steps).toEqual(['PIN evaluated', 'card sealed', 'card written', 'card registered']);

    const { image, slot, slots } = await imageOn(card);
    expect([slot, image.sequence, image.pinVersion, isZero(slots[1])]).toEqual([0, 1, 1, true]);
    expect(made.card).toMatchObject({ uid: toHex(image.uid), name: PATIENT.name, record: PATIENT.record });
    const held = (await hub.client.feedCard(made.card.uid)).card;
    expect(await cardKeyOf(hub, card, PIN)).toBe(held?.cs);
    await expect(cardKeyOf(hub, card, '482914')).rejects.toMatchObject({ code: 'wrong-pin' });

    expect(made.recoveryCode).toMatch(/^(?:[0-9A-HJKMNP-TV-Z]{5}-){3}[0-9A-HJKMNP-TV-Z]{5}$/);
    const recovered = await openWithRecoveryCode(noble, image, parseRecoveryCode(made.recoveryCode ?? ''));
    expect(toHex(recovered.cardKey.publicKey)).toBe(held?.rs);
  });

  it('works with a smart card, too', async () => {
    const rc = await TestRc.start();
    const card = await rig.tap(smartCard().card);
    const made = await rig.run(register(card, await rc.admin()));
    expect(toHex((await imageOn(card)).image.uid)).toBe(made.card.uid);
  });

  it('makes no recovery code where none is wanted', async () => {
    const rc = await TestRc.start();
    const hub = await rc.admitHub('goa-01');
    const card = await rig.tap(tag().card);
    const made = await rig.run(register(card, await rc.admin(), { recovery: false }));
    expect(made.recoveryCode).toBeNull();
    expect((await hub.client.feedCard(made.card.uid)).card?.rs).toBeNull();
    expect(isZero((await imageOn(card)).image.recoveryBox)).toBe(true);
  });

  it('refuses a PIN that is none before it asks anybody', async () => {
    const rc = await TestRc.start();
    const { card: virtual, dump } = tag();
    const before = Uint8Array.from(dump);
    const card = await rig.tap(virtual);
    const admin = await rc.admin();
    await rc.stop();
    expect(await rig.failure(register(card, admin, { pin: '12345' }))).toMatchObject({ code: 'pin-format' });
    expect(dump).toEqual(before);
  });

  it('writes nothing while the registration centre cannot be reached', async () => {
    const rc = await TestRc.start();
    const { card: virtual, dump } = tag();
    const before = Uint8Array.from(dump);
    const card = await rig.tap(virtual);
    const admin = await rc.admin();
    await rc.running.close();
    expect(await rig.failure(register(card, admin))).toMatchObject({ code: 'rc-unreachable' });
    expect(dump).toEqual(before);
  });
});

describe('a card that holds something already', () => {
  const OCCUPIED = { code: 'card-occupied', message: expect.stringContaining('--force') };

  it('is not overwritten while it is registered, revoked or not', async () => {
    const rc = await TestRc.start();
    const admin = await rc.admin();
    const { card: virtual, dump } = tag();
    const card = await rig.tap(virtual);
    const first = await rig.run(register(card, admin));
    const before = Uint8Array.from(dump);
    expect(await rig.failure(register(card, admin))).toMatchObject(OCCUPIED);
    await admin.revokeCard(first.card.uid, 'other');
    expect(await rig.failure(register(card, admin))).toMatchObject(OCCUPIED);
    expect(dump).toEqual(before);
    expect(await registeredCards(admin)).toEqual([first.card.uid]);

    const second = await rig.run(register(card, admin, { force: true }));
    expect(toHex((await imageOn(card)).image.uid)).toBe(second.card.uid);
    expect(isZero((await imageOn(card)).slots[1])).toBe(true);
  });

  it('is not overwritten when it is of another network', async () => {
    const [rc, other] = [await TestRc.start(), await TestRc.start()];
    const card = await rig.tap(tag().card);
    await rig.run(register(card, await other.admin()));
    expect(await rig.failure(register(card, await rc.admin()))).toMatchObject(OCCUPIED);
    await rig.run(register(card, await rc.admin(), { force: true }));
  });

  it('is not overwritten when it holds something foreign', async () => {
    const rc = await TestRc.start();
    const admin = await rc.admin();
    const { card: virtual, dump } = tag();
    // An NDEF record: https://a.b
    dump.set(fromHex('0308d101045504612e62fe00'), 16);
    const before = Uint8Array.from(dump);
    const card = await rig.tap(virtual);
    expect(await rig.failure(register(card, admin))).toMatchObject({
      code: 'card-not-registered',
      cause: { code: 'card-foreign' },
      message: expect.stringMatching(/^nothing was registered: .*--force/),
    });
    expect(dump).toEqual(before);
    await rig.run(register(card, admin, { force: true }));
    expect(await registeredCards(admin)).toHaveLength(1);
  });

  it('is refused when it is too small, forced or not', async () => {
    const rc = await TestRc.start();
    const admin = await rc.admin();
    const card = await rig.tap(tag('NTAG213').card);
    for (const force of [false, true]) {
      expect(await rig.failure(register(card, admin, { force }))).toMatchObject({
        code: 'card-not-registered',
        cause: { code: 'card-too-small' },
      });
    }
    expect(await registeredCards(admin)).toEqual([]);
  });
});

describe('a card that is taken away', () => {
  it.each(['old', 'zero', 'mix', 'new'] as const)(
    'while a write leaves %s registers nothing, and is registered when it is laid on again',
    async (torn) => {
      const rc = await TestRc.start();
      const admin = await rc.admin();
      const { card: virtual, dump } = tag();
      const factory = Uint8Array.from(dump);
      await rig.run(register(await rig.tap(virtual), admin));
      const writes = virtual.writes;
      const taken = () => rig.field.take();
      for (const nth of [...Array(12).keys()].map((i) => 1 + i).concat([30, writes - 1, writes])) {
        dump.set(factory);
        const before = await registeredCards(admin);
        let card = await rig.tap(virtual);
        rig.faults.inject(faults.removeDuringWrite(taken, torn), { which: cardWrite, nth });
        const error = await rig.failure(register(card, admin));
        rig.faults.clear();
        expect(error, `write ${nth}`).toMatchObject({
          code: 'card-not-registered',
          message: expect.stringMatching(/^nothing was registered: /),
          cause: { code: 'card-removed' },
        });
        expect(await registeredCards(admin)).toEqual(before);
        card = await rig.tap(virtual);
        const made = await rig.run(register(card, admin));
        expect(toHex((await imageOn(card)).image.uid)).toBe(made.card.uid);
      }
    },
  );

  it('before it was looked at registers nothing', async () => {
    const rc = await TestRc.start();
    const admin = await rc.admin();
    const card = await rig.tap(tag().card);
    rig.field.take();
    expect(await rig.failure(register(card, admin))).toMatchObject({ code: 'card-not-registered' });
    rig.field.put(tag('NTAG215', OTHER_UID).card);
    expect(await rig.failure(register(card, admin))).toMatchObject({ code: 'card-not-registered' });
    expect(await registeredCards(admin)).toEqual([]);
  });

  it('once it was written is registered all the same', async () => {
    const rc = await TestRc.start();
    const admin = await rc.admin();
    const card = await rig.tap(tag().card);
    const onStep = (step: string) => {
      if (step === 'card written') rig.field.take();
    };
    const made = await rig.run(register(card, admin, { onStep }));
    expect(await registeredCards(admin)).toEqual([made.card.uid]);
  });
});

/** A client whose last step goes wrong as often as `losses` says: before it is sent, or on the way back. */
function losing(client: RcClient, losses: readonly ('request' | 'reply')[]): RegisterCardOptions['client'] {
  const left = [...losses];
  return {
    beginRegistration: (request) => client.beginRegistration(request),
    card: (uid) => client.card(uid),
    async completeRegistration(id, completion) {
      const loss = left.shift();
      if (loss !== 'request') {
        const answer = await client.completeRegistration(id, completion);
        if (loss === undefined) return answer;
      }
      throw new RcUnreachableError('lost');
    },
  };
}

describe('a registration whose last step gets no answer', () => {
  it('is asked for again, and is registered once', async () => {
    const rc = await TestRc.start();
    const admin = await rc.admin();
    const card = await rig.tap(tag().card);
    const made = await rig.run(register(card, losing(admin, ['reply', 'request'])));
    expect(await registeredCards(admin)).toEqual([made.card.uid]);
  });

  it('leaves a card that may be registered again, when the centre never heard of it', async () => {
    const rc = await TestRc.start();
    const admin = await rc.admin();
    const card = await rig.tap(tag().card);
    const lost = losing(admin, ['request', 'request', 'request']);
    expect(await rig.failure(register(card, lost))).toMatchObject({ code: 'registration-unconfirmed' });
    const made = await rig.run(register(card, admin));
    expect(await registeredCards(admin)).toEqual([made.card.uid]);
  });

  it('leaves a card that is not overwritten unasked, when the centre has registered it', async () => {
    const rc = await TestRc.start();
    const admin = await rc.admin();
    const card = await rig.tap(tag().card);
    const lost = losing(admin, ['reply', 'reply', 'reply']);
    expect(await rig.failure(register(card, lost))).toMatchObject({ code: 'registration-unconfirmed' });
    expect(await rig.failure(register(card, admin))).toMatchObject({ code: 'card-occupied' });
    expect(await registeredCards(admin)).toEqual([toHex((await imageOn(card)).image.uid)]);
  });
});
