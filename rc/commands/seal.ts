import type { Command } from 'commander';
import { invocation } from '../../runtime/command-line.ts';
import { takeOwnership } from '../../runtime/ownership.ts';
import { askNewPassphrase } from '../../runtime/passphrase.ts';
import type { SecretFolder } from '../../runtime/secret-folder.ts';
import { RcFolderError, readNetworkFile } from '../folder.ts';
import { rcSecrets, type SecretSources } from '../secrets.ts';
import { secretSources } from './secret-sources.ts';
import type { CommandWorld } from './world.ts';

interface SealFlags {
  readonly passphraseStdin?: boolean;
}

/** `cardea-rc seal` and `unseal`: how the master keys and the authority's key lie on the disk. */
export function addSeal(program: Command, world: CommandWorld): void {
  program
    .command('seal')
    .description("seal the master keys and the authority's key under a passphrase, or change it")
    .option(
      '--passphrase-stdin',
      'read the passphrases from standard input: the old one, if any, then the new one',
    )
    .action(async (options: SealFlags, command: Command) => {
      const call = invocation(command, world.io);
      const sources = secretSources(world, options);
      const sealed = await withSecrets(world, call.folder, sources, (secrets) =>
        secrets.seal(() => askNewPassphrase(world.io, sources.passphrase)),
      );
      call.show(
        { sealed },
        `sealed: ${sealed.join(', ')}\nserve asks for the passphrase from now on; without it the keys are lost, so keep it where the backups are not`,
      );
    });
  program
    .command('unseal')
    .description("undo seal: the keys are files again, for their owner's eyes alone")
    .option('--passphrase-stdin', 'read the passphrase from standard input')
    .action(async (options: SealFlags, command: Command) => {
      const call = invocation(command, world.io);
      const unsealed = await withSecrets(world, call.folder, secretSources(world, options), (secrets) =>
        secrets.unseal(),
      );
      call.show({ unsealed }, `no longer sealed: ${unsealed.join(', ')}`);
    });
}

async function withSecrets<Result>(
  world: CommandWorld,
  folder: string,
  sources: SecretSources,
  act: (secrets: SecretFolder) => Promise<Result>,
): Promise<Result> {
  if ((await readNetworkFile(folder)).kind !== 'registration-centre') {
    throw new RcFolderError(
      `${folder} belongs to an operator's machine, which has no such keys: check --data`,
    );
  }
  const ownership = takeOwnership(folder, 'cardea-rc seal');
  const { random } = world.surroundings('warn');
  const secrets = rcSecrets(folder, random, sources);
  try {
    return await act(secrets);
  } finally {
    await secrets.close();
    ownership.release();
  }
}
