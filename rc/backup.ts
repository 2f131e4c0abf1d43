import { formatAddress } from '../runtime/address.ts';
import { anchorText } from '../runtime/audit/chain.ts';
import { machineOrigin } from '../runtime/audit/event.ts';
import { type Backup, writeBackup } from '../runtime/backup.ts';
import type { Clock } from '../runtime/clock.ts';
import type { Surroundings } from '../runtime/surroundings.ts';
import { RcFolderError, readNetworkFile } from './folder.ts';
import { rcSecrets, type SecretSources } from './secrets.ts';
import type { RcStore } from './store/rc-store.ts';

/** What a backup has beside the database. Not what is made anew at a restore: TLS keys, the operator's too. */
const FILES = ['network.json', 'settings.json', 'keys'];
const MADE_ANEW: readonly string[] = ['keys/tls.pem', 'keys/audit-anchor.json'];

/** How the master keys and the authority's key lie in a backup. */
export type KeysInBackup = 'sealed' | 'clear' | 'not in it';

export interface BackupOptions {
  readonly surroundings: Pick<Surroundings, 'clock' | 'random'>;
  readonly folder: string;
  /** A folder that does not exist yet. */
  readonly target: string;
  /** Copies the registry to a path. @returns the audit trail's anchor */
  readonly copyStore: (path: string) => Promise<string>;
  readonly secrets?: SecretSources;
  /** Seals the keys in the backup under the passphrase that this asks for. */
  readonly newPassphrase?: () => Promise<string>;
}

/**
 * Writes all that a registration centre needs to go on elsewhere.
 *
 * @throws RcFolderError, FileExistsError, StoreFullError and the other errors of the store, PassphraseError
 */
export async function backupRc(
  options: BackupOptions,
): Promise<{ readonly backup: Backup; readonly keys: KeysInBackup }> {
  const { folder, target, copyStore, surroundings } = options;
  const { kind, address } = await readNetworkFile(folder);
  if (kind !== 'registration-centre') {
    throw new RcFolderError(`${folder} belongs to an operator's machine: make the backup where "serve" runs`);
  }
  const { keys, sealed } = await keysOf(options);
  const backup = await writeBackup(target, {
    kind: 'registration-centre',
    id: formatAddress(address),
    made: new Date(surroundings.clock.now()).toISOString(),
    folder,
    copyStore,
    files: FILES,
    insteadOf: (path) => (MADE_ANEW.includes(path) ? null : sealed.get(path)),
  });
  return { backup, keys };
}

/** Copies the registry for a backup; that it was made is in the copy, too. @returns the audit trail's anchor */
export async function copyRegistry(store: RcStore, clock: Pick<Clock, 'now'>, path: string): Promise<string> {
  await store.audit.note({ ...machineOrigin(clock), action: 'backup.made', outcome: 'done' });
  const anchor = anchorText(await store.audit.head());
  await store.copyTo(path);
  return anchor;
}

/** How the keys are to lie in the backup, and what is sealed for it alone, by path. */
async function keysOf({
  folder,
  surroundings,
  newPassphrase,
  secrets: sources,
}: BackupOptions): Promise<{ readonly keys: KeysInBackup; readonly sealed: ReadonlyMap<string, string> }> {
  // Files alone: a credential is not in it.
  const { credentials: _, ...fileSources } = sources ?? {};
  const secrets = rcSecrets(folder, surroundings.random, fileSources);
  try {
    const names = await secrets.names();
    if (names.length === 0) return { keys: 'not in it', sealed: new Map() };
    if (newPassphrase !== undefined) {
      const copies = await secrets.sealedCopies(newPassphrase);
      return { keys: 'sealed', sealed: new Map([...copies].map(([name, text]) => [`keys/${name}`, text])) };
    }
    const places = await Promise.all(names.map((name) => secrets.placeOf(name)));
    return { keys: places.every((place) => place === 'sealed') ? 'sealed' : 'clear', sealed: new Map() };
  } finally {
    await secrets.close();
  }
}
