import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { utf8 } from '../../protocol/bytes.ts';
import { PinFormatError, parsePin } from '../../protocol/pin.ts';

describe('a PIN', () => {
  it.each(['482913', '0000000', '135790246813'])('may be the digits %s', (pin) => {
    expect(parsePin(pin)).toEqual(utf8(pin));
  });

  it.each([
    ['eight characters, one of them no digit', '1234567a'],
    ['64 characters', 'x'.repeat(64)],
    ['64 code points outside the BMP', '🐈'.repeat(64)],
    ['spaces alone', ' '.repeat(8)],
    ['digits that are not ASCII', '٤٨٢٩١٣٤٨'],
    ['13 digits and a letter', '1234567890123a'],
  ])('may be a passphrase of %s', (_name, passphrase) => {
    expect(parsePin(passphrase)).toEqual(utf8(passphrase));
  });

  it('is the same however its letters are composed', () => {
    expect(parsePin('passphrase \u00fc')).toEqual(parsePin('passphrase u\u0308'));
  });

  it('is counted after it is composed', () => {
    expect(() => parsePin('u\u0308'.repeat(7))).toThrow(PinFormatError);
    expect(parsePin('u\u0308'.repeat(64))).toEqual(utf8('\u00fc'.repeat(64)));
  });

  it('is never trimmed', () => {
    expect(parsePin(' passphrase ')).toEqual(utf8(' passphrase '));
    expect(() => parsePin('482913 ')).toThrow(PinFormatError);
    expect(() => parsePin('482913\n')).toThrow(PinFormatError);
  });

  it.each([
    ['nothing', ''],
    ['five digits', '48291'],
    ['13 digits', '1357902468135'],
    ['seven characters', 'secret!'],
    ['six digits that are not ASCII', '٤٨٢٩١٣'],
    ['65 characters', 'x'.repeat(65)],
    ['65 code points outside the BMP', '🐈'.repeat(65)],
    ['half a surrogate pair', 'passphrase \ud83d'],
  ])('cannot be %s', (_name, text) => {
    expect(() => parsePin(text)).toThrow(PinFormatError);
  });

  it('is told by its code, and the message does not repeat it', () => {
    try {
      parsePin('48291');
      expect.unreachable();
    } catch (error) {
      expect(error).toMatchObject({ code: 'pin-format' });
      expect(String(error)).not.toContain('48291');
    }
  });

  it('is accepted or refused, whatever is typed', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 80 }), (text) => {
        try {
          expect(parsePin(text).length).toBeGreaterThanOrEqual(6);
        } catch (error) {
          expect(error).toBeInstanceOf(PinFormatError);
        }
      }),
    );
  });
});
