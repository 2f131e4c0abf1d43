import { describe, expect, it } from 'vitest';
import { seededRandom, systemRandom } from '../../runtime/random.ts';

describe('systemRandom', () => {
  it('gives as many bytes as asked, different ones each time, in a buffer of their own', () => {
    const bytes = systemRandom(32);
    expect(bytes).toHaveLength(32);
    expect(bytes).not.toEqual(systemRandom(32));
    expect(bytes.buffer.byteLength).toBe(32);
    expect(systemRandom(0)).toHaveLength(0);
    expect(systemRandom(100_000).some((byte) => byte !== 0)).toBe(true);
  });
});

describe('seededRandom', () => {
  it('gives the same stream for the same seed, however it is cut', () => {
    const whole = seededRandom('seed')(100);
    const piecewise = seededRandom('seed');
    const pieces = [1, 31, 32, 0, 36].flatMap((length) => [...piecewise(length)]);
    expect(pieces).toEqual([...whole]);
  });

  it('gives another stream for another seed, and does not repeat itself', () => {
    expect(seededRandom('a')(32)).not.toEqual(seededRandom('b')(32));
    const random = seededRandom('a');
    expect(random(32)).not.toEqual(random(32));
  });
});
