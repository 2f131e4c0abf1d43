import { equalConstantTime } from '../protocol/bytes.ts';
import { formatAddress } from '../runtime/address.ts';
import type { Address } from '../runtime/network.ts';
import type { Surroundings } from '../runtime/surroundings.ts';
import { certificateFingerprint } from './certificate.ts';
import { RcUntrustedError } from './rc-errors.ts';
import { checkServer, shownChain } from './tls-chain.ts';
import { connectTls } from './tls-connect.ts';

const TIMEOUT_MS = 10_000;

/**
 * Gets the authority's certificate from the RC itself, which shows it with its own: for whoever joins and
 * knows nothing yet but the SHA-256 in the join token. Nothing is sent but the handshake.
 *
 * @param fingerprint 32 bytes
 * @returns DER
 * @throws RcUnreachableError
 * @throws RcUntrustedError when the RC does not show that authority, or is not certified by it for this address
 */
export async function fetchAuthority(
  surroundings: Pick<Surroundings, 'clock' | 'network'>,
  rc: Address,
  fingerprint: Uint8Array,
): Promise<Uint8Array> {
  const socket = await connectTls(surroundings, rc, { timeoutMs: TIMEOUT_MS });
  try {
    const shown = shownChain(socket);
    const authority = shown.find((der) => equalConstantTime(certificateFingerprint(der), fingerprint));
    if (authority === undefined) {
      throw new RcUntrustedError(
        `what answers at ${formatAddress(rc)} is not the registration centre that the join string is from: check the address, or ask for a new string`,
      );
    }
    checkServer(shown, { address: rc, authorities: [authority], now: surroundings.clock.now() });
    return authority;
  } finally {
    socket.destroy();
  }
}
