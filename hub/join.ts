import { joinNetwork } from '../certs/join.ts';
import { decodeJoinToken } from '../certs/join-token.ts';
import { RcAnswerError } from '../certs/rc-errors.ts';
import type { JoinResponse } from '../protocol/rc-api/join.ts';
import { formatAddress } from '../runtime/address.ts';
import type { Surroundings } from '../runtime/surroundings.ts';
import { writeNetworkRecord } from './network-file.ts';

/** A hub as the network knows it from now on. */
export interface JoinedHub {
  readonly id: string;
  readonly location: string;
  /** How terminals are told to reach it, `HOST:PORT`. */
  readonly address: string;
  /** The registration centre, `HOST:PORT`. */
  readonly rc: string;
}

/**
 * Makes `folder` a hub's: keys made here, their certificates, and where the registration centre is. After a
 * lost reply the same string may be redeemed again, in the same folder.
 *
 * @throws JoinTokenError, AlreadyJoinedError, RcUnreachableError, RcUntrustedError, RcRefusedError, FileError
 */
export async function joinHub(options: {
  readonly surroundings: Surroundings;
  readonly folder: string;
  readonly token: string;
}): Promise<JoinedHub> {
  const rc = formatAddress(decodeJoinToken(options.token).rc);
  const response = await joinNetwork({
    ...options,
    kind: 'hub',
    keep: (answer) => writeNetworkRecord(options.folder, { rc, announced: hubOf(answer).address }),
  });
  const { location, address } = hubOf(response);
  return { id: response.id, location, address, rc };
}

function hubOf({ hub }: JoinResponse): NonNullable<JoinResponse['hub']> {
  if (hub === undefined) {
    throw new RcAnswerError(
      'the registration centre did not say what hub this is: ask for a new join string',
    );
  }
  return hub;
}
