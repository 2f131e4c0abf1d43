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
 * up, or on a machine that has joined. A certificate past two thirds of its life is renewed first, and nothing is
 * said of it. The client is closed afterwards.
 *
 * @throws RcFolderError, NotServingError, NotJoinedError, and what `ask` throws
 */
export async function asOperator<Result>(
  folder: string,
  surroundings: Surroundings,
  ask: (client: RcClient) => Promise<Result>,
): Promise<Result> {
  const rc = await addressOfRc(folder);
  const identity = await loadTlsIdentity(folder, 'operator');
  const client = new RcClient({ surroundings, rc, identity });
  try {
    await renewQuietly(client, identity, folder, surroundings);
    return await ask(client);
  } finally {
    client.close();
  }
}

/** Where it fails the command goes on with what there is: its own request will say what is wrong. */
async function renewQuietly(
  client: RcClient,
  identity: TlsIdentity,
  folder: string,
  { clock, log }: Surroundings,
): Promise<void> {
  try {
    await refreshTlsIdentity(identity, { clock, client, folder, place: 'operator' });
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    log.info("the operator's certificate was not renewed", { reason });
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
