import { describe, expect, it } from 'vitest';
import { fromHex } from '../../protocol/bytes.ts';
import { noble } from '../../protocol/crypto/noble.ts';
import { MalformedError, WrongTurnError } from '../../protocol/errors.ts';
import { evaluate } from '../../protocol/oprf.ts';
import { parsePin } from '../../protocol/pin.ts';
import { PinAttempt } from '../../protocol/pin-attempt.ts';
import { numberedRandom, SecretWatch } from './cards.ts';

const key = fromHex(`07${'00'.repeat(31)}`);
const pin = parsePin('482913');

describe('an attempt with a PIN', () => {
  it('gives the same blinded PIN and the same result as often as it is asked', () => {
    const attempt = PinAttempt.make(noble, pin, numberedRandom());
    const evaluated = evaluate(noble, key, attempt.blinded);
    const first = attempt.finalize(noble, evaluated);
    expect(attempt.finalize(noble, evaluate(noble, key, attempt.blinded))).toEqual(first);
    expect(first).toHaveLength(64);
  });

  it('gives the same result as another attempt with the same PIN, which is blinded differently', () => {
    const random = numberedRandom();
    const [one, two] = [PinAttempt.make(noble, pin, random), PinAttempt.make(noble, pin, random)];
    expect(one.blinded).not.toEqual(two.blinded);
    expect(one.finalize(noble, evaluate(noble, key, one.blinded))).toEqual(
      two.finalize(noble, evaluate(noble, key, two.blinded)),
    );
  });

  it('keeps its own copy of the PIN', () => {
    const mine = pin.slice();
    const attempt = PinAttempt.make(noble, mine, numberedRandom());
    const evaluated = evaluate(noble, key, attempt.blinded);
    const before = attempt.finalize(noble, evaluated);
    mine.fill(0);
    expect(attempt.finalize(noble, evaluated)).toEqual(before);
  });

  it('refuses an answer that is no element, the identity, or what it asked', () => {
    const attempt = PinAttempt.make(noble, pin, numberedRandom());
    expect(() => attempt.finalize(noble, new Uint8Array(32).fill(0xff))).toThrow(MalformedError);
    expect(() => attempt.finalize(noble, new Uint8Array(32))).toThrow(MalformedError);
    expect(() => attempt.finalize(noble, new Uint8Array(0))).toThrow(MalformedError);
    expect(() => attempt.finalize(noble, attempt.blinded.slice())).toThrow(MalformedError);
  });

  it('holds nothing after it was wiped, and does nothing more', () => {
    const watch = new SecretWatch();
    const attempt = PinAttempt.make(watch.primitives, pin, watch.random(numberedRandom()));
    const evaluated = evaluate(noble, key, attempt.blinded);
    const rwd = attempt.finalize(watch.primitives, evaluated);
    expect(watch.alive(attempt.blinded, evaluated, rwd)).toHaveLength(1); // the blind
    attempt.wipe();
    expect(watch.alive(attempt.blinded, evaluated, rwd)).toEqual([]);
    expect(() => attempt.finalize(noble, evaluated)).toThrow(WrongTurnError);
  });

  it('holds nothing of a refused answer either', () => {
    const watch = new SecretWatch();
    const attempt = PinAttempt.make(watch.primitives, pin, watch.random(numberedRandom()));
    const bad = new Uint8Array(32).fill(0xff);
    expect(() => attempt.finalize(watch.primitives, bad)).toThrow(MalformedError);
    attempt.wipe();
    expect(watch.count).toBeGreaterThan(4);
    expect(watch.alive(attempt.blinded, bad)).toEqual([]);
  });
});
