import { u64, utf8 } from '../bytes.ts';
import type { Primitives } from '../crypto/primitives.ts';
import { h, xor } from './hash.ts';

/** What a hub sends to register; `Q` it keeps, to ask for its list with (PROTOCOL 1.1, 1.3). */
export interface HubRegistration {
  readonly P: Uint8Array;
  readonly Q: Uint8Array;
}

/** Hub → RC (PROTOCOL 1.1). `PW` and `r_S` (16 random bytes) never leave the hub. */
export function requestHubRegistration(
  p: Primitives,
  hub: { readonly ID: string; readonly PW: Uint8Array; readonly r_S: Uint8Array },
): HubRegistration {
  const ID = utf8(hub.ID);
  const P = h(p, ID, hub.r_S, hub.PW);
  return { P, Q: xor(h(p, ID, hub.PW), P) };
}

/**
 * RC → hub: `SSK_j` (PROTOCOL 1.1). `SRT` is the time of registration in milliseconds. That `ID_j` is not
 * taken is for the RC's records to say.
 */
export function registerHub(
  p: Primitives,
  { K_RC, P, SRT }: { readonly K_RC: Uint8Array; readonly P: Uint8Array; readonly SRT: number },
): Uint8Array {
  return h(p, K_RC, P, u64(SRT));
}
