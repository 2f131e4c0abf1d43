import { access } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { equalConstantTime, fromHex, toHex } from '../protocol/bytes.ts';
import type { KeyPair } from '../protocol/keys.ts';
import type { JoinResponse } from '../protocol/rc-api/join.ts';
import { CardeaError } from '../runtime/errors.ts';
import type { Surroundings } from '../runtime/surroundings.ts';
import { fetchAuthority } from './bootstrap.ts';
import { verifyHubChain } from './hub-chain.ts';
import { saveHubIdentity } from './hub-identity.ts';
import { decodeJoinToken, type JoinToken, JoinTokenError, type MemberKind } from './join-token.ts';
import type { TlsKeyPair } from './keys.ts';
import { forgetPendingKey, pendingHubKey, pendingTlsKey } from './pending-keys.ts';
import { ofUse } from './rc-answer.ts';
import { RcClient } from './rc-client.ts';
import { RcAnswerError, RcRefusedError } from './rc-errors.ts';
import { checkTlsChain } from './tls-chain.ts';
import { type IdentityPlace, saveTlsIdentity, tlsIdentityPath } from './tls-identity.ts';

/** This folder has an identity, which is not overwritten. */
export class AlreadyJoinedError extends CardeaError {
  readonly code = 'already-joined';
}

export interface JoinOptions {
  readonly surroundings: Surroundings;
  /** The join string. */
  readonly token: string;
  /** The data folder of whoever joins. */
  readonly folder: string;
  readonly kind: MemberKind;
  /**
   * Keeps what else the joiner wants to know of its network. Until it has, the folder does not count as
   * joined, so that whatever breaks in between is mended by joining again with the same string.
   */
  readonly keep?: (response: JoinResponse) => Promise<void>;
}

interface JoiningKeys {
  readonly tls: TlsKeyPair;
  readonly hub: KeyPair | undefined;
}

/**
 * Redeems a join string. The keys are made and on the disk before the RC is asked, so that after a lost
 * reply, or a power cut, the same keys ask again and are answered alike. An operator's
 * identity goes into `folder`/operator, any other into `folder`/keys; a hub's X25519 pair beside it.
 *
 * @throws JoinTokenError, AlreadyJoinedError
 * @throws RcUnreachableError, RcUntrustedError, RcRefusedError, RcAnswerError
 * @throws FileError, SecretFileExposedError
 */
export async function joinNetwork(options: JoinOptions): Promise<JoinResponse> {
  const { surroundings, folder, kind } = options;
  const token = decodeJoinToken(options.token);
  checkKind(token, kind);
  const place: IdentityPlace = kind === 'operator' ? 'operator' : 'keys';
  await checkNotJoined(tlsIdentityPath(folder, place));

  const keyFolder = join(folder, place);
  const keys: JoiningKeys = {
    tls: await pendingTlsKey(keyFolder, 'joining'),
    hub: kind === 'hub' ? await pendingHubKey(keyFolder, 'joining', surroundings.random) : undefined,
  };
  const response = await ask(surroundings, token, keys);
  const authorities = response.authorities.map(fromHex);
  checkAnswer(response, { kind, keys, now: surroundings.clock.now() });

  await options.keep?.(response);
  if (response.hub !== undefined && keys.hub !== undefined) {
    const chain = [fromHex(response.hub.certificate), ...authorities];
    await saveHubIdentity(folder, { privateKey: keys.hub.privateKey, chain });
  }
  // Last: by this file the folder counts as joined.
  const certificate = fromHex(response.tlsCertificate);
  await saveTlsIdentity(folder, { privateKey: keys.tls.privateKey, certificate, authorities }, place);
  await forgetPendingKey(keyFolder, 'joining', 'tls');
  await forgetPendingKey(keyFolder, 'joining', 'hub');
  return response;
}

async function ask(surroundings: Surroundings, token: JoinToken, keys: JoiningKeys): Promise<JoinResponse> {
  const authority = await fetchAuthority(surroundings, token.rc, token.fingerprint);
  const client = new RcClient({ surroundings, rc: token.rc, identity: { authorities: [authority] } });
  try {
    return await client.join({
      kind: token.kind,
      secret: toHex(token.secret),
      tlsKey: toHex(keys.tls.publicKey),
      ...(keys.hub && { hubKey: toHex(keys.hub.publicKey) }),
    });
  } catch (cause) {
    // To a joiner the RC does not say what is wrong with a string; that one is old, the string says itself.
    const isOld = surroundings.clock.now() >= token.expires;
    if (!(cause instanceof RcRefusedError) || !isOld) throw cause;
    throw new JoinTokenError(
      'join-token-expired',
      `the join string has expired on ${new Date(token.expires).toISOString()}: ask for a new one`,
      { cause },
    );
  } finally {
    client.close();
  }
}

function checkKind(token: JoinToken, kind: MemberKind): void {
  if (token.kind === kind) return;
  const command = { hub: 'cardea-hub', device: 'cardea-device', operator: 'cardea-rc' }[token.kind];
  throw new JoinTokenError(
    'join-token-kind',
    `the join string is for ${token.kind === 'operator' ? 'an' : 'a'} ${token.kind}: redeem it with "${command} join"`,
  );
}

async function checkNotJoined(path: string): Promise<void> {
  const exists = await access(path).then(
    () => true,
    () => false,
  );
  if (exists) {
    throw new AlreadyJoinedError(
      `${dirname(path)} has an identity already, which is not overwritten: choose another folder with --data`,
    );
  }
}

/** Refuses an answer that would leave this folder with certificates that are of no use. */
function checkAnswer(
  response: JoinResponse,
  asked: { readonly kind: MemberKind; readonly keys: JoiningKeys; readonly now: number },
): void {
  const { kind, keys, now } = asked;
  ofUse(() => {
    const authorities = response.authorities.map(fromHex);
    const [own] = checkTlsChain([fromHex(response.tlsCertificate)], authorities, 'clientAuth');
    let isOurs = response.kind === kind && equalConstantTime(own.spki, keys.tls.publicKey);
    if (keys.hub !== undefined) {
      const chain = [fromHex(response.hub?.certificate ?? ''), ...authorities];
      const { hubStatic } = verifyHubChain(chain, { now, authorities, hubIds: [response.id] });
      isOurs &&= equalConstantTime(hubStatic, keys.hub.publicKey);
    }
    if (!isOurs) throw new RcAnswerError('it certifies something else than was asked for');
  });
}
