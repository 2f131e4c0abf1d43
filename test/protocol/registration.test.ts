import { describe, expect, it } from 'vitest';
import { decodeCardImage, encodeCardImage } from '../../protocol/card-image.ts';
import { openWithPin } from '../../protocol/card-secrets.ts';
import { noble } from '../../protocol/crypto/noble.ts';
import { MalformedError } from '../../protocol/errors.ts';
import { deriveUsk, recoveryKeyPair } from '../../protocol/keys.ts';
import { parsePin } from '../../protocol/pin.ts';
import { PinAttempt } from '../../protocol/pin-attempt.ts';
import { beginRegistration, hubCardSecrets, makeCard } from '../../protocol/registration.ts';
import { caPin, evaluateFor, masterKey, numberedRandom, registeredCard } from './cards.ts';
import { flipped } from './support.ts';

describe('registration', () => {
  it('makes a card that any terminal opens with the PIN and a hub’s evaluation', async () => {
    const { image, cs, usk } = await registeredCard('a passphrase ü');
    const read = decodeCardImage(noble, encodeCardImage(noble, image));
    expect(read).toEqual(image);
    expect(image).toMatchObject({ sequence: 1, pinVersion: 1, keyId: 3, logN: 0, caPin });
    const attempt = PinAttempt.make(noble, parsePin('a passphrase ü'), numberedRandom());
    const secrets = await openWithPin(noble, image, attempt, evaluateFor(image.uid, 1, attempt.blinded));
    expect(secrets.cardKey.publicKey).toEqual(cs);
    expect(secrets.usk).toEqual(usk);
  });

  it('gives the RC the public halves alone, and the code to the patient', async () => {
    const { image, rs, recoveryCode } = await registeredCard('482913');
    if (recoveryCode === null) throw new Error('the card was made with a code');
    expect(recoveryCode).toHaveLength(20);
    expect(rs).toEqual(recoveryKeyPair(noble, recoveryCode, image.uid).publicKey);
  });

  it('draws a new UID every time, and other keys with it', () => {
    const random = numberedRandom();
    const { blinded } = PinAttempt.make(noble, parsePin('482913'), random);
    const one = beginRegistration(noble, { masterKey, blinded, random });
    const two = beginRegistration(noble, { masterKey, blinded, random });
    expect(one.uid).not.toEqual(two.uid);
    expect(one.evaluated).not.toEqual(two.evaluated);
    expect(one.usk).not.toEqual(two.usk);
    expect(one.usk).toEqual(deriveUsk(noble, masterKey, one.uid));
  });

  it.each([
    ['all zeros', new Uint8Array(32)],
    ['no element', new Uint8Array(32).fill(0xff)],
    ['too short', new Uint8Array(31)],
  ])('refuses a blinded PIN that is %s', (_name, blinded) => {
    expect(() => beginRegistration(noble, { masterKey, blinded, random: numberedRandom() })).toThrow(
      MalformedError,
    );
  });

  it.each([
    ['a logN no card may have', { logN: 9 }],
    ['an evaluation that is no element', { evaluated: new Uint8Array(32) }],
  ])('makes no card with %s', async (_name, wrong) => {
    const random = numberedRandom();
    const attempt = PinAttempt.make(noble, parsePin('482913'), random);
    const begun = beginRegistration(noble, { masterKey, blinded: attempt.blinded, random });
    const rest = { keyId: 3, caPin, attempt, logN: 0, random, recovery: true };
    await expect(makeCard(noble, { ...begun, ...rest, ...wrong })).rejects.toThrow(MalformedError);
  });

  it('gives each hub another psk and another name of the patient, and all the same OPRF seed', () => {
    const of = {
      masterKey,
      masterKey0: new Uint8Array(32).fill(1),
      uid: new Uint8Array(16).fill(2),
      patientId: new Uint8Array(16).fill(3),
    };
    const goa = hubCardSecrets(noble, { ...of, hubId: 'goa-01' });
    const pilani = hubCardSecrets(noble, { ...of, hubId: 'pilani' });
    expect(goa.psk).not.toEqual(pilani.psk);
    expect(goa.subject).not.toEqual(pilani.subject);
    expect(goa.oprfSeed).toEqual(pilani.oprfSeed);
  });

  it('gives a patient’s next card, under a rotated master key, the same subject and nothing else alike', () => {
    const of = {
      masterKey,
      masterKey0: masterKey,
      uid: new Uint8Array(16).fill(2),
      patientId: new Uint8Array(16).fill(3),
      hubId: 'goa-01',
    };
    const before = hubCardSecrets(noble, of);
    const after = hubCardSecrets(noble, { ...of, masterKey: flipped(masterKey, 0), uid: flipped(of.uid, 0) });
    expect(after.subject).toEqual(before.subject);
    expect(after.psk).not.toEqual(before.psk);
    expect(after.oprfSeed).not.toEqual(before.oprfSeed);
  });
});
