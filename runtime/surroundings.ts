import type { Clock } from './clock.ts';
import type { Log } from './log.ts';
import type { Network } from './network.ts';

/** Everything a process takes from the world around it, passed in from the edge. */
export interface Surroundings {
  readonly clock: Clock;
  readonly network: Network;
  /** Cryptographically strong random bytes. */
  readonly random: (length: number) => Uint8Array;
  readonly log: Log;
}
