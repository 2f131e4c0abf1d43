import type { RcClient } from '../../certs/rc-client.ts';
import { fromHex, toHex, wipe } from '../../protocol/bytes.ts';
import type { Primitives } from '../../protocol/crypto/primitives.ts';
import { NONCE_LENGTH } from '../../protocol/limbasiya/hash.ts';
import { requestHubRegistration } from '../../protocol/limbasiya/hub-registration.ts';
import type { HubIdentity } from '../../protocol/limbasiya/updation.ts';
import { type HubSecrets, readHubSecrets, writeHubSecrets } from './secrets.ts';

const PASSWORD_BYTES = 32;

/**
 * Registers the hub under limbasiya-2021, unless it is (PROTOCOL 1.1). `r_S` and `PW_j` are random, and on the
 * disk before the registration centre is asked, so that after a lost answer the same `P` and `Q` ask again.
 *
 * @returns what the hub asks for its list with
 * @throws RcRefusedError, RcUnreachableError, RcUntrustedError, IdentityDamagedError, FileError
 */
export async function registerForLimbasiya(options: {
  /** The hub's data folder, which has joined a network. */
  readonly folder: string;
  readonly hubId: string;
  readonly rc: Pick<RcClient, 'registerHubSecrets'>;
  readonly primitives: Primitives;
  readonly random: (length: number) => Uint8Array;
}): Promise<HubIdentity> {
  const { folder, hubId: ID, rc, primitives, random } = options;
  const secrets = (await readHubSecrets(folder)) ?? (await makeSecrets(folder, random));
  const { r_S, PW } = secrets;
  const { P, Q } = requestHubRegistration(primitives, { ID, PW, r_S });
  let { SSK } = secrets;
  if (SSK === null) {
    // The list that comes with SSK_j is left: the hub asks for it whenever it starts.
    const { ssk } = await rc.registerHubSecrets({ p: toHex(P), q: toHex(Q) });
    SSK = fromHex(ssk);
    await writeHubSecrets(folder, { r_S, PW, SSK });
  }
  wipe(PW, r_S, P);
  return { Q, SSK };
}

async function makeSecrets(folder: string, random: (length: number) => Uint8Array): Promise<HubSecrets> {
  const secrets = { r_S: random(NONCE_LENGTH), PW: random(PASSWORD_BYTES), SSK: null };
  await writeHubSecrets(folder, secrets);
  return secrets;
}
