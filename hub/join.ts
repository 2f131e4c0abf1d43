import { joinNetwork } from '../certs/join.ts';
import { decodeJoinToken } from '../certs/join-token.ts';
import { RcClient } from '../certs/rc-client.ts';
import { RcAnswerError } from '../certs/rc-errors.ts';
import { loadTlsIdentity } from '../certs/tls-identity.ts';
import { clientPrimitives } from '../protocol/crypto/fastest.ts';
import type { JoinResponse } from '../protocol/rc-api/join.ts';
import { formatAddress } from '../runtime/address.ts';
import { CardeaError } from '../runtime/errors.ts';
import type { Surroundings } from '../runtime/surroundings.ts';
import { registerForLimbasiya } from './limbasiya/register.ts';
import { writeNetworkRecord } from './network-file.ts';
import { recordsKey } from './records/key.ts';
import { createHubStore } from './store/store.ts';

/** A hub as the network knows it from now on. */
export interface JoinedHub {
  readonly id: string;
  readonly location: string;
  /** How terminals are told to reach it, `HOST:PORT`. */
  readonly address: string;
  /** The registration centre, `HOST:PORT`. */
  readonly rc: string;
  /** Why it is not registered under limbasiya-2021 yet; null where it is. */
  readonly limbasiya: string | null;
}

export interface JoinHubOptions {
  readonly surroundings: Surroundings;
  readonly folder: string;
  readonly token: string;
}

/**
 * Makes `folder` a hub's: keys made here, their certificates, where the registration centre is, an empty store. After a
 * lost reply the same string may be redeemed again, in the same folder. It is registered under limbasiya-2021,
 * too, but a hub that cannot be serves cardea-1 all the same.
 *
 * @throws JoinTokenError, AlreadyJoinedError, RcUnreachableError, RcUntrustedError, RcRefusedError, FileError
 */
export async function joinHub(options: JoinHubOptions): Promise<JoinedHub> {
  const rc = formatAddress(decodeJoinToken(options.token).rc);
  const response = await joinNetwork({
    ...options,
    kind: 'hub',
    keep: async (answer) => {
      await writeNetworkRecord(options.folder, { rc, announced: hubOf(answer).address });
      createHubStore(options.folder);
    },
  });
  const { location, address } = hubOf(response);
  await recordsKey(options.folder, options.surroundings.random).ensure();
  return { id: response.id, location, address, rc, limbasiya: await registerToo(options, response.id) };
}

async function registerToo(
  { surroundings, folder, token }: JoinHubOptions,
  hubId: string,
): Promise<string | null> {
  const rc = new RcClient({
    surroundings,
    rc: decodeJoinToken(token).rc,
    identity: await loadTlsIdentity(folder),
  });
  try {
    const primitives = await clientPrimitives();
    await registerForLimbasiya({ folder, hubId, rc, primitives, random: surroundings.random });
    return null;
  } catch (cause) {
    if (cause instanceof CardeaError) return cause.message;
    throw cause;
  } finally {
    rc.close();
  }
}

function hubOf({ hub }: JoinResponse): NonNullable<JoinResponse['hub']> {
  if (hub === undefined) {
    throw new RcAnswerError(
      'the registration centre did not say what hub this is: ask for a new join string',
    );
  }
  return hub;
}
