import { resolve } from 'node:path';
import type { Command } from 'commander';
import { z } from 'zod';
import { loadHubIdentity } from '../../certs/hub-identity.ts';
import { wipe } from '../../protocol/bytes.ts';
import { systemClock } from '../../runtime/clock.ts';
import { invocation } from '../../runtime/command-line.ts';
import { askControl } from '../../runtime/control-socket.ts';
import { takeOwnershipUnlessServed } from '../../runtime/ownership.ts';
import { askNewPassphrase, passphraseSource } from '../../runtime/passphrase.ts';
import { systemRandom } from '../../runtime/random.ts';
import { backupHub, copyHubStore } from '../backup.ts';
import type { KeysInBackup } from '../backup-keys.ts';
import { restoreHub } from '../restore.ts';
import { openHubStore } from '../store/store.ts';

/** A large database on an SD card. */
const COPYING_MS = 60 * 60 * 1000;

const KEYS: Readonly<Record<KeysInBackup['keys'], string>> = {
  sealed: 'its keys are sealed under a passphrase: without it the backup is worth nothing',
  clear: "it holds the hub's keys in the clear: keep it as you keep the hub itself, or make it with --seal",
};

const RECORDS_KEY: Readonly<Record<KeysInBackup['recordsKey'], readonly string[]>> = {
  sealed: [],
  clear: [],
  own: ['the key of the records is in it under its own passphrase: without that they are lost'],
  'not in it': ['the key of the records is NOT in it: keep it elsewhere, without it they are lost'],
};

interface BackupFlags {
  readonly seal?: boolean;
  readonly passphraseStdin?: boolean;
}

/** `cardea-hub backup` and `restore`. */
export function addBackup(program: Command): void {
  program
    .command('backup')
    .description('write all that is needed to go on elsewhere into a new folder, while "serve" runs or not')
    .argument('<folder>', 'where to; must not exist')
    .option('--seal', 'seal the keys in the backup under a passphrase')
    .option('--passphrase-stdin', 'with --seal: read the passphrase from standard input')
    .action(async (target: string, flags: BackupFlags, command: Command) => {
      const call = invocation(command);
      const { folder } = call;
      const { hubId, keyPair } = await loadHubIdentity(folder);
      wipe(keyPair.privateKey);
      const passphrase = passphraseSource(call.io, { stdin: flags.passphraseStdin === true });
      const sealUnder = { random: systemRandom, passphrase: () => askNewPassphrase(call.io, passphrase) };
      const { backup, keys, recordsKey } = await withCopier(folder, (copyStore) =>
        backupHub({
          hubId,
          folder,
          target,
          clock: systemClock,
          copyStore,
          sealUnder: flags.seal ? sealUnder : undefined,
        }),
      );
      const { made, anchor, files } = backup;
      const place = resolve(target);
      call.show(
        { folder: place, id: hubId, made, anchor, keys, recordsKey, files: files.length },
        [`${hubId} was backed up to ${place}; ${KEYS[keys]}`, ...RECORDS_KEY[recordsKey]].join('\n'),
      );
    });

  program
    .command('restore')
    .description('set a hub up from a backup, in an empty folder')
    .argument('<backup>', "the backup's folder")
    .option('--passphrase-stdin', 'where its keys are sealed: read the passphrase from standard input')
    .action(async (from: string, flags: BackupFlags, command: Command) => {
      const call = invocation(command);
      const { folder } = call;
      const passphrase = passphraseSource(call.io, { stdin: flags.passphraseStdin === true });
      const sealedUnder = { random: systemRandom, passphrase };
      const { id, made } = await restoreHub({ folder, from, clock: systemClock, sealedUnder });
      call.show(
        { folder, id, made },
        [
          `${id} of ${made} was restored to ${folder}; records that came after that are lost`,
          `do not serve the old one again; now: cardea-hub serve --data ${folder}`,
        ].join('\n'),
      );
    });
}

/** Has the hub that serves copy its database, or does it here where none does. */
async function withCopier<Result>(
  folder: string,
  use: (copyStore: (path: string) => Promise<string>) => Promise<Result>,
): Promise<Result> {
  const ownership = takeOwnershipUnlessServed(folder, 'cardea-hub backup');
  if (ownership === undefined) {
    return use(async (path) => {
      const request = { method: 'copyStore', params: { path: resolve(path) } };
      const ask = { startWith: 'cardea-hub serve', timeoutMs: COPYING_MS };
      return z.object({ anchor: z.string() }).parse(await askControl(folder, request, ask)).anchor;
    });
  }
  try {
    return await use(async (path) => {
      const store = openHubStore(folder);
      try {
        return await copyHubStore(store, systemClock, path);
      } finally {
        store.close();
      }
    });
  } finally {
    ownership.release();
  }
}
