import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { utf8 } from '../../protocol/bytes.ts';
import {
  formatRecoveryCode,
  makeRecoveryCode,
  parseRecoveryCode,
  RecoveryCodeFormatError,
} from '../../protocol/recovery-code.ts';

const CODE = 'A960G039J7102HT9BMCD';

describe('a recovery code', () => {
  it('is 20 characters of which each of the 32 comes from eight of the 256 bytes', () => {
    const counts = new Map<number, number>();
    for (let byte = 0; byte < 256; byte++) {
      const code = makeRecoveryCode((length) => new Uint8Array(length).fill(byte));
      expect(code).toHaveLength(20);
      counts.set(code[7] ?? 0, (counts.get(code[7] ?? 0) ?? 0) + 1);
    }
    const letters = String.fromCharCode(...[...counts.keys()].sort((a, b) => a - b));
    expect(letters).toBe('0123456789ABCDEFGHJKMNPQRSTVWXYZ');
    expect([...counts.values()].every((count) => count === 8)).toBe(true);
  });

  it('leaves nothing of the random bytes it is made of', () => {
    const bytes = new Uint8Array(20).fill(77);
    makeRecoveryCode(() => bytes);
    expect(bytes).toEqual(new Uint8Array(20));
  });

  it('is shown in groups of five', () => {
    expect(formatRecoveryCode(utf8(CODE))).toBe('A960G-039J7-102HT-9BMCD');
  });

  it.each([
    ['as it is', CODE],
    ['as it is shown', 'A960G-039J7-102HT-9BMCD'],
    ['in lower case', CODE.toLowerCase()],
    ['with spaces and hyphens anywhere', ' A9-60G 039J7--102HT9 BMC D '],
    ['with the letter O for 0', 'A96OGO39J71o2HT9BMCD'],
    ['with I and L for 1', 'A960G039J7I02HT9BMCD'],
    ['with l for 1', 'A960G039J7l02HT9BMCD'],
  ])('is understood %s', (_name, text) => {
    expect(parseRecoveryCode(text)).toEqual(utf8(CODE));
  });

  it.each([
    ['nothing', ''],
    ['19 characters', CODE.slice(1)],
    ['21 characters', `${CODE}0`],
    ['a U', CODE.replace('A', 'U')],
    ['a small u', CODE.replace('A', 'u')],
    ['a full stop', CODE.replace('A', '.')],
    ['a line feed at its end', `${CODE}\n`],
    ['a tab', `${CODE}\t`],
    ['ß, whose upper case is two letters', `ß${CODE.slice(2)}`],
    ['ſ, whose upper case is S', `ſ${CODE.slice(1)}`],
    ['ı, whose upper case is I', `ı${CODE.slice(1)}`],
    ['a full-width digit', `９${CODE.slice(1)}`],
  ])('is refused with %s', (_name, text) => {
    expect(() => parseRecoveryCode(text)).toThrow(RecoveryCodeFormatError);
  });

  it('is read as it was shown, whatever it is', () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 20, maxLength: 20 }), (random) => {
        const code = makeRecoveryCode(() => random.slice());
        const shown = formatRecoveryCode(code);
        expect(shown).toMatch(/^([0-9A-Z]{5}-){3}[0-9A-Z]{5}$/);
        expect(parseRecoveryCode(shown)).toEqual(code);
      }),
    );
  });

  it('is accepted or refused, whatever is typed', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 40 }), (text) => {
        try {
          expect(parseRecoveryCode(text)).toHaveLength(20);
        } catch (error) {
          expect(error).toBeInstanceOf(RecoveryCodeFormatError);
        }
      }),
    );
  });
});
