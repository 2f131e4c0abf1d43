import { join } from 'node:path';
import { Authority, type AuthorityKey } from '../certs/authority.ts';
import { decodePem, encodePem } from '../certs/pem.ts';
import { fromUtf8 } from '../protocol/bytes.ts';
import { createNewFile, readSecretFile } from '../runtime/files.ts';
import { RcFolderError } from './folder.ts';

const FILE = 'authority.pem';

/** Keeps the authority's key and certificate in the folder `keys`: 0600, PEM. @throws FileExistsError, FileError */
export async function createAuthorityFile(keys: string, authority: AuthorityKey): Promise<void> {
  const pem =
    encodePem('PRIVATE KEY', authority.privateKey) + encodePem('CERTIFICATE', authority.certificate);
  await createNewFile(join(keys, FILE), pem, { mode: 0o600 });
}

/** @throws RcFolderError, SecretFileExposedError, FileMissingError, FileError */
export async function openAuthorityFile(
  keys: string,
  random: (length: number) => Uint8Array,
): Promise<Authority> {
  const path = join(keys, FILE);
  const text = fromUtf8(await readSecretFile(path));
  const [privateKey] = decodePem('PRIVATE KEY', text);
  const [certificate] = decodePem('CERTIFICATE', text);
  const damaged = `${path} is not what was written there: restore it from a backup`;
  if (privateKey === undefined || certificate === undefined) throw new RcFolderError(damaged);
  try {
    return await Authority.open({ certificate, privateKey }, random);
  } catch (cause) {
    throw new RcFolderError(damaged, { cause });
  }
}
