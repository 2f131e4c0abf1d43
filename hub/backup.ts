import { anchorText } from '../runtime/audit/chain.ts';
import { machineOrigin } from '../runtime/audit/event.ts';
import { type Backup, writeBackup } from '../runtime/backup.ts';
import type { Clock } from '../runtime/clock.ts';
import { type BackupPassphrase, type KeysInBackup, keysForBackup } from './backup-keys.ts';
import type { HubStore } from './store/store.ts';

const FILES = ['network.json', 'settings.json', 'keys'];

/**
 * Writes all that a hub needs to go on elsewhere. Its keys lie in the backup as they do in its folder, or sealed.
 *
 * @param options.target a folder that does not exist yet
 * @param options.copyStore copies the database to a path; gives the audit trail's anchor
 * @param options.sealUnder has the keys sealed in the backup
 * @throws FileExistsError, FileMissingError, StoreFullError and the other errors of the store
 * @throws SecretFileExposedError, and what asking for the passphrase throws
 */
export async function backupHub(options: {
  readonly hubId: string;
  readonly folder: string;
  readonly target: string;
  readonly clock: Pick<Clock, 'now'>;
  readonly copyStore: (path: string) => Promise<string>;
  readonly sealUnder?: BackupPassphrase | undefined;
}): Promise<KeysInBackup & { readonly backup: Backup }> {
  const { hubId, folder, target, clock, copyStore, sealUnder } = options;
  const { keys, recordsKey, insteadOf } = await keysForBackup(folder, sealUnder);
  const backup = await writeBackup(target, {
    kind: 'hub',
    id: hubId,
    made: new Date(clock.now()).toISOString(),
    folder,
    copyStore,
    files: FILES,
    insteadOf,
  });
  return { backup, keys, recordsKey };
}

/** Copies the database for a backup; that it was made is in the copy, too. @returns the audit trail's anchor */
export async function copyHubStore(
  store: Pick<HubStore, 'audit' | 'copyTo'>,
  clock: Pick<Clock, 'now'>,
  path: string,
): Promise<string> {
  await store.audit.note({ ...machineOrigin(clock), action: 'backup.made', outcome: 'done' });
  const anchor = anchorText(await store.audit.head());
  await store.copyTo(path);
  return anchor;
}
