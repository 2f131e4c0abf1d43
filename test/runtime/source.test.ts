import { describe, expect, it } from 'vitest';
import { sourceOf, Tally } from '../../runtime/source.ts';

describe('whom an address stands for', () => {
  it.each([
    ['192.0.2.7', '192.0.2.7'],
    ['::ffff:192.0.2.7', '192.0.2.7'],
    ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2::/64'],
    ['2001:DB8:1:2::9', '2001:db8:1:2::/64'],
    ['2001:db8::9', '2001:db8:0:0::/64'],
    ['1::2:3:4:5:6', '1:0:0:2::/64'],
    ['::1', '0:0:0:0::/64'],
    ['fe80::1%eth0', 'fe80:0:0:0::/64'],
  ])('%s: %s', (address, source) => {
    expect(sourceOf(address)).toBe(source);
  });

  it('is one and the same for all that do not say', () => {
    expect(sourceOf(undefined)).toBe(sourceOf(undefined));
  });
});

describe('a tally', () => {
  it('counts keys apart, and never below none', () => {
    const tally = new Tally();
    for (const key of ['a', 'a', 'b']) tally.add(key);
    tally.remove('a');
    expect([tally.count('a'), tally.count('b'), tally.count('c')]).toEqual([1, 1, 0]);
    tally.remove('a');
    tally.remove('a');
    tally.add('a');
    expect(tally.count('a')).toBe(1);
  });
});
