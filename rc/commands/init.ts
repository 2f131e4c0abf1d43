import type { Command } from 'commander';
import { newMemberId } from '../../protocol/rc-api/fields.ts';
import { formatAddress } from '../../runtime/address.ts';
import { invocation, UsageError } from '../../runtime/command-line.ts';
import type { Address } from '../../runtime/network.ts';
import { askNewPassphrase, passphraseSource } from '../../runtime/passphrase.ts';
import { RC_PORT, rcSettings } from './settings.ts';
import type { CommandWorld } from './world.ts';

interface InitFlags {
  readonly operator: string;
  readonly seal?: boolean;
  readonly passphraseStdin?: boolean;
}

/** `cardea-rc init`: sets a network up in an empty folder. */
export function addInit(program: Command, world: CommandWorld): void {
  program
    .command('init')
    .description('set up a network: its authority, master key, database and first operator')
    .option('--address <host:port>', 'how hubs, terminals and operators will reach it; default localhost')
    .option('--operator <id>', 'the id of the first operator, an admin', 'admin')
    .option('--seal', "seal the master key and the authority's key under a passphrase, which is asked for")
    .option('--passphrase-stdin', 'read the passphrase from standard input')
    .action(async (options: InitFlags, command: Command) => {
      const { initRc } = await import('../init.ts');
      const call = invocation(command, world.io);
      const operator = newMemberId.safeParse(options.operator);
      if (!operator.success)
        throw new UsageError('--operator: 3 to 32 of a-z, 0-9 and -, the first and the last no -');
      const { address } = await call.settings(rcSettings);
      const { folder } = call;
      const made = await initRc({
        surroundings: world.surroundings('warn'),
        folder,
        address,
        operator: operator.data,
        passphrase: await newPassphrase(world, options),
        sealingLogN: world.sealingLogN,
      });
      call.show(
        { folder, address: formatAddress(address), ...made },
        [
          `a network was set up in ${folder}, with ${made.operator} as its first operator`,
          `its authority: SHA-256 ${made.fingerprint}`,
          `now: cardea-rc serve --data ${folder}${listenFlag(address)}`,
        ].join('\n'),
      );
    });
}

/** Where the port is not the one that `serve` listens at by itself. */
function listenFlag({ port }: Address): string {
  return port === 0 || port === RC_PORT ? '' : ` --listen 0.0.0.0:${port}`;
}

async function newPassphrase({ io }: CommandWorld, { seal, passphraseStdin = false }: InitFlags) {
  if (seal !== true) return undefined;
  return askNewPassphrase(io, passphraseSource(io, { stdin: passphraseStdin }));
}
