import { rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fromUtf8 } from '../protocol/bytes.ts';
import { clientPrimitives } from '../protocol/crypto/fastest.ts';
import type { KeyPair } from '../protocol/keys.ts';
import {
  createNewFile,
  FileExistsError,
  FileMissingError,
  makeSecretFolder,
  readSecretFile,
} from '../runtime/files.ts';
import {
  newTlsKeyPair,
  publicKeyOf,
  type TlsKeyPair,
  x25519PrivateKeyFromPkcs8,
  x25519PrivateKeyToPkcs8,
} from './keys.ts';
import { decodePem, encodePem } from './pem.ts';
import { IdentityDamagedError } from './tls-identity.ts';

/** What a key waits for until it is certified. */
export type Occasion = 'joining' | 'renewing';

/**
 * The TLS pair of somebody who joins, or renews: the one that an earlier attempt left in `folder`, or a new one,
 * on the disk before anybody is asked to certify it.
 *
 * @throws IdentityDamagedError, SecretFileExposedError, FileError
 */
export async function pendingTlsKey(folder: string, occasion: Occasion): Promise<TlsKeyPair> {
  const path = pathIn(folder, occasion, 'tls');
  const privateKey = await keptKey(path, () => newTlsKeyPair().privateKey);
  try {
    return { privateKey, publicKey: publicKeyOf(privateKey) };
  } catch (cause) {
    throw damaged(path, cause);
  }
}

/** As `pendingTlsKey`, for a hub's X25519 pair, raw. */
export async function pendingHubKey(
  folder: string,
  occasion: Occasion,
  random: (length: number) => Uint8Array,
): Promise<KeyPair> {
  const path = pathIn(folder, occasion, 'hub');
  const pkcs8 = await keptKey(path, () => x25519PrivateKeyToPkcs8(random(32)));
  const privateKey = x25519PrivateKeyFromPkcs8(pkcs8);
  if (privateKey === undefined) throw damaged(path);
  const { x25519Public } = await clientPrimitives();
  return { privateKey, publicKey: x25519Public(privateKey) };
}

/** For when a key has come into its identity. */
export async function forgetPendingKey(
  folder: string,
  occasion: Occasion,
  kind: 'tls' | 'hub',
): Promise<void> {
  await rm(pathIn(folder, occasion, kind), { force: true });
}

function pathIn(folder: string, occasion: Occasion, kind: 'tls' | 'hub'): string {
  return join(folder, `${occasion}-${kind}.pem`);
}

async function keptKey(path: string, make: () => Uint8Array): Promise<Uint8Array> {
  const kept = await readKey(path);
  if (kept !== undefined) return kept;
  const key = make();
  await makeSecretFolder(dirname(path));
  try {
    await createNewFile(path, encodePem('PRIVATE KEY', key), { mode: 0o600 });
    return key;
  } catch (error) {
    // Two commands of one operator may renew at the same time: with the same key, then.
    const made = error instanceof FileExistsError ? await readKey(path) : undefined;
    if (made === undefined) throw error;
    return made;
  }
}

async function readKey(path: string): Promise<Uint8Array | undefined> {
  try {
    const [key] = decodePem('PRIVATE KEY', fromUtf8(await readSecretFile(path)));
    if (key === undefined) throw damaged(path);
    return key;
  } catch (error) {
    if (error instanceof FileMissingError) return undefined;
    throw error;
  }
}

function damaged(path: string, cause?: unknown): IdentityDamagedError {
  return new IdentityDamagedError(`${path} is not the key that was written there: remove it and try again`, {
    cause,
  });
}
