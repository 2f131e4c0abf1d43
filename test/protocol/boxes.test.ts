import { beforeAll, describe, expect, it } from 'vitest';
import { WrongPinError, WrongRecoveryCodeError } from '../../protocol/boxes.ts';
import { type CardeaCard, DamagedCardError } from '../../protocol/card-image.ts';
import { openWithPin, openWithRecoveryCode } from '../../protocol/card-secrets.ts';
import { noble } from '../../protocol/crypto/noble.ts';
import { parsePin } from '../../protocol/pin.ts';
import { PinAttempt } from '../../protocol/pin-attempt.ts';
import { parseRecoveryCode } from '../../protocol/recovery-code.ts';
import type { MadeCard } from '../../protocol/registration.ts';
import { evaluateFor, numberedRandom, registeredCard } from './cards.ts';
import { flipped, thrownBy } from './support.ts';

let made: MadeCard & { readonly usk: Uint8Array };
let attempt: PinAttempt;
let evaluated: Uint8Array;

beforeAll(async () => {
  made = await registeredCard('482913');
  attempt = PinAttempt.make(noble, parsePin('482913'), numberedRandom());
  evaluated = evaluateFor(made.image.uid, 1, attempt.blinded);
});

/** Every card that differs from `made` in one bit of one byte of that field. */
function flips(field: 'uid' | 'caPin' | 'salt' | 'pinBox' | 'recoveryBox' | 'uskBox'): CardeaCard[] {
  return [...made.image[field].keys()].map((at) => ({
    ...made.image,
    [field]: flipped(made.image[field], at),
  }));
}

function code(): Uint8Array {
  if (made.recoveryCode === null) throw new Error('the card was made with a code');
  return made.recoveryCode;
}

describe('a card', () => {
  it('opens with its PIN, and with its recovery code, to the same usk', async () => {
    const byPin = await openWithPin(noble, made.image, attempt, evaluated);
    const byCode = openWithRecoveryCode(noble, made.image, code());
    expect(byPin.usk).toEqual(made.usk);
    expect(byCode.usk).toEqual(made.usk);
    expect(byPin.cardKey.publicKey).toEqual(made.cs);
    expect(byCode.cardKey.publicKey).toEqual(made.rs);
    expect(made.cs).not.toEqual(made.rs);
  });

  it('does not open with another PIN', async () => {
    const wrong = PinAttempt.make(noble, parsePin('482914'), numberedRandom());
    const answer = evaluateFor(made.image.uid, 1, wrong.blinded);
    await expect(openWithPin(noble, made.image, wrong, answer)).rejects.toThrow(WrongPinError);
  });

  it.each([
    ['of another PIN number', () => evaluateFor(made.image.uid, 2, attempt.blinded)],
    ['of another card', () => evaluateFor(new Uint8Array(16), 1, attempt.blinded)],
  ])('does not open with an evaluation %s', async (_name, answer) => {
    await expect(openWithPin(noble, made.image, attempt, answer())).rejects.toThrow(WrongPinError);
  });

  it.each(['uid', 'caPin', 'salt', 'pinBox'] as const)(
    'does not open with its PIN when any byte of %s is changed',
    async (field) => {
      for (const card of flips(field)) {
        await expect(openWithPin(noble, card, attempt, evaluated)).rejects.toThrow(WrongPinError);
      }
    },
  );

  it.each([
    ['keyId', { keyId: 4 }],
    ['pinVersion', { pinVersion: 2 }],
    ['logN', { logN: 10 }],
  ])('does not open with its PIN when %s is changed', async (_name, change) => {
    await expect(openWithPin(noble, { ...made.image, ...change }, attempt, evaluated)).rejects.toThrow(
      WrongPinError,
    );
  });

  it('is damaged when any byte of uskBox is changed, though the PIN is right', async () => {
    for (const card of flips('uskBox')) {
      await expect(openWithPin(noble, card, attempt, evaluated)).rejects.toThrow(DamagedCardError);
    }
  });

  it.each(['uid', 'caPin', 'recoveryBox'] as const)(
    'does not open with its recovery code when any byte of %s is changed',
    (field) => {
      for (const card of flips(field)) {
        expect(() => openWithRecoveryCode(noble, card, code())).toThrow(WrongRecoveryCodeError);
      }
    },
  );

  it('does not open with another recovery code, or with another keyId', () => {
    for (const at of code().keys()) {
      expect(() => openWithRecoveryCode(noble, made.image, flipped(code(), at))).toThrow(
        WrongRecoveryCodeError,
      );
    }
    expect(() => openWithRecoveryCode(noble, { ...made.image, keyId: 4 }, code())).toThrow(
      WrongRecoveryCodeError,
    );
  });

  it('opens with its recovery code whatever became of the PIN', () => {
    const changed = { ...made.image, pinVersion: 9, logN: 17, salt: new Uint8Array(16) };
    expect(openWithRecoveryCode(noble, changed, code()).usk).toEqual(made.usk);
  });

  it('without a recovery code says so, and takes none', async () => {
    const without = await registeredCard('482913', { recovery: false });
    expect(without).toMatchObject({ rs: null, recoveryCode: null });
    expect(without.image.recoveryBox).toEqual(new Uint8Array(48));
    const any = parseRecoveryCode('0'.repeat(20));
    expect(thrownBy(() => openWithRecoveryCode(noble, without.image, any))).toMatchObject({
      code: 'no-recovery-code',
    });
  });

  it('with a stretched PIN opens with it, and not unstretched', async () => {
    const stretched = await registeredCard('482913', { logN: 10 });
    const answer = evaluateFor(stretched.image.uid, 1, attempt.blinded);
    expect((await openWithPin(noble, stretched.image, attempt, answer)).usk).toEqual(stretched.usk);
    const lying = { ...stretched.image, logN: 0 };
    await expect(openWithPin(noble, lying, attempt, answer)).rejects.toThrow(WrongPinError);
  });

  it('refuses with stable codes, and with words that say nothing secret', async () => {
    const wrongPin = { ...made.image, salt: new Uint8Array(16) };
    await expect(openWithPin(noble, wrongPin, attempt, evaluated)).rejects.toMatchObject({
      code: 'wrong-pin',
      message: 'the PIN is wrong',
    });
    expect(thrownBy(() => openWithRecoveryCode(noble, made.image, flipped(code(), 0)))).toMatchObject({
      code: 'wrong-recovery-code',
      message: 'the recovery code is wrong',
    });
  });
});
