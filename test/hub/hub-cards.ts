import { toHex } from '../../protocol/bytes.ts';
import type { HubCard } from '../../protocol/rc-api/cards.ts';
import { systemRandom } from '../../runtime/random.ts';

/** Cards of random names and keys, as a hub hears of them. */
export function hubCards(count: number): HubCard[] {
  const key = () => toHex(systemRandom(32));
  const name = () => toHex(systemRandom(16));
  return Array.from({ length: count }, () => ({
    uid: name(),
    status: 'active',
    locked: false,
    subject: name(),
    cs: key(),
    rs: null,
    psk: key(),
    oprfSeed: key(),
    pinVersion: 1,
    epoch: 0,
    pending: [],
  }));
}
