import type { Command } from 'commander';
import { RcUnreachableError } from '../../certs/rc-errors.ts';
import { loadTlsIdentity, saveTlsIdentity } from '../../certs/tls-identity.ts';
import { fromHex } from '../../protocol/bytes.ts';
import { invocation } from '../../runtime/command-line.ts';
import { asOperator } from './operator-client.ts';
import type { CommandWorld } from './world.ts';

/** `cardea-rc rotate ca|master`: new keys for a network that goes on. */
export function addRotate(program: Command, world: CommandWorld): void {
  const rotate = program
    .command('rotate')
    .description('make new keys, while everything of the old ones goes on');
  rotate
    .command('ca')
    .description(
      'a new authority, certified by the present one: nobody has to join anew, and no card is lost',
    )
    .option('--drop-oldest', 'also when cards in use pin an authority for which there is no room any more')
    .action(async (options: { dropOldest?: boolean }, command: Command) => {
      const call = invocation(command, world.io);
      const { dropOldest = false } = options;
      const surroundings = world.surroundings('warn');
      const { authorities, ...made } = await asOperator(call.folder, surroundings, async (client) => {
        const { authority: replaces } = await client.status();
        return twice(() => client.rotateAuthority({ replaces, dropOldest }));
      });
      const identity = await loadTlsIdentity(call.folder, 'operator');
      await saveTlsIdentity(call.folder, { ...identity, authorities: authorities.map(fromHex) }, 'operator');
      call.show(
        made,
        [
          `the authority was rotated: SHA-256 ${made.authority}`,
          'hubs, terminals and operators learn of it by themselves; cards of before it go on, new ones pin it',
          'now: cardea-rc backup, since no earlier backup has its key',
        ].join('\n'),
      );
    });
  rotate
    .command('master')
    .description('a new master key for the cards that are registered from now on')
    .action(async (_options, command: Command) => {
      const call = invocation(command, world.io);
      const { keyId } = await asOperator(call.folder, world.surroundings('warn'), async (client) => {
        const { masterKey: replaces } = await client.status();
        return twice(() => client.rotateMasterKey({ replaces }));
      });
      call.show(
        { keyId },
        [
          `new cards are made with master key number ${keyId}; those of before it go on`,
          'now: cardea-rc backup, since no earlier backup has that key',
        ].join('\n'),
      );
    });
}

/** After a lost answer the same is asked again: what was done is not done twice (`replaces`). */
async function twice<Result>(rotate: () => Promise<Result>): Promise<Result> {
  try {
    return await rotate();
  } catch (cause) {
    if (!(cause instanceof RcUnreachableError)) throw cause;
    return await rotate();
  }
}
