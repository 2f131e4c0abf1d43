import { newTlsKeyPair } from '../certs/keys.ts';
import { isTlsFresh } from '../certs/renewal.ts';
import { loadTlsIdentity, saveTlsIdentity, type TlsIdentity } from '../certs/tls-identity.ts';
import { equalConstantTime } from '../protocol/bytes.ts';
import type { Address } from '../runtime/network.ts';
import type { NetworkAuthority } from './network-authority.ts';

/** The name in the registration centre's own certificate. Nobody goes by it: its address is what counts. */
const SERVER_ID = 'registration-centre';

/** Issues the registration centre's TLS certificate, with a new key, and keeps it in the data folder. */
export async function issueServerIdentity(
  folder: string,
  authority: Pick<NetworkAuthority, 'current' | 'certificates'>,
  address: Address,
  now: number,
): Promise<TlsIdentity> {
  const { privateKey, publicKey } = newTlsKeyPair();
  const certificate = await authority.current.issueTls({
    id: SERVER_ID,
    role: 'server',
    address,
    publicKeySpki: publicKey,
    now,
  });
  const identity = { privateKey, certificate, authorities: authority.certificates };
  await saveTlsIdentity(folder, identity);
  return identity;
}

/**
 * The certificate that is kept there, or a new one where two thirds of its life are over (PROTOCOL 2.6), or another
 * authority issued it.
 */
export async function currentServerIdentity(
  folder: string,
  authority: NetworkAuthority,
  address: Address,
  now: number,
): Promise<TlsIdentity> {
  const identity = await loadTlsIdentity(folder);
  const [newest] = identity.authorities;
  const isOfAuthority = newest !== undefined && equalConstantTime(newest, authority.current.certificate);
  return isTlsFresh(identity.certificate, now) && isOfAuthority
    ? identity
    : issueServerIdentity(folder, authority, address, now);
}
