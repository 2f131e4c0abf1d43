import { AlreadyJoinedError, joinNetwork } from '../certs/join.ts';
import { decodeJoinToken } from '../certs/join-token.ts';
import type { Address } from '../runtime/network.ts';
import type { Surroundings } from '../runtime/surroundings.ts';
import { isRegistrationCentre, writeNetworkFile } from './folder.ts';
import type { OperatorRole } from './store/members.ts';

/**
 * Makes a folder an operator's: keys made here, a certificate for them, and where the registration centre is.
 * After a lost reply the same string may be redeemed again, in the same folder.
 *
 * @throws JoinTokenError, AlreadyJoinedError, RcUnreachableError, RcUntrustedError, RcRefusedError
 */
export async function joinAsOperator(options: {
  readonly surroundings: Surroundings;
  readonly folder: string;
  readonly token: string;
}): Promise<{ readonly id: string; readonly role: OperatorRole; readonly rc: Address }> {
  const { folder } = options;
  const { rc } = decodeJoinToken(options.token);
  if (await isRegistrationCentre(folder)) {
    throw new AlreadyJoinedError(
      `${folder} is a registration centre's, which is not overwritten: choose another folder with --data`,
    );
  }
  const { id, role = 'auditor' } = await joinNetwork({
    ...options,
    kind: 'operator',
    keep: () => writeNetworkFile(folder, { kind: 'operator', address: rc }),
  });
  return { id, role, rc };
}
