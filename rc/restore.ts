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
import type { BegunAnew } from './store/restores.ts';
import { NOTHING_AFTER, readTrailAfter, type TrailAfter } from './trail-after.ts';
import { makeRcFolder } from './workshop.ts';

const GENERATION_BYTES = 16;

export interface RestoreOptions {
  readonly surroundings: Surroundings;
  /** Where it is to go on: an empty folder, or one that does not exist. */
  readonly folder: string;
  /** The backup's folder. */
  readonly from: string;
  readonly secrets?: SecretSources;
  /** An export of the lost registration centre's trail (`audit --format jsonl`): what was revoked after the backup is so again. */
  readonly audit?: string | undefined;
}

export interface RestoredRc {
  readonly backup: Backup;
  /** Whose new key and certificate lie in `operator/`. */
  readonly operator: string;
  /** What was revoked again; null where no trail said it. */
  readonly again: (Omit<BegunAnew, 'admin'> & Pick<TrailAfter, 'joined' | 'registered'>) | null;
  /** Who is a member now, by kind: whoever was revoked after the backup, and not again, is. */
  readonly members: { readonly operators: string[]; readonly hubs: string[]; readonly devices: string[] };
}

/**
 * Sets a registration centre up from a backup, as it was then: with another generation of the feed, so that hubs
 * read it from 0 and tell what they know (PROTOCOL 2.6), a TLS certificate of its own, and one for its first admin.
 * All is checked before anything is put in its place; a restore that was cut short is begun anew by the next.
 *
 * @throws BackupError, AlreadySetUpError, FolderInUseError, FileError, StoreCorruptError, StoreTooNewError
 * @throws TrailExportError, NoAdminLeftError
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
      const begun = await beginAnew(workshop, authority, options);
      return { address, result: { backup, ...begun } };
    } finally {
      await secrets.close();
    }
  });
}

async function beginAnew(
  folder: string,
  authority: NetworkAuthority,
  { surroundings: { clock, random }, audit }: RestoreOptions,
): Promise<Omit<RestoredRc, 'backup'>> {
  const now = clock.now();
  const store = openRcStore(rcPaths(folder).store);
  try {
    const after = audit === undefined ? undefined : await readTrailAfter(audit, await store.audit.head());
    const { admin: operator, ...revoked } = await store.restores.begin({
      since: after ?? NOTHING_AFTER,
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
    const members = (await store.members.list(undefined)).filter((member) => member.revoked === null);
    const ids = (kind: string) => members.filter((member) => member.kind === kind).map(({ id }) => id);
    return {
      operator,
      again: after === undefined ? null : { ...revoked, joined: after.joined, registered: after.registered },
      members: { operators: ids('operator'), hubs: ids('hub'), devices: ids('device') },
    };
  } finally {
    store.close();
  }
}
