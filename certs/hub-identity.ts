import { dirname, join } from 'node:path';
import type { KeyPair } from '../protocol/keys.ts';
import { makeSecretFolder, writeFileDurably } from '../runtime/files.ts';
import { parseCertificate } from './certificate.ts';
import { readHubCertificate, type VerifiedHub } from './hub-chain.ts';
import { publicKeyOf, x25519PrivateKeyFromPkcs8, x25519PrivateKeyToPkcs8 } from './keys.ts';
import { decodePem, encodePem } from './pem.ts';
import { IdentityDamagedError, readIdentityFile } from './tls-identity.ts';

/** Who a hub is towards terminals: its X25519 pair, and the chain that it shows in a HELLO. */
export interface HubIdentity extends VerifiedHub {
  /** Raw, 32 bytes each. */
  readonly keyPair: KeyPair;
  /** DER: the hub's own certificate, then its authorities, the newest first. */
  readonly chain: readonly Uint8Array[];
}

function hubIdentityPath(folder: string): string {
  return join(folder, 'keys', 'hub.pem');
}

/**
 * Writes a hub's pair and chain durably, in place of what is there: one PEM file, 0600, in a folder for its
 * owner alone.
 *
 * @param folder the hub's data folder
 * @param identity.privateKey raw X25519, 32 bytes
 * @throws FileError
 */
export async function saveHubIdentity(
  folder: string,
  identity: { readonly privateKey: Uint8Array; readonly chain: readonly Uint8Array[] },
): Promise<void> {
  const path = hubIdentityPath(folder);
  const pem = [
    encodePem('PRIVATE KEY', x25519PrivateKeyToPkcs8(identity.privateKey)),
    ...identity.chain.map((der) => encodePem('CERTIFICATE', der)),
  ];
  await makeSecretFolder(dirname(path));
  await writeFileDurably(path, pem.join(''), { mode: 0o600 });
}

/**
 * @param folder the hub's data folder
 * @throws NotJoinedError, IdentityDamagedError, SecretFileExposedError, FileError
 */
export async function loadHubIdentity(folder: string): Promise<HubIdentity> {
  const path = hubIdentityPath(folder);
  const text = await readIdentityFile(path);
  try {
    return readIdentity(decodePem('PRIVATE KEY', text), decodePem('CERTIFICATE', text));
  } catch (cause) {
    throw new IdentityDamagedError(
      `${path} is not what was written there: restore it from a backup, or join anew`,
      { cause },
    );
  }
}

function readIdentity(keys: readonly Uint8Array[], chain: readonly Uint8Array[]): HubIdentity {
  const [pkcs8] = keys;
  const [leaf, ...authorities] = chain;
  const privateKey = pkcs8 === undefined ? undefined : x25519PrivateKeyFromPkcs8(pkcs8);
  if (pkcs8 === undefined || privateKey === undefined || leaf === undefined || authorities.length === 0) {
    throw new IdentityDamagedError('a key or a certificate is missing');
  }
  authorities.forEach(parseCertificate);
  const certificate = parseCertificate(leaf);
  if (!Buffer.from(publicKeyOf(pkcs8)).equals(certificate.spki)) {
    throw new IdentityDamagedError('key and certificate do not belong together');
  }
  const hub = readHubCertificate(certificate);
  return { ...hub, keyPair: { privateKey, publicKey: hub.hubStatic }, chain };
}
