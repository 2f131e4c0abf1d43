import type { Command } from 'commander';
import { addMemberList, addRevoke } from './member.ts';
import type { CommandWorld } from './world.ts';

/** `cardea-rc operator list|revoke`: who may work at the registration centre. */
export function addOperator(program: Command, world: CommandWorld): void {
  const operator = program.command('operator').description('the operators of the network');
  addMemberList(operator, world, 'operator');
  addRevoke(operator, world, {
    kind: 'operator',
    description: 'cut an operator off for ever: who leaves, or whose machine is lost',
    afterwards: 'what they did stands, in the audit trail too; their cards in the making are not completed',
  });
}
