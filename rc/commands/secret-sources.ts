import { credentialsFolder, passphraseSource } from '../../runtime/passphrase.ts';
import type { SecretSources } from '../secrets.ts';
import type { CommandWorld } from './world.ts';

/** Where a command gets the registration centre's secrets from: systemd's credentials, or whoever started it. */
export function secretSources(
  { io, sealingLogN }: CommandWorld,
  { passphraseStdin = false }: { readonly passphraseStdin?: boolean },
): SecretSources & { readonly passphrase: (what?: string) => Promise<string> } {
  return {
    credentials: credentialsFolder(io),
    passphrase: passphraseSource(io, { stdin: passphraseStdin }),
    ...(sealingLogN !== undefined && { logN: sealingLogN }),
  };
}
