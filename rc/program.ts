import type { Command } from 'commander';
import { createProgram } from '../runtime/command-line.ts';
import { addAudit } from './commands/audit.ts';
import { addBackup } from './commands/backup.ts';
import { addCardCommands } from './commands/card.ts';
import { addHub } from './commands/hub.ts';
import { addInit } from './commands/init.ts';
import { addJoin } from './commands/join.ts';
import { addOperator } from './commands/operator.ts';
import { addRotate } from './commands/rotate.ts';
import { addSeal } from './commands/seal.ts';
import { addServe } from './commands/serve.ts';
import { addStatus } from './commands/status.ts';
import { addToken } from './commands/token.ts';
import type { CommandWorld } from './commands/world.ts';
import { addConsole } from './console/console-command.ts';
import { addCardFind } from './console/find-command.ts';
import { addCardRegister } from './console/register-command.ts';
import { addCardReplace } from './console/replace-command.ts';

/** The command line of `cardea-rc` (DESIGN, commands). */
export function createRcProgram(world: CommandWorld): Command {
  const program = createProgram({
    name: 'cardea-rc',
    description: 'The registration centre: lets hubs, terminals and operators in, and registers cards',
    folder: './data/rc',
  });
  addInit(program, world);
  addServe(program, world);
  addSeal(program, world);
  addJoin(program, world);
  addStatus(program, world);
  addToken(program, world);
  addRotate(program, world);
  addHub(program, world);
  addOperator(program, world);
  addAudit(program, world);
  addBackup(program, world);
  addConsole(program, world);
  const card = program.command('card').description('the cards of patients');
  addCardRegister(card, world);
  addCardReplace(card, world);
  addCardFind(card, world);
  addCardCommands(card, world);
  return program;
}
