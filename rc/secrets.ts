import { PassphraseError } from '../runtime/sealing.ts';
import { SecretFolder, type SecretFolderOptions } from '../runtime/secret-folder.ts';
import type { Surroundings } from '../runtime/surroundings.ts';
import { rcPaths } from './folder.ts';

/** `K_RC` by its number, that of limbasiya-2021, and the authority's key. */
const SECRET = /^(?:master-[0-9]{1,3}\.key|limbasiya\.key|authority\.pem)$/;

/** Where a registration centre's secrets come from, besides files that only their owner can read. */
export interface SecretSources extends Pick<SecretFolderOptions, 'credentials' | 'logN'> {
  /** Asks for the passphrase of those that are sealed; without it, sealed ones are refused. */
  readonly passphrase?: () => Promise<string>;
}

/** The secrets at rest of the registration centre in `folder`: its master keys and its authority's key. */
export function rcSecrets(
  folder: string,
  random: Surroundings['random'],
  sources: SecretSources = {},
): SecretFolder {
  const { keys } = rcPaths(folder);
  return new SecretFolder({
    passphrase: () =>
      Promise.reject(new PassphraseError(`the secrets in ${keys} are sealed: a passphrase is needed`)),
    ...sources,
    folder: keys,
    isSecret: (name) => SECRET.test(name),
    random,
  });
}
