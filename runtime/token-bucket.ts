/** How often something may be done: `burst` at once, and `perSecond` in the long run. */
export interface Rate {
  readonly burst: number;
  readonly perSecond: number;
}

interface Bucket {
  readonly tokens: number;
  readonly at: number;
}

/** So many are told apart; the one that has rested longest is forgotten for a new one. */
const KEYS_MAX = 10_000;

/** Counts who does something how often, by key: each has a bucket of tokens that fills as time goes by. */
export class TokenBuckets {
  readonly #rate: Rate;
  /** Who has taken a token last stands last. */
  readonly #buckets = new Map<string, Bucket>();

  constructor(rate: Rate) {
    this.#rate = rate;
  }

  /**
   * Takes a token, or so many; no more than `burst`.
   *
   * @param now of a clock that does not jump, in milliseconds
   * @returns 0 where they were there, else the milliseconds until they are
   */
  take(key: string, now: number, count = 1): number {
    const { burst, perSecond } = this.#rate;
    const { tokens, at } = this.#buckets.get(key) ?? { tokens: burst, at: now };
    const filled = Math.min(burst, tokens + (Math.max(0, now - at) / 1000) * perSecond);
    this.#buckets.delete(key);
    if (this.#buckets.size >= KEYS_MAX) this.#forgetOldest();
    this.#buckets.set(key, { tokens: filled >= count ? filled - count : filled, at: now });
    return filled >= count ? 0 : Math.ceil(((count - filled) / perSecond) * 1000);
  }

  /** How many are told apart now. */
  get size(): number {
    return this.#buckets.size;
  }

  #forgetOldest(): void {
    for (const key of this.#buckets.keys()) {
      this.#buckets.delete(key);
      return;
    }
  }
}
