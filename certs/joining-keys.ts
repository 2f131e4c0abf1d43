import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { fromUtf8 } from '../protocol/bytes.ts';
import { noble } from '../protocol/crypto/noble.ts';
import type { KeyPair } from '../protocol/keys.ts';
import { createNewFile, FileMissingError, makeSecretFolder, readSecretFile } from '../runtime/files.ts';
import {
  newTlsKeyPair,
  publicKeyOf,
  type TlsKeyPair,
  x25519PrivateKeyFromPkcs8,
  x25519PrivateKeyToPkcs8,
} from './keys.ts';
import { decodePem, encodePem } from './pem.ts';
import { IdentityDamagedError } from './tls-identity.ts';

const TLS_KEY = 'joining-tls.pem';
const HUB_KEY = 'joining-hub.pem';

/** The TLS pair of somebody who joins: the one that an earlier attempt left in `folder`, or a new one, on the disk. */
export async function joiningTlsKey(folder: string): Promise<TlsKeyPair> {
  const privateKey = await keptKey(folder, TLS_KEY, () => newTlsKeyPair().privateKey);
  try {
    return { privateKey, publicKey: publicKeyOf(privateKey) };
  } catch (cause) {
    throw damaged(join(folder, TLS_KEY), cause);
  }
}

/** As `joiningTlsKey`, for a hub's X25519 pair, raw. */
export async function joiningHubKey(
  folder: string,
  random: (length: number) => Uint8Array,
): Promise<KeyPair> {
  const pkcs8 = await keptKey(folder, HUB_KEY, () => x25519PrivateKeyToPkcs8(random(32)));
  const privateKey = x25519PrivateKeyFromPkcs8(pkcs8);
  if (privateKey === undefined) throw damaged(join(folder, HUB_KEY));
  return { privateKey, publicKey: noble.x25519Public(privateKey) };
}

/** For when the keys have come into their identities. */
export async function forgetJoiningKeys(folder: string): Promise<void> {
  await rm(join(folder, TLS_KEY), { force: true });
  await rm(join(folder, HUB_KEY), { force: true });
}

async function keptKey(folder: string, name: string, make: () => Uint8Array): Promise<Uint8Array> {
  const path = join(folder, name);
  try {
    const [key] = decodePem('PRIVATE KEY', fromUtf8(await readSecretFile(path)));
    if (key === undefined) throw damaged(path);
    return key;
  } catch (error) {
    if (!(error instanceof FileMissingError)) throw error;
    const key = make();
    await makeSecretFolder(folder);
    await createNewFile(path, encodePem('PRIVATE KEY', key), { mode: 0o600 });
    return key;
  }
}

function damaged(path: string, cause?: unknown): IdentityDamagedError {
  return new IdentityDamagedError(`${path} is not the key that was written there: remove it and join again`, {
    cause,
  });
}
