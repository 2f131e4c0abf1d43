#!/usr/bin/env node
import { createProgram, runCommandLine } from '../runtime/command-line.ts';
import { addCardCommands } from './commands/card.ts';
import { addInit } from './commands/init.ts';
import { addJoin } from './commands/join.ts';
import { addServe } from './commands/serve.ts';
import { addHub, addStatus } from './commands/status.ts';
import { addToken } from './commands/token.ts';
import { addCardRegister } from './console/register-command.ts';

const program = createProgram({
  name: 'cardea-rc',
  description: 'The registration centre: lets hubs, terminals and operators in, and registers cards',
  folder: './data/rc',
});
addInit(program);
addServe(program);
addJoin(program);
addStatus(program);
addToken(program);
addHub(program);
const card = program.command('card').description('the cards of patients');
addCardRegister(card);
addCardCommands(card);

process.exitCode = await runCommandLine(program, process.argv.slice(2));
