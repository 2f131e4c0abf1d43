import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { checkPinStrength, type PatientFacts, WeakPinError } from '../../protocol/pin-policy.ts';

function weakness(pin: string, patient?: PatientFacts): string | undefined {
  try {
    checkPinStrength(pin, patient);
    return undefined;
  } catch (error) {
    if (error instanceof WeakPinError) return error.weakness;
    throw error;
  }
}

const ASHA: PatientFacts = { name: 'Asha María Naik', record: 'GOA/482913', born: '1984-07-09' };

describe('a PIN that is guessed first', () => {
  it.each([
    ['111111', 'repeated'],
    ['000000000000', 'repeated'],
    ['121212', 'repeated'],
    ['123123', 'repeated'],
    ['48134813', 'repeated'],
    ['111222', 'repeated'],
    ['223222', 'repeated'],
    ['123456', 'run'],
    ['654321', 'run'],
    ['890123', 'run'],
    ['210987', 'run'],
    ['135791', 'run'],
    ['123321', 'run'],
    ['9876789', 'run'],
    ['112233', 'run'],
    ['998877', 'run'],
    ['123456789012', 'run'],
    ['159753', 'common'],
    ['147258', 'common'],
    ['246810', 'common'],
    ['31415926', 'common'],
  ])('is refused as digits: %s (%s)', (pin, expected) => {
    expect(weakness(pin)).toBe(expected);
  });

  it.each([
    ['aaaaaaaa', 'repeated'],
    ['abcabcabc', 'repeated'],
    ['aabb aabb', 'repeated'],
    ['        ', 'repeated'],
    ['🐈🐈🐈🐈🐈🐈🐈🐈', 'repeated'],
    ['abcdefgh', 'run'],
    ['HGFEDCBA', 'run'],
    ['qwertyui', 'run'],
    ['1q2w3e4r', 'run'],
    ['lkjhgfds', 'run'],
    ['123456!!', 'run'],
    ['a1234567', 'run'],
    ['111111ab', 'repeated'],
    ['Password', 'common'],
    ['P4ssw0rd!', 'common'],
    ['password2027', 'common'],
    ['i love you', 'common'],
    ['qwerty12345', 'common'],
    ['!!!!1234!!!!', 'common'],
  ])('is refused as a passphrase: %s (%s)', (pin, expected) => {
    expect(weakness(pin)).toBe(expected);
  });

  it.each([
    ['090784', 'birth-date'],
    ['070984', 'birth-date'],
    ['840709', 'birth-date'],
    ['09071984', 'birth-date'],
    ['19840709', 'birth-date'],
    ['971984', 'birth-date'],
    ['198484', 'birth-date'],
    ['0907840', 'birth-date'],
    ['482913', 'personal'],
    ['4829130', 'personal'],
    ['maria naik', 'personal'],
    ['María-1984', 'personal'],
    ['ashanaik99', 'personal'],
    ['09071984ab', 'birth-date'],
  ])('is refused where the patient is known: %s (%s)', (pin, expected) => {
    expect(weakness(pin)).toBeUndefined();
    expect(weakness(pin, ASHA)).toBe(expected);
  });

  it('says why, without the PIN, and what to do', () => {
    expect(() => checkPinStrength('123456')).toThrow(
      'this PIN is too easy to guess: its characters follow each other in a row; choose another',
    );
    const messages = ['111111', '123456', '159753', '090784', 'ashanaik99'].map((pin) => {
      try {
        checkPinStrength(pin, ASHA);
        return '';
      } catch (error) {
        return error instanceof WeakPinError && !error.message.includes(pin)
          ? error.code
          : 'the PIN is in it';
      }
    });
    expect(new Set(messages)).toEqual(new Set(['pin-weak']));
  });
});

describe('any other PIN', () => {
  it.each(['482913', '739105', '975310', '100000001742', '20381975', '124816'])('is taken: %s', (pin) => {
    expect(weakness(pin)).toBeUndefined();
  });

  it.each([
    'a fine day',
    'monsoon in june',
    'Asha likes mangoes',
    'பாதுகாப்பு நன்று',
    'tea at nine, twice',
    'password of my own making',
  ])('is taken as a passphrase: %s', (pin) => {
    expect(weakness(pin, ASHA)).toBeUndefined();
  });

  it('is taken whatever is not known of the patient', () => {
    for (const patient of [{}, { name: '' }, { name: 'Li', record: '7' }, { record: 'none' }]) {
      expect(weakness('482913', patient)).toBeUndefined();
    }
  });

  it('are more than 98 in a hundred of those with six digits', () => {
    let weak = 0;
    for (let pin = 7; pin < 1_000_000; pin += 97) {
      if (weakness(String(pin).padStart(6, '0')) !== undefined) weak += 1;
    }
    expect(weak / (1_000_000 / 97)).toBeLessThan(0.02);
  });

  it('is judged alike however its letters are composed', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme', minLength: 8, maxLength: 20 }), (pin) => {
        expect(weakness(pin.normalize('NFD'), ASHA)).toBe(weakness(pin.normalize('NFC'), ASHA));
      }),
      { numRuns: 200 },
    );
  });
});
