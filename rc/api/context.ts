import type { Primitives } from '../../protocol/crypto/primitives.ts';
import type { Address } from '../../runtime/network.ts';
import type { SecretFolder } from '../../runtime/secret-folder.ts';
import type { Surroundings } from '../../runtime/surroundings.ts';
import type { FeedSignal } from '../feed-signal.ts';
import type { MasterKeys } from '../master-keys.ts';
import type { NetworkAuthority } from '../network-authority.ts';
import type { RcStore } from '../store/rc-store.ts';
import type { RateLimits } from './rate-limits.ts';

/** What the API works on. */
export interface RcContext extends Surroundings {
  readonly primitives: Primitives;
  readonly store: RcStore;
  readonly masterKeys: MasterKeys;
  /** `K_RC` of limbasiya-2021. */
  readonly limbasiyaKey: Uint8Array;
  readonly authority: NetworkAuthority;
  /** Where new keys are kept. */
  readonly secrets: SecretFolder;
  /** Has its own TLS certificate issued anew where that is not by the present authority; once it resolves callers see it. */
  readonly showNewAuthority: () => Promise<void>;
  readonly feedSignal: FeedSignal;
  /** Cuts every connection on which one of these certificates was shown (SHA-256, 32 bytes). @returns how many */
  readonly cutCallers: (fingerprints: readonly Uint8Array[]) => number;
  /** How others reach this registration centre; known once it listens. */
  readonly publicAddress: () => Address;
  /** How often callers may call, where that differs. */
  readonly rateLimits?: Partial<RateLimits> | undefined;
  /** When its own TLS certificate ends. */
  readonly certificateEnds: () => number;
}
