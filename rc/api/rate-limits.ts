import { toHex } from '../../protocol/bytes.ts';
import { sourceOf } from '../../runtime/source.ts';
import { type Rate, TokenBuckets } from '../../runtime/token-bucket.ts';
import { RefusedError } from '../errors.ts';

export interface RateLimits {
  /** Of one certificate of this network. */
  readonly member: Rate;
  /** Of one address (with IPv6, one /64), by callers without a certificate of this network. */
  readonly stranger: Rate;
  /** Rows of a hub's own audit trail. */
  readonly trailRows: Rate;
}

/**
 * A first sync takes some 20 requests a second of a hub, a script of registrations some 200. What a busy hub writes in
 * weeks without us it may tell of at once, and 432,000 rows a day in the long run.
 */
export const RATE_LIMITS: RateLimits = {
  member: { burst: 2_000, perSecond: 400 },
  stranger: { burst: 60, perSecond: 1 },
  trailRows: { burst: 200_000, perSecond: 5 },
};

/** Who called how often: whoever calls more often than that waits. Revoked members are counted as any other. */
export class RateGate {
  readonly #members: TokenBuckets;
  readonly #strangers: TokenBuckets;

  constructor(limits: Pick<RateLimits, 'member' | 'stranger'>) {
    this.#members = new TokenBuckets(limits.member);
    this.#strangers = new TokenBuckets(limits.stranger);
  }

  /**
   * @param caller.fingerprint of a certificate of this network; undefined for a stranger
   * @param now of a clock that does not jump, in milliseconds
   * @throws RefusedError requests-too-many
   */
  admit(
    caller: { readonly fingerprint: Uint8Array | undefined; readonly address: string | null },
    now: number,
  ): void {
    const { fingerprint, address } = caller;
    const wait =
      fingerprint === undefined
        ? this.#strangers.take(sourceOf(address ?? undefined), now)
        : this.#members.take(toHex(fingerprint), now);
    if (wait === 0) return;
    throw new RefusedError('requests-too-many', 'too many requests: wait a moment, and ask less often', {
      retryAfterSeconds: Math.ceil(wait / 1000),
    });
  }
}
