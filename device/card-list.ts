import { RcClient } from '../certs/rc-client.ts';
import { loadTlsIdentity } from '../certs/tls-identity.ts';
import { fromHex, toHex } from '../protocol/bytes.ts';
import { parseAddress } from '../runtime/address.ts';
import type { Surroundings } from '../runtime/surroundings.ts';
import { TerminalSetupError } from './errors.ts';
import type { NetworkRecord } from './network-record.ts';
import type { CardListQuery } from './terminal/limbasiya-tools.ts';

/** A patient waits for the answer: without one, the list on the card serves. */
const PATIENCE_MS = 3_000;

/**
 * Asks the RC for the list of hubs of one card (PROTOCOL 1.3).
 * @throws TerminalSetupError where the terminal has joined no network; the errors of `RcClient`
 */
export async function askCardList(
  terminal: {
    readonly surroundings: Surroundings;
    readonly folder: string;
    readonly network: NetworkRecord | undefined;
  },
  { UID, tau, T }: CardListQuery,
): Promise<Uint8Array> {
  const { surroundings, folder, network } = terminal;
  if (network === undefined) throw new TerminalSetupError('this terminal has joined no network');
  const identity = await loadTlsIdentity(folder);
  const client = new RcClient({ surroundings, rc: parseAddress(network.rc), identity });
  const timer = surroundings.clock.after(PATIENCE_MS, () => client.close());
  try {
    const { list } = await client.cardList({ uid: toHex(UID), tau: toHex(tau), time: T });
    return fromHex(list);
  } finally {
    timer.cancel();
    client.close();
  }
}
