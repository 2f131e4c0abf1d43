import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { fromHex, toHex, utf8 } from '../../protocol/bytes.ts';
import { openWithPin } from '../../protocol/card-secrets.ts';
import { noble } from '../../protocol/crypto/noble.ts';
import { deriveOprfKey, derivePsk } from '../../protocol/keys.ts';
import { evaluate } from '../../protocol/oprf.ts';
import { PinAttempt } from '../../protocol/pin-attempt.ts';
import { makeCard } from '../../protocol/registration.ts';
import { systemRandom } from '../../runtime/random.ts';
import { begin, blindedPin, completion, PATIENT, randomHex, register } from './registering.ts';
import { TestRc } from './running-rc.ts';

const UNKNOWN = { problemCode: 'registration-unknown', status: 404 };

describe('registration over the API', () => {
  it('makes a card that opens with its PIN and any hub’s evaluation', async () => {
    const rc = await TestRc.start();
    const admin = await rc.admin();
    const hub = await rc.admitHub('goa-01');
    const attempt = PinAttempt.make(noble, utf8('123456'), systemRandom);
    const begun = await admin.beginRegistration({ blinded: toHex(attempt.blinded) });
    const usk = fromHex(begun.usk);
    const made = await makeCard(noble, {
      uid: fromHex(begun.uid),
      keyId: begun.keyId,
      usk,
      caPin: fromHex(begun.caPin),
      attempt,
      evaluated: fromHex(begun.evaluated),
      logN: 0,
      random: systemRandom,
      recovery: false,
    });
    const step = { cs: toHex(made.cs), rs: null, patient: PATIENT };
    const summary = await admin.completeRegistration(begun.registrationId, step);
    expect(summary).toMatchObject({
      uid: begun.uid,
      status: 'active',
      name: 'Asha Naik',
      registeredBy: 'admin',
    });

    const [change] = (await hub.client.feed({})).changes;
    expect(change?.card).toMatchObject({ uid: begun.uid, cs: toHex(made.cs), pinVersion: 1, epoch: 0 });
    expect(change?.card.psk).toBe(toHex(derivePsk(noble, usk, 'goa-01')));
    const again = PinAttempt.make(noble, utf8('123456'), systemRandom);
    const key = deriveOprfKey(noble, fromHex(change?.card.oprfSeed ?? ''), 1);
    const opened = await openWithPin(noble, made.image, again, evaluate(noble, key, again.blinded));
    expect(toHex(opened.usk)).toBe(begun.usk);
    expect(toHex(opened.cardKey.publicKey)).toBe(step.cs);
  });

  it('gives every card a UID of its own', async () => {
    const rc = await TestRc.start();
    const admin = await rc.admin();
    const blinded = blindedPin();
    const [a, b] = [await admin.beginRegistration({ blinded }), await admin.beginRegistration({ blinded })];
    expect(a.uid).not.toBe(b.uid);
    expect(a.evaluated).not.toBe(b.evaluated);
  });

  it('answers the last step alike when it comes again, and refuses it with another key or patient', async () => {
    const rc = await TestRc.start();
    const { registrationId } = await begin(await rc.admin());
    const step = completion();
    const first = await (await rc.admin()).completeRegistration(registrationId, step);
    await rc.stop();
    await rc.serve();
    const admin = await rc.admin();
    expect(await admin.completeRegistration(registrationId, step)).toEqual(first);
    for (const other of [
      { ...step, cs: completion().cs },
      { ...step, patient: { name: 'Asha Naik' } },
    ]) {
      await expect(admin.completeRegistration(registrationId, other)).rejects.toMatchObject({
        problemCode: 'registration-conflict',
        status: 409,
      });
    }
    expect((await admin.cards()).cards).toEqual([first]);
  });

  it('is good for the operator who began it, for ten minutes', async () => {
    const rc = await TestRc.start();
    const other = await rc.admit({ kind: 'operator', id: 'desk-2', role: 'registrar' });
    const admin = await rc.admin();
    const { registrationId } = await begin(admin);
    await expect(other.client.completeRegistration(registrationId, completion())).rejects.toMatchObject(
      UNKNOWN,
    );
    await rc.clock.advance(10 * 60 * 1000);
    const late = await rc.admin();
    await expect(late.completeRegistration(registrationId, completion())).rejects.toMatchObject(UNKNOWN);
    expect((await late.cards()).cards).toEqual([]);
  });

  it('gives a patient a new card under the same subject, and ends the old one', async () => {
    const rc = await TestRc.start();
    const admin = await rc.admin();
    const hub = await rc.admitHub('goa-01');
    const old = await register(admin);
    const fresh = await register(admin, { id: old.summary.patientId });
    expect(fresh.summary).toMatchObject({ name: 'Asha Naik', record: 'GOA/17', status: 'active' });
    expect(await admin.card(old.uid)).toMatchObject({ status: 'revoked', reason: 'replaced' });

    const cards = (await hub.client.feed({})).changes.map(({ card }) => card);
    expect(cards.map(({ uid, status }) => [uid, status])).toEqual([
      [old.uid, 'revoked'],
      [fresh.uid, 'active'],
    ]);
    expect(cards[0]?.subject).toBe(cards[1]?.subject);
    expect(cards[0]?.psk).not.toBe(cards[1]?.psk);
    await expect(register(admin, { id: '00'.repeat(16) })).rejects.toMatchObject({
      problemCode: 'patient-unknown',
    });
  });

  it('makes new cards under the newest master key, and keeps the old ones under theirs', async () => {
    const rc = await TestRc.start();
    const hub = await rc.admitHub('goa-01');
    const old = await register(await rc.admin());
    await rc.stop();
    writeFileSync(join(rc.folder, 'keys', 'master-1.key'), `${randomHex(32)}\n`, { mode: 0o600 });
    await rc.serve();
    const admin = await rc.admin();
    const fresh = await register(admin, { id: old.summary.patientId });
    expect((await begin(admin)).keyId).toBe(1);
    const { changes } = await rc.client(hub.identity).feed({});
    const psks = changes.map(({ card }) => card.psk);
    expect(psks).toEqual([old, fresh].map(({ usk }) => toHex(derivePsk(noble, usk, 'goa-01'))));
    expect(changes[0]?.card.subject).toBe(changes[1]?.card.subject);
  });

  it('refuses what is no blinded PIN', async () => {
    const rc = await TestRc.start();
    const admin = await rc.admin();
    for (const blinded of ['00'.repeat(32), 'ff'.repeat(32)]) {
      await expect(admin.beginRegistration({ blinded })).rejects.toMatchObject({
        problemCode: 'request-malformed',
        status: 400,
      });
    }
  });

  it('writes no secret and no patient’s name into the log', async () => {
    const rc = await TestRc.start();
    const { summary, usk } = await register(await rc.admin());
    const log = rc.log.lines.join('\n');
    expect(log).toContain(`"uid":"${summary.uid}"`);
    for (const secret of [toHex(usk), 'Asha', 'GOA/17']) expect(log).not.toContain(secret);
  });
});

describe('revoking over the API', () => {
  it('ends a card for the first reason given, and for ever', async () => {
    const rc = await TestRc.start();
    const admin = await rc.admin();
    const { uid } = await register(admin);
    const revoked = await admin.revokeCard(uid, 'stolen');
    expect(revoked).toMatchObject({ status: 'revoked', reason: 'stolen', revoked: rc.clock.now() });
    expect(await admin.revokeCard(uid, 'lost')).toEqual(revoked);
    expect(await admin.card(uid)).toEqual(revoked);
  });

  it('knows no card that is none', async () => {
    const rc = await TestRc.start();
    const admin = await rc.admin();
    const nobody = '00'.repeat(16);
    const unknown = { problemCode: 'card-unknown', status: 404 };
    await expect(admin.revokeCard(nobody, 'lost')).rejects.toMatchObject(unknown);
    await expect(admin.card(nobody)).rejects.toMatchObject(unknown);
    await expect(admin.cards({ after: nobody })).rejects.toMatchObject(unknown);
  });
});
