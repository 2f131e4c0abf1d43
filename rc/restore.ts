import { certificateFingerprint, keyFingerprint, parseCertificate } from '../certs/certificate.ts';
import { newTlsKeyPair } from '../certs/keys.ts';
import { saveTlsIdentity } from '../certs/tls-identity.ts';
import { keptAnchorPath, writeAnchorFile } from '../runtime/audit/anchors.ts';
import { type Backup, openBackup, unpackBackup } from '../runtime/backup.ts';
import { makeSecretFolder } from '../runtime/files.ts';
import type { Surroundings } from '../runtime/surroundings.ts';
import { checkClock } from './clock-check.ts';
import { rcPaths, readNetworkFile } from './folder.ts';
import { MasterKeys } from './master-keys.ts';
import { NetworkAuthority } from './network-authority.ts';
import { rcSecrets, type SecretSources } from './secrets.ts';
import { issueServerIdentity } from './server-identity.ts';
import { openRcStore } from './store/rc-store.ts';
import { makeRcFolder } from './workshop.ts';

const GENERATION_BYTES = 16;

export interface RestoreOptions {
  readonly surroundings: Surroundings;
  /** Where it is to go on: an empty folder, or one that does not exist. */
  readonly folder: string;
  /** The backup's folder. */
  readonly from: string;
  readonly secrets?: SecretSources;
}

export interface RestoredRc {
  readonly backup: Backup;
  /** Whose new key and certificate lie in `operator/`. */
  readonly operator: string;
}

/**
 * Sets a registration centre up from a backup, as it was then: with another generation of the feed, so that hubs
 * read it from 0 and tell what they know (PROTOCOL 2.6), a TLS certificate of its own, and one for its first admin.
 * All is checked before anything is put in its place; a restore that was cut short is begun anew by the next.
 *
 * @throws BackupError, AlreadySetUpError, FolderInUseError, FileError, StoreCorruptError, StoreTooNewError
 * @throws ImpossibleTimeError when this machine's clock cannot be right
 * @throws PassphraseError, MasterKeyError, FileMissingError when the keys cannot be opened
 */
export async function restoreRc(options: RestoreOptions): Promise<RestoredRc> {
  const { surroundings, folder, from } = options;
  const backup = await openBackup(from, 'registration-centre');
  return makeRcFolder(folder, 'restore', async (workshop) => {
    await unpackBackup(backup, from, workshop);
    const { address } = await readNetworkFile(workshop);
    await makeSecretFolder(rcPaths(workshop).keys);
    const secrets = rcSecrets(workshop, surroundings.random, options.secrets);
    try {
      (await MasterKeys.load(secrets)).wipe();
      const authority = await NetworkAuthority.open(secrets, surroundings.random);
      checkClock(authority.current.certificate, surroundings.clock.now());
      await issueServerIdentity(workshop, authority, address, surroundings.clock.now());
      const operator = await beginAnew(workshop, authority, surroundings);
      return { address, result: { backup, operator } };
    } finally {
      await secrets.close();
    }
  });
}

async function beginAnew(
  folder: string,
  authority: NetworkAuthority,
  { clock, random }: Surroundings,
): Promise<string> {
  const now = clock.now();
  const store = openRcStore(rcPaths(folder).store);
  try {
    const operator = await store.restores.begin({
      generation: random(GENERATION_BYTES),
      now,
      certificateFor: async (admin) => {
        const { privateKey, publicKey } = newTlsKeyPair();
        const certificate = await authority.current.issueTls({
          id: admin,
          role: 'client',
          publicKeySpki: publicKey,
          now,
        });
        await saveTlsIdentity(
          folder,
          { privateKey, certificate, authorities: authority.certificates },
          'operator',
        );
        const { spki, notAfter: expires } = parseCertificate(certificate);
        return { fingerprint: certificateFingerprint(certificate), key: keyFingerprint(spki), expires };
      },
    });
    await writeAnchorFile(keptAnchorPath(folder), await store.audit.head());
    return operator;
  } finally {
    store.close();
  }
}
