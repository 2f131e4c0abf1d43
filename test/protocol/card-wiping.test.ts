import { describe, expect, it } from 'vitest';
import { WrongPinError, WrongRecoveryCodeError } from '../../protocol/boxes.ts';
import { DamagedCardError } from '../../protocol/card-image.ts';
import { openWithPin, openWithRecoveryCode } from '../../protocol/card-secrets.ts';
import { noble } from '../../protocol/crypto/noble.ts';
import { MalformedError } from '../../protocol/errors.ts';
import { parsePin } from '../../protocol/pin.ts';
import { PinAttempt } from '../../protocol/pin-attempt.ts';
import { changePin } from '../../protocol/pin-change.ts';
import { beginRegistration, hubCardSecrets, makeCard } from '../../protocol/registration.ts';
import { caPin, evaluateFor, masterKey, numberedRandom, registeredCard, SecretWatch } from './cards.ts';
import { flipped } from './support.ts';

/** A registered card, and an attempt at it whose every secret is watched. */
async function watched(pin: string, options: { readonly logN?: number } = {}) {
  const made = await registeredCard('482913', options);
  const watch = new SecretWatch();
  const attempt = PinAttempt.make(watch.primitives, parsePin(pin), watch.random(numberedRandom()));
  const evaluated = evaluateFor(made.image.uid, 1, attempt.blinded);
  return { ...made, card: made.image, watch, p: watch.primitives, attempt, evaluated };
}

describe('secrets', () => {
  it('of an opened card are those the caller has, until they are wiped', async () => {
    const { watch, p, card, attempt, evaluated } = await watched('482913', { logN: 10 });
    const secrets = await openWithPin(p, card, attempt, evaluated);
    attempt.wipe();
    const theirs = [secrets.usk, secrets.cardKey.privateKey];
    expect(watch.alive(attempt.blinded, evaluated)).toHaveLength(theirs.length);
    expect(watch.alive(attempt.blinded, evaluated, ...theirs)).toEqual([]);
    secrets.wipe();
    expect(watch.alive(attempt.blinded, evaluated)).toEqual([]);
    expect(watch.count).toBeGreaterThan(10);
  });

  it('are gone when the PIN was wrong', async () => {
    const { watch, p, card, attempt, evaluated } = await watched('482914', { logN: 10 });
    await expect(openWithPin(p, card, attempt, evaluated)).rejects.toThrow(WrongPinError);
    attempt.wipe();
    expect(watch.alive(attempt.blinded, evaluated)).toEqual([]);
  });

  it('are gone when the usk box does not open', async () => {
    const { watch, p, card, attempt, evaluated } = await watched('482913');
    const damaged = { ...card, uskBox: flipped(card.uskBox, 0) };
    await expect(openWithPin(p, damaged, attempt, evaluated)).rejects.toThrow(DamagedCardError);
    attempt.wipe();
    expect(watch.alive(attempt.blinded, evaluated)).toEqual([]);
  });

  it('are gone when the stretching fails', async () => {
    const { watch, p, card, usk, attempt, evaluated } = await watched('482913', { logN: 10 });
    const failing = { ...p, scrypt: () => Promise.reject(new Error('out of memory')) };
    await expect(openWithPin(failing, card, attempt, evaluated)).rejects.toThrow('out of memory');
    const change = { card, usk, attempt, evaluated, pinVersion: 2, random: watch.random(numberedRandom()) };
    await expect(changePin(failing, change)).rejects.toThrow('out of memory');
    attempt.wipe();
    const salt = new Uint8Array(16).fill(2);
    const alive = watch.alive(attempt.blinded, evaluated);
    expect(alive).toEqual([salt]);
  });

  it('of the recovery path are those the caller has, and none with a wrong code', async () => {
    const { watch, p, card, recoveryCode } = await watched('482913');
    if (recoveryCode === null) throw new Error('the card was made with a code');
    const wrong = flipped(recoveryCode, 0);
    expect(() => openWithRecoveryCode(p, card, wrong)).toThrow(WrongRecoveryCodeError);
    const secrets = openWithRecoveryCode(p, card, recoveryCode);
    secrets.wipe();
    const element = watch.alive(wrong, recoveryCode);
    // The attempt that came with the card was not used: its blind, and the blinded PIN.
    expect(element).toHaveLength(2);
  });

  it('of a PIN change are gone but for what the caller brought', async () => {
    const { watch, p, card, usk, attempt, evaluated } = await watched('739105', { logN: 10 });
    const random = watch.random(numberedRandom());
    const changed = await changePin(p, { card, usk, attempt, evaluated, pinVersion: 2, random });
    attempt.wipe();
    const known = [attempt.blinded, evaluated, usk, changed.image.salt, changed.proof];
    expect(watch.alive(...known)).toEqual([]);
  });

  it('of a registration are gone but for what goes to the RC and to the patient', async () => {
    const watch = new SecretWatch();
    const p = watch.primitives;
    const random = watch.random(numberedRandom());
    const attempt = PinAttempt.make(p, parsePin('482913'), random);
    const begun = beginRegistration(p, { masterKey, blinded: attempt.blinded, random });
    const rest = { keyId: 3, caPin, attempt, logN: 10, random, recovery: true };
    const { image, recoveryCode } = await makeCard(p, { ...begun, ...rest });
    attempt.wipe();
    const known = [masterKey, attempt.blinded, begun.uid, begun.evaluated, begun.usk, image.salt];
    expect(watch.alive(...known, ...(recoveryCode === null ? [] : [recoveryCode]))).toEqual([]);
  });

  it('of a registration are gone when the blinded PIN is malformed', () => {
    const watch = new SecretWatch();
    const random = watch.random(numberedRandom());
    const blinded = new Uint8Array(32).fill(0xff);
    expect(() => beginRegistration(watch.primitives, { masterKey, blinded, random })).toThrow(MalformedError);
    const uid = new Uint8Array(16).fill(1);
    expect(watch.alive(masterKey, blinded)).toEqual([uid]);
  });

  it('of a hub are the hub’s; the usk they come from is gone', () => {
    const watch = new SecretWatch();
    const of = { masterKey, masterKey0: masterKey, uid: new Uint8Array(16), patientId: new Uint8Array(16) };
    const secrets = hubCardSecrets(watch.primitives, { ...of, hubId: 'goa-01' });
    expect(watch.alive(masterKey, secrets.psk, secrets.subject, secrets.oprfSeed)).toEqual([]);
  });

  it('are still computed right by the watched primitives', async () => {
    const { p, card, usk, attempt, evaluated } = await watched('482913');
    const secrets = await openWithPin(p, card, attempt, evaluated);
    expect(secrets.usk).toEqual(usk);
    expect((await openWithPin(noble, card, attempt, evaluated)).usk).toEqual(usk);
  });
});
