import { resolve } from 'node:path';
import type { Command } from 'commander';
import { z } from 'zod';
import { systemClock } from '../../runtime/clock.ts';
import { given, type Invocation, invocation } from '../../runtime/command-line.ts';
import { askControl } from '../../runtime/control-socket.ts';
import { counted } from '../../runtime/counted.ts';
import { FolderInUseError, takeOwnership } from '../../runtime/ownership.ts';
import { askNewPassphrase } from '../../runtime/passphrase.ts';
import { backupRc, copyRegistry, type KeysInBackup } from '../backup.ts';
import { rcPaths, readNetworkFile } from '../folder.ts';
import { type RestoredRc, restoreRc } from '../restore.ts';
import { openRcStore } from '../store/rc-store.ts';
import { secretSources } from './secret-sources.ts';
import type { CommandWorld } from './world.ts';

/** A large registry on a slow disk. */
const COPYING_MS = 60 * 60 * 1000;

const KEYS: Readonly<Record<KeysInBackup, string>> = {
  sealed: 'its keys are sealed under a passphrase: without it the backup is worth nothing',
  clear:
    "it holds the network's keys in the clear: keep it as you keep the registration centre itself, or make it with --seal",
  'not in it':
    'its keys come from systemd credentials and are NOT in it: keep those elsewhere, without them the backup is worth nothing',
};

interface RestoreFlags {
  readonly passphraseStdin?: boolean;
  readonly audit?: string;
}

interface BackupFlags {
  readonly seal?: boolean;
  readonly passphraseStdin?: boolean;
}

/** `cardea-rc backup` and `restore`, on the registration centre's machine. */
export function addBackup(program: Command, world: CommandWorld): void {
  program
    .command('backup')
    .description('write all that is needed to go on elsewhere into a new folder, while "serve" runs or not')
    .argument('<folder>', 'where to; must not exist')
    .option('--seal', 'seal the keys in the backup under a passphrase')
    .option(
      '--passphrase-stdin',
      'read passphrases from standard input, one a line: the old one, where sealed; the new',
    )
    .action(async (target: string, flags: BackupFlags, command: Command) => {
      const call = invocation(command, world.io);
      const secrets = secretSources(world, flags);
      const { backup, keys } = await withRegistry(call, (copyStore) =>
        backupRc({
          surroundings: world.surroundings('warn'),
          folder: call.folder,
          target,
          copyStore,
          secrets,
          ...(flags.seal && { newPassphrase: () => askNewPassphrase(world.io, secrets.passphrase) }),
        }),
      );
      const { made, anchor, files } = backup;
      const folder = resolve(target);
      call.show(
        { folder, made, anchor, keys, files: files.length },
        `the registration centre was backed up to ${folder}; ${KEYS[keys]}`,
      );
    });

  program
    .command('restore')
    .description('set a registration centre up from a backup, in an empty folder')
    .argument('<backup>', "the backup's folder")
    .option('--passphrase-stdin', 'read the passphrase of sealed keys from standard input')
    .option(
      '--audit <file>',
      'the lost one\'s trail, as "audit --format jsonl" wrote it: what was revoked since is revoked again',
      given('a file'),
    )
    .action(async (from: string, flags: RestoreFlags, command: Command) => {
      const call = invocation(command, world.io);
      const { folder } = call;
      const restored = await restoreRc({
        surroundings: world.surroundings('warn'),
        folder,
        from,
        secrets: secretSources(world, flags),
        audit: flags.audit,
      });
      const { backup, ...rest } = restored;
      call.show(
        { folder, made: backup.made, ...rest },
        [
          `the registration centre of ${backup.made} was restored to ${folder}; ${rest.operator} has a new certificate in it`,
          'what came after that is lost: whoever joined since must join anew, join strings are void',
          ...revokedLines(restored),
          'hubs tell what they know of cards once they reach it: look at "cardea-rc status" until no card is missing',
          `now: cardea-rc serve --data ${folder}`,
        ].join('\n'),
      );
    });
}

/** Who may be a member again that is none: as much of it as can be known. */
function revokedLines({ again, members, backup }: RestoredRc): string[] {
  const { operators, hubs, devices } = members;
  const now = `members now: operators ${listed(operators)}; hubs ${listed(hubs)}; ${counted(devices.length, 'terminal')}`;
  if (again === null) {
    return [
      `whoever was revoked after ${backup.made} is a member again, and this cannot know of it: revoke them anew`,
      now,
    ];
  }
  return [
    `revoked again, as the trail says: members ${listed(again.members)}; ${counted(again.cards, 'card')}`,
    `joined since, and unknown now: ${listed(again.joined)}; registered since, and missing: ${counted(again.registered.length, 'card')}`,
    `${now}; what the trail does not say is to be revoked anew`,
  ];
}

function listed(ids: readonly string[]): string {
  return ids.length === 0 ? 'none' : ids.join(', ');
}

/** Has the process that serves copy the registry, or does it here where none does. */
async function withRegistry<Result>(
  { folder }: Invocation,
  use: (copyStore: (path: string) => Promise<string>) => Promise<Result>,
): Promise<Result> {
  // Before anything is made in a folder that is none.
  await readNetworkFile(folder);
  let ownership: ReturnType<typeof takeOwnership>;
  try {
    ownership = takeOwnership(folder, 'cardea-rc backup');
  } catch (cause) {
    if (!(cause instanceof FolderInUseError)) throw cause;
    return use(async (path) => {
      const request = { method: 'copyStore', params: { path: resolve(path) } };
      const answer = await askControl(folder, request, {
        startWith: 'cardea-rc serve',
        timeoutMs: COPYING_MS,
      });
      return z.object({ anchor: z.string() }).parse(answer).anchor;
    });
  }
  try {
    return await use(async (path) => {
      const store = openRcStore(rcPaths(folder).store);
      try {
        return await copyRegistry(store, systemClock, path);
      } finally {
        store.close();
      }
    });
  } finally {
    ownership.release();
  }
}
