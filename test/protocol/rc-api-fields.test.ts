import { describe, expect, it } from 'vitest';
import { hexBytes, hostPort, line, memberId } from '../../protocol/rc-api/fields.ts';

describe("the fields of the registration centre's API", () => {
  it('take one line of text in any script, and nothing that steers what shows it', () => {
    const name = line(20);
    for (const good of ['Maria Fernandes', 'Ana Müller', '山田 太郎', 'علی', '𠮷野 🩺', 'x']) {
      expect([good, name.safeParse(good).success]).toEqual([good, true]);
    }
    for (const bad of [
      '',
      'two\nlines',
      'tab\t',
      'escape \u001b[2J',
      'turned \u202eround',
      'apart\u2028',
      'half \ud842',
      '\udfb7 the other half',
      'x'.repeat(21),
    ]) {
      expect([bad, name.safeParse(bad).success]).toEqual([bad, false]);
    }
  });

  it('take bytes as lower-case hex of their length alone', () => {
    expect(hexBytes(2).safeParse('0aff').success).toBe(true);
    for (const bad of ['0AFF', '0af', '0aff0', '0x0a', '', ' 0aff']) {
      expect([bad, hexBytes(2).safeParse(bad).success]).toEqual([bad, false]);
    }
  });

  it('take ids and addresses of the form that PROTOCOL gives', () => {
    for (const good of ['goa-01', 'abc', 'x'.repeat(32)]) expect(memberId.safeParse(good).success).toBe(true);
    for (const bad of ['ab', 'Goa-01', 'goa_01', 'x'.repeat(33), 'goa 01'])
      expect(memberId.safeParse(bad).success).toBe(false);
    for (const good of ['hub.example.org:8441', '127.0.0.1:1', '[::1]:8441'])
      expect(hostPort.safeParse(good).success).toBe(true);
    for (const bad of ['hub', 'hub:', ':8441', 'hub:999999', 'http://hub:1', 'a b:1'])
      expect(hostPort.safeParse(bad).success).toBe(false);
  });
});

describe('one line of text', () => {
  it('has no character that Unicode calls a control, a separator of lines, one that turns the direction, or half of one', () => {
    const field = line(1);
    for (let code = 0; code <= 0xffff; code++) {
      const character = String.fromCharCode(code);
      const isRefused = /^[\p{Cc}\p{Zl}\p{Zp}\p{Bidi_Control}\p{Cs}]$/u.test(character);
      if (field.safeParse(character).success === isRefused) throw new Error(`U+${code.toString(16)}`);
    }
  });
});
