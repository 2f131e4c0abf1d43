import { dirname, join } from 'node:path';
import { fromUtf8 } from '../protocol/bytes.ts';
import { CardeaError } from '../runtime/errors.ts';
import { FileMissingError, makeSecretFolder, readSecretFile, writeFileDurably } from '../runtime/files.ts';
import { parseCertificate } from './certificate.ts';
import { publicKeyOf } from './keys.ts';
import { decodePem, encodePem } from './pem.ts';

/** There is no identity here: nothing has joined a network in this folder. */
export class NotJoinedError extends CardeaError {
  readonly code = 'not-joined';
}

/** The file of an identity is not what was written there. */
export class IdentityDamagedError extends CardeaError {
  readonly code = 'identity-damaged';
}

/** Who somebody is towards the RC, and whom they believe: a P-256 key, its certificate, the authorities. */
export interface TlsIdentity {
  /** PKCS#8 DER. */
  readonly privateKey: Uint8Array;
  /** DER. */
  readonly certificate: Uint8Array;
  /** The network's authority certificates, DER, the newest first. */
  readonly authorities: readonly Uint8Array[];
}

/** Where in a data folder an identity lies: an operator's beside that of the RC itself. */
export type IdentityPlace = 'keys' | 'operator';

/** One file, so that a renewal replaces key and certificate in the same instant. */
export function tlsIdentityPath(folder: string, place: IdentityPlace = 'keys'): string {
  return join(folder, place, 'tls.pem');
}

/**
 * Writes an identity durably, in place of one that is there: PEM (key, certificate, authorities), 0600, in a
 * folder for its owner alone.
 *
 * @param folder a process's data folder
 * @throws FileError
 */
export async function saveTlsIdentity(
  folder: string,
  identity: TlsIdentity,
  place: IdentityPlace = 'keys',
): Promise<void> {
  const path = tlsIdentityPath(folder, place);
  const pem = [
    encodePem('PRIVATE KEY', identity.privateKey),
    ...[identity.certificate, ...identity.authorities].map((der) => encodePem('CERTIFICATE', der)),
  ];
  await makeSecretFolder(dirname(path));
  await writeFileDurably(path, pem.join(''), { mode: 0o600 });
}

/**
 * @param folder a process's data folder
 * @throws NotJoinedError, IdentityDamagedError, SecretFileExposedError, FileError
 */
export async function loadTlsIdentity(folder: string, place: IdentityPlace = 'keys'): Promise<TlsIdentity> {
  const path = tlsIdentityPath(folder, place);
  const text = await readIdentityFile(path);
  const [privateKey] = decodePem('PRIVATE KEY', text);
  const [certificate, ...authorities] = decodePem('CERTIFICATE', text);
  const damaged = `${path} is not what was written there: restore it from a backup, or join anew`;
  if (privateKey === undefined || certificate === undefined || authorities.length === 0) {
    throw new IdentityDamagedError(damaged);
  }
  try {
    authorities.forEach(parseCertificate);
    checkBelongTogether(privateKey, certificate);
  } catch (cause) {
    throw new IdentityDamagedError(damaged, { cause });
  }
  return { privateKey, certificate, authorities };
}

/** @throws NotJoinedError, SecretFileExposedError, FileError */
export async function readIdentityFile(path: string): Promise<string> {
  try {
    return fromUtf8(await readSecretFile(path));
  } catch (cause) {
    if (!(cause instanceof FileMissingError)) throw cause;
    throw new NotJoinedError(`${path} does not exist: join a network first, or check --data`, { cause });
  }
}

function checkBelongTogether(privateKey: Uint8Array, certificate: Uint8Array): void {
  if (!Buffer.from(publicKeyOf(privateKey)).equals(parseCertificate(certificate).spki)) {
    throw new IdentityDamagedError('key and certificate do not belong together');
  }
}
