import { Authority, type AuthorityKey } from '../certs/authority.ts';
import { decodePem, encodePem } from '../certs/pem.ts';
import { fromUtf8, utf8, wipe } from '../protocol/bytes.ts';
import type { SecretFolder } from '../runtime/secret-folder.ts';
import { RcFolderError } from './folder.ts';

const NAME = 'authority.pem';

/** Keeps the authority's key and certificate, as PEM. @throws FileExistsError, FileError */
export async function createAuthorityFile(secrets: SecretFolder, authority: AuthorityKey): Promise<void> {
  const pem = utf8(
    encodePem('PRIVATE KEY', authority.privateKey) + encodePem('CERTIFICATE', authority.certificate),
  );
  await secrets.create(NAME, pem);
  wipe(pem);
}

/** @throws RcFolderError, and what reading a secret throws */
export async function openAuthorityFile(
  secrets: SecretFolder,
  random: (length: number) => Uint8Array,
): Promise<Authority> {
  const content = await secrets.read(NAME);
  const text = fromUtf8(content);
  wipe(content);
  const [privateKey] = decodePem('PRIVATE KEY', text);
  const [certificate] = decodePem('CERTIFICATE', text);
  const damaged = `${secrets.path(NAME)} is not what was written there: restore it from a backup`;
  if (privateKey === undefined || certificate === undefined) throw new RcFolderError(damaged);
  try {
    return await Authority.open({ certificate, privateKey }, random);
  } catch (cause) {
    throw new RcFolderError(damaged, { cause });
  } finally {
    wipe(privateKey);
  }
}
