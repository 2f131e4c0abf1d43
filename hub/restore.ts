import { readdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { loadHubIdentity } from '../certs/hub-identity.ts';
import { loadTlsIdentity } from '../certs/tls-identity.ts';
import { wipe } from '../protocol/bytes.ts';
import { keptAnchorPath, writeAnchorFile } from '../runtime/audit/anchors.ts';
import { type Backup, openBackup, unpackBackup } from '../runtime/backup.ts';
import type { Clock } from '../runtime/clock.ts';
import { CardeaError } from '../runtime/errors.ts';
import { makeSecretFolder, syncFolder } from '../runtime/files.ts';
import { takeOwnership } from '../runtime/ownership.ts';
import { type BackupPassphrase, openBackupKeys } from './backup-keys.ts';
import { readNetworkRecord } from './network-file.ts';
import { openHubStore } from './store/store.ts';

/** The folder holds something already, and nothing in it was touched. */
export class FolderNotEmptyError extends CardeaError {
  readonly code = 'folder-not-empty';
}

const WORKSHOP = 'restore-under-way';
const SETTINGS = 'settings.json';
/** What may lie in the folder before. */
const HARMLESS = new RegExp(`^(?:owner\\..*|settings\\.json|${WORKSHOP})$`);

/**
 * Sets a hub up from a backup, in an empty folder. All is checked before anything is put in its place, and
 * network.json comes last; a restore that was cut short is begun anew by the next.
 *
 * Tries that were taken after the backup are known to the registration centre alone; this hub's reports go on above
 * those numbers (`restoredAt`), so that none of its next ones is passed over.
 *
 * Keys that were sealed for the backup are opened. Settings that are in the folder already are the new machine's own.
 *
 * @throws BackupError, FolderNotEmptyError, FolderInUseError, IdentityDamagedError, FileError
 * @throws PassphraseError, SealedFileError, and what asking for the passphrase throws
 * @throws StoreCorruptError, StoreTooNewError and the other errors of the store
 */
export async function restoreHub(options: {
  readonly folder: string;
  readonly from: string;
  readonly clock: Pick<Clock, 'now'>;
  /** Where its keys may be sealed. */
  readonly sealedUnder: BackupPassphrase;
}): Promise<Backup> {
  const { folder, from, clock, sealedUnder } = options;
  const backup = await openBackup(from, 'hub');
  const ownership = takeOwnership(folder, 'cardea-hub restore');
  try {
    await clearUnfinished(folder);
    const workshop = join(folder, WORKSHOP);
    await makeSecretFolder(workshop);
    await unpackBackup(backup, from, workshop);
    await openBackupKeys(workshop, sealedUnder);
    await check(workshop);
    const store = openHubStore(workshop, clock);
    try {
      await store.beginAfterRestore();
      await writeAnchorFile(keptAnchorPath(workshop), await store.audit.head());
    } finally {
      store.close();
    }
    const isThere = await readdir(folder);
    const settings = (await readdir(workshop)).filter((name) => name === SETTINGS && !isThere.includes(name));
    for (const name of ['keys', 'store.sqlite', ...settings, 'network.json']) {
      await rename(join(workshop, name), join(folder, name));
    }
    await syncFolder(folder);
    await rm(workshop, { recursive: true });
    return backup;
  } finally {
    ownership.release();
  }
}

async function check(folder: string): Promise<void> {
  await readNetworkRecord(folder);
  await loadTlsIdentity(folder);
  wipe((await loadHubIdentity(folder)).keyPair.privateKey);
}

async function clearUnfinished(folder: string): Promise<void> {
  const names = await readdir(folder);
  const isUnfinished = names.includes(WORKSHOP) && !names.includes('network.json');
  const leftovers = isUnfinished ? ['keys', 'store.sqlite'] : [];
  const foreign = names.filter((name) => !HARMLESS.test(name) && !leftovers.includes(name));
  if (foreign.length > 0) {
    throw new FolderNotEmptyError(
      `${folder} is not empty (${foreign.slice(0, 3).join(', ')}) and is not overwritten: choose another folder with --data`,
    );
  }
  for (const name of [...leftovers, WORKSHOP]) {
    await rm(join(folder, name), { recursive: true, force: true });
  }
}
