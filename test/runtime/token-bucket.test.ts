import { describe, expect, it } from 'vitest';
import { TokenBuckets } from '../../runtime/token-bucket.ts';

describe('token buckets', () => {
  it('give a burst at once, and after it one token each time one has dripped in', () => {
    const buckets = new TokenBuckets({ burst: 3, perSecond: 2 });
    expect([0, 0, 0, 0].map((now) => buckets.take('a', now))).toEqual([0, 0, 0, 500]);
    expect(buckets.take('a', 400)).toBe(100);
    expect(buckets.take('a', 500)).toBe(0);
    expect(buckets.take('a', 500)).toBe(500);
  });

  it('never hold more than a burst, however long nobody came', () => {
    const buckets = new TokenBuckets({ burst: 2, perSecond: 1 });
    buckets.take('a', 0);
    expect([1e9, 1e9, 1e9].map((now) => buckets.take('a', now))).toEqual([0, 0, 1000]);
  });

  it('tell callers apart, and let nobody pay for another', () => {
    const buckets = new TokenBuckets({ burst: 1, perSecond: 1 });
    expect([buckets.take('a', 0), buckets.take('a', 0), buckets.take('b', 0)]).toEqual([0, 1000, 0]);
  });

  it('do not grow without end', () => {
    const buckets = new TokenBuckets({ burst: 1, perSecond: 1 });
    for (let i = 0; i < 12_000; i++) buckets.take(`caller ${i}`, 0);
    expect(buckets.size).toBe(10_000);
    expect(buckets.take('caller 11999', 0)).toBe(1000);
  });

  it('stand still where a clock goes back', () => {
    const buckets = new TokenBuckets({ burst: 1, perSecond: 1 });
    expect([buckets.take('a', 5000), buckets.take('a', 0)]).toEqual([0, 1000]);
  });
});
