import { beforeAll, describe, expect, it } from 'vitest';
import { WrongPinError } from '../../protocol/boxes.ts';
import { DamagedCardError } from '../../protocol/card-image.ts';
import { openWithPin, openWithRecoveryCode } from '../../protocol/card-secrets.ts';
import { MAX_SEQUENCE } from '../../protocol/constants.ts';
import { noble } from '../../protocol/crypto/noble.ts';
import { MalformedError } from '../../protocol/errors.ts';
import { parsePin } from '../../protocol/pin.ts';
import { PinAttempt } from '../../protocol/pin-attempt.ts';
import { type ChangedPin, changePin, isPinChangeProof } from '../../protocol/pin-change.ts';
import type { MadeCard } from '../../protocol/registration.ts';
import { evaluateFor, numberedRandom, registeredCard } from './cards.ts';
import { flipped } from './support.ts';

let before: MadeCard & { readonly usk: Uint8Array };
let attempt: PinAttempt;
let after: ChangedPin;

function evaluated(pinVersion: number): Uint8Array {
  return evaluateFor(before.image.uid, pinVersion, attempt.blinded);
}

function change(
  to: {
    readonly pinVersion?: number;
    readonly card?: typeof before.image;
    readonly evaluated?: Uint8Array;
  } = {},
): Promise<ChangedPin> {
  const { usk, image: card } = before;
  const random = numberedRandom();
  return changePin(noble, { card, usk, attempt, evaluated: evaluated(2), pinVersion: 2, random, ...to });
}

beforeAll(async () => {
  before = await registeredCard('482913');
  attempt = PinAttempt.make(noble, parsePin('739105'), numberedRandom());
  after = await change();
});

describe('a PIN change', () => {
  it('gives the card a new key under the new PIN, and the next sequence', async () => {
    const { cardKey, usk } = await openWithPin(noble, after.image, attempt, evaluated(2));
    expect(cardKey.publicKey).toEqual(after.cs);
    expect(after.cs).not.toEqual(before.cs);
    expect(usk).toEqual(before.usk);
    expect(after.image).toMatchObject({ sequence: 2, pinVersion: 2 });
    expect(after.image.salt).not.toEqual(before.image.salt);
  });

  it('leaves the rest of the card as it was, the recovery code among it', () => {
    const { uid, caPin, keyId, logN, recoveryBox } = before.image;
    expect(after.image).toMatchObject({ uid, caPin, keyId, logN, recoveryBox });
    if (before.recoveryCode === null) throw new Error('the card was made with a code');
    expect(openWithRecoveryCode(noble, after.image, before.recoveryCode).usk).toEqual(before.usk);
  });

  it('shuts the old PIN out', async () => {
    const old = PinAttempt.make(noble, parsePin('482913'), numberedRandom());
    for (const version of [1, 2]) {
      const answer = evaluateFor(before.image.uid, version, old.blinded);
      await expect(openWithPin(noble, after.image, old, answer)).rejects.toThrow(WrongPinError);
    }
  });

  it('may skip numbers, which a lost change has used up', async () => {
    const skipped = await change({ pinVersion: 65_535, evaluated: evaluated(65_535) });
    expect(skipped.image.pinVersion).toBe(65_535);
  });

  it.each([0, 1, 65_536, 2.5, Number.NaN])('refuses the PIN number %s after number 1', async (pinVersion) => {
    await expect(change({ pinVersion })).rejects.toThrow(MalformedError);
  });

  it('refuses a card whose sequence cannot be raised', async () => {
    const card = { ...before.image, sequence: MAX_SEQUENCE };
    await expect(change({ card })).rejects.toThrow(DamagedCardError);
  });

  it('refuses an evaluation that is no element', async () => {
    await expect(change({ evaluated: new Uint8Array(32) })).rejects.toThrow(MalformedError);
  });
});

describe('the proof of a PIN change', () => {
  it('is believed for what it says', () => {
    expect(isPinChangeProof(noble, before.usk, 2, after.cs, after.proof)).toBe(true);
  });

  it('is not believed for another number, key, card, or when a byte of it is changed', () => {
    const { usk } = before;
    const { cs, proof } = after;
    expect(isPinChangeProof(noble, usk, 3, cs, proof)).toBe(false);
    for (let at = 0; at < 32; at++) {
      expect(isPinChangeProof(noble, flipped(usk, at), 2, cs, proof)).toBe(false);
      expect(isPinChangeProof(noble, usk, 2, flipped(cs, at), proof)).toBe(false);
      expect(isPinChangeProof(noble, usk, 2, cs, flipped(proof, at))).toBe(false);
    }
    expect(isPinChangeProof(noble, usk, 2, cs, proof.slice(0, 31))).toBe(false);
    expect(isPinChangeProof(noble, usk, 2, cs, new Uint8Array(0))).toBe(false);
  });
});
