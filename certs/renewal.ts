import { join } from 'node:path';
import { equalConstantTime, fromHex, toHex } from '../protocol/bytes.ts';
import type { RenewResponse } from '../protocol/rc-api/renew.ts';
import { type Clock, EARLIEST_TIME } from '../runtime/clock.ts';
import { certificateFingerprint, checkInDate, parseCertificate } from './certificate.ts';
import type { TlsKeyPair } from './keys.ts';
import { forgetPendingKey, pendingTlsKey } from './pending-keys.ts';
import { ofUse } from './rc-answer.ts';
import type { RcClient } from './rc-client.ts';
import { RcAnswerError } from './rc-errors.ts';
import { checkTlsChain } from './tls-chain.ts';
import { type IdentityPlace, saveTlsIdentity, type TlsIdentity } from './tls-identity.ts';

const DAY_MS = 24 * 60 * 60 * 1000;

/** So long after it expired, a certificate is still good for its own renewal, and for nothing else (PROTOCOL 2.6). */
export const RENEWAL_GRACE_MS = 30 * DAY_MS;

/** When a TLS certificate (DER) is to be renewed: at two thirds of its life (PROTOCOL 2.6). */
export function tlsRenewalDue(certificate: Uint8Array): number {
  const { notBefore, notAfter } = parseCertificate(certificate);
  return notBefore + (2 / 3) * (notAfter - notBefore);
}

/**
 * Whether a TLS certificate (DER) needs no renewal yet. One that begins in the future does: it was issued while a
 * clock was wrong, and nobody believes it now.
 */
export function isTlsFresh(certificate: Uint8Array, now: number): boolean {
  return now >= parseCertificate(certificate).notBefore && now < tlsRenewalDue(certificate);
}

/** What renews a TLS identity: who asks, and where the identity is kept. */
export interface TlsRenewal {
  readonly clock: Pick<Clock, 'now'>;
  /** Has `identity`; from the renewal on it calls as the new one. */
  readonly client: Pick<RcClient, 'renew' | 'useIdentity'>;
  /** The member's data folder. */
  readonly folder: string;
  readonly place?: IdentityPlace;
  readonly signal?: AbortSignal;
  /** SHA-256 of the network's newest authority, in hex, where it is known. */
  readonly authority?: string | undefined;
}

/** Whether there is a newer authority than the first of these (DER). */
export function isSuperseded(authorities: readonly Uint8Array[], newest: string | undefined): boolean {
  const [known] = authorities;
  return newest !== undefined && known !== undefined && toHex(certificateFingerprint(known)) !== newest;
}

/**
 * Renews a member's TLS identity where two thirds of its certificate's life are over, or the network has a newer
 * authority: a new key, on the disk before it is asked for, so that after a lost reply the same key asks again; then key and certificate in place
 * of the old ones, in one file; then `client` calls with them.
 *
 * @returns the new identity, or `identity` while it is young enough
 * @throws RcUnreachableError, RcUntrustedError, RcRefusedError, RcAnswerError
 * @throws IdentityDamagedError, SecretFileExposedError, FileError
 */
export async function refreshTlsIdentity(
  identity: TlsIdentity,
  { clock, client, folder, place = 'keys', signal, authority }: TlsRenewal,
): Promise<TlsIdentity> {
  const now = clock.now();
  // A Pi that wakes without a clock stands at 1970: nothing is renewed by such a time.
  const isFresh = now < EARLIEST_TIME || isTlsFresh(identity.certificate, now);
  if (isFresh && !isSuperseded(identity.authorities, authority)) return identity;
  const keyFolder = join(folder, place);
  const key = await nextKey(keyFolder, identity);
  const answer = await client.renew({ tlsKey: toHex(key.publicKey) }, signal);
  const renewed = readAnswer(answer, key, now);
  await saveTlsIdentity(folder, renewed, place);
  await forgetPendingKey(keyFolder, 'renewing', 'tls');
  client.useIdentity(renewed);
  return renewed;
}

async function nextKey(folder: string, identity: TlsIdentity): Promise<TlsKeyPair> {
  const key = await pendingTlsKey(folder, 'renewing');
  if (!equalConstantTime(key.publicKey, parseCertificate(identity.certificate).spki)) return key;
  // The power went after the last renewal, before its key was forgotten here.
  await forgetPendingKey(folder, 'renewing', 'tls');
  return pendingTlsKey(folder, 'renewing');
}

/** Refuses an answer that would replace a good identity by one that is of no use. */
function readAnswer(answer: RenewResponse, key: TlsKeyPair, now: number): TlsIdentity {
  return ofUse(() => {
    const certificate = fromHex(answer.tlsCertificate ?? '');
    const authorities = answer.authorities.map(fromHex);
    const path = checkTlsChain([certificate], authorities, 'clientAuth');
    for (const each of path) checkInDate(each, now);
    if (!equalConstantTime(path[0].spki, key.publicKey)) {
      throw new RcAnswerError('it certifies something else than was asked for');
    }
    return { privateKey: key.privateKey, certificate, authorities };
  });
}
