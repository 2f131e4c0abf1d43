import { join } from 'node:path';
import { equalConstantTime, fromHex, toHex, wipe } from '../protocol/bytes.ts';
import type { KeyPair } from '../protocol/keys.ts';
import type { RenewResponse } from '../protocol/rc-api/renew.ts';
import type { Surroundings } from '../runtime/surroundings.ts';
import { BACKDATED_MS } from './authority.ts';
import { verifyHubChain } from './hub-chain.ts';
import { type HubIdentity, saveHubIdentity } from './hub-identity.ts';
import { forgetPendingKey, pendingHubKey } from './pending-keys.ts';
import { ofUse } from './rc-answer.ts';
import type { RcClient } from './rc-client.ts';
import { RcAnswerError } from './rc-errors.ts';

const DAY_MS = 24 * 60 * 60 * 1000;

/** When a hub's X25519 certificate is to be renewed: a day after it was issued (PROTOCOL 2.1). */
export function hubRenewalDue({ notBefore }: Pick<HubIdentity, 'notBefore'>): number {
  return notBefore + BACKDATED_MS + DAY_MS;
}

/** Whether it needs no renewal yet. One that begins in the future does: a clock was wrong when it was issued. */
export function isHubFresh(identity: Pick<HubIdentity, 'notBefore'>, now: number): boolean {
  return now >= identity.notBefore && now < hubRenewalDue(identity);
}

/**
 * Has a new X25519 pair certified for the hub, and keeps it in place of the old one, whose file is gone with
 * that: from then on the old private key is in memory alone, its holder's to wipe. The new one is on the disk
 * before it is asked for, so that after a lost reply the same key asks again.
 *
 * @param options.folder the hub's data folder
 * @throws RcUnreachableError, RcUntrustedError, RcRefusedError, RcAnswerError
 * @throws IdentityDamagedError, SecretFileExposedError, FileError
 */
export async function renewHubIdentity(
  current: HubIdentity,
  options: {
    readonly surroundings: Pick<Surroundings, 'clock' | 'random'>;
    readonly client: Pick<RcClient, 'renew'>;
    readonly folder: string;
    readonly signal?: AbortSignal;
  },
): Promise<HubIdentity> {
  const { surroundings, client, folder, signal } = options;
  const keyFolder = join(folder, 'keys');
  const keyPair = await nextPair(keyFolder, current, surroundings.random);
  try {
    const answer = await client.renew({ hubKey: toHex(keyPair.publicKey) }, signal);
    const renewed = readAnswer(answer, { keyPair, hubId: current.hubId, now: surroundings.clock.now() });
    await saveHubIdentity(folder, { privateKey: keyPair.privateKey, chain: renewed.chain });
    await forgetPendingKey(keyFolder, 'renewing', 'hub');
    return renewed;
  } catch (error) {
    wipe(keyPair.privateKey);
    throw error;
  }
}

/** Refuses an answer that would replace a good identity by one that is of no use. */
function readAnswer(
  answer: RenewResponse,
  { keyPair, hubId, now }: { readonly keyPair: KeyPair; readonly hubId: string; readonly now: number },
): HubIdentity {
  return ofUse(() => {
    const authorities = answer.authorities.map(fromHex);
    const chain = [fromHex(answer.hubCertificate ?? ''), ...authorities];
    const hub = verifyHubChain(chain, { now, authorities, hubIds: [hubId] });
    if (!equalConstantTime(hub.hubStatic, keyPair.publicKey)) {
      throw new RcAnswerError('it certifies something else than was asked for');
    }
    return { ...hub, keyPair, chain };
  });
}

async function nextPair(
  folder: string,
  current: HubIdentity,
  random: (length: number) => Uint8Array,
): Promise<KeyPair> {
  const pair = await pendingHubKey(folder, 'renewing', random);
  if (!equalConstantTime(pair.publicKey, current.hubStatic)) return pair;
  // The power went after the last renewal, before its key was forgotten here.
  await forgetPendingKey(folder, 'renewing', 'hub');
  return pendingHubKey(folder, 'renewing', random);
}
