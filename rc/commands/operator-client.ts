import { RcClient } from '../../certs/rc-client.ts';
import { refreshTlsIdentity } from '../../certs/renewal.ts';
import { loadTlsIdentity, type TlsIdentity } from '../../certs/tls-identity.ts';
import { CardeaError } from '../../runtime/errors.ts';
import type { Address } from '../../runtime/network.ts';
import type { Surroundings } from '../../runtime/surroundings.ts';
import { readListeningPort, readNetworkFile } from '../folder.ts';

/** The command needs a registration centre that serves, and it does not. */
export class NotServingError extends CardeaError {
  readonly code = 'not-serving';
}

/**
 * Asks the registration centre as the operator whose certificate is in `folder`/operator: where it was set
 * up, or on a machine that has joined. A certificate past two thirds of its life is renewed first; and one under an
 * authority that the registration centre does not show as its newest, as soon as that is seen, so that no machine
 * that is used is left behind by rotations. Nothing is said of it. The client is closed afterwards.
 *
 * @throws RcFolderError, NotServingError, NotJoinedError, and what `ask` throws
 */
export async function asOperator<Result>(
  folder: string,
  surroundings: Surroundings,
  ask: (client: RcClient) => Promise<Result>,
): Promise<Result> {
  const rc = await addressOfRc(folder);
  let identity = await loadTlsIdentity(folder, 'operator');
  let renewing = Promise.resolve();
  const renew = (authority?: string) => {
    renewing = renewing.then(async () => {
      identity = await renewQuietly(identity, { client, folder, surroundings, authority });
    });
    return renewing;
  };
  const client = new RcClient({ surroundings, rc, identity, onOtherAuthority: (other) => void renew(other) });
  try {
    await renew();
    return await ask(client);
  } finally {
    await renewing;
    client.close();
  }
}

/** Where it fails the command goes on with what there is: its own request will say what is wrong. */
async function renewQuietly(
  identity: TlsIdentity,
  options: {
    readonly client: RcClient;
    readonly folder: string;
    readonly surroundings: Surroundings;
    readonly authority: string | undefined;
  },
): Promise<TlsIdentity> {
  const { client, folder, surroundings, authority } = options;
  const { clock, log } = surroundings;
  try {
    return await refreshTlsIdentity(identity, { clock, client, folder, place: 'operator', authority });
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    log.info("the operator's certificate was not renewed", { reason });
    return identity;
  }
}

async function addressOfRc(folder: string): Promise<Address> {
  const { address } = await readNetworkFile(folder);
  if (address.port !== 0) return address;
  const port = await readListeningPort(folder);
  if (port === undefined) {
    throw new NotServingError(`nothing serves ${folder}: start "cardea-rc serve --data ${folder}" first`);
  }
  return { host: address.host, port };
}
