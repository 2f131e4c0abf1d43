import { joinNetwork } from '../certs/join.ts';
import { decodeJoinToken } from '../certs/join-token.ts';
import type { JoinResponse } from '../protocol/rc-api/join.ts';
import { formatAddress } from '../runtime/address.ts';
import type { Surroundings } from '../runtime/surroundings.ts';
import { NetworkFiles, type NetworkRecord } from './network-record.ts';

/**
 * Redeems a join token: makes this terminal's TLS key, gets its certificate, and keeps the network's
 * authorities and hubs in `folder`. With the same token it may be repeated after a lost reply.
 * @throws JoinTokenError, RcUnreachableError, RcUntrustedError, RcRefusedError, AlreadyJoinedError
 */
export async function joinDevice(options: {
  readonly surroundings: Surroundings;
  readonly folder: string;
  readonly token: string;
}): Promise<NetworkRecord> {
  const rc = formatAddress(decodeJoinToken(options.token).rc);
  const files = new NetworkFiles(options.folder);
  const recordOf = ({ id, authorities, hubs }: JoinResponse): NetworkRecord => ({
    terminalId: id,
    rc,
    authorities,
    hubs,
  });
  const response = await joinNetwork({
    ...options,
    kind: 'device',
    keep: (answer) => files.keepNetwork(recordOf(answer)),
  });
  return recordOf(response);
}
