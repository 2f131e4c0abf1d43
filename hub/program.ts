import type { Command } from 'commander';
import { createProgram } from '../runtime/command-line.ts';
import { addAudit } from './commands/audit.ts';
import { addBackup } from './commands/backup.ts';
import { addJoin } from './commands/join.ts';
import { addQueue } from './commands/queue.ts';
import { addRecords } from './commands/records.ts';
import { addServe } from './commands/serve.ts';
import { addStatus } from './commands/status.ts';

/** The command line of `cardea-hub` (DESIGN, commands). */
export function createHubProgram(): Command {
  const program = createProgram({
    name: 'cardea-hub',
    description: 'The clinic gateway: lets patients in who tap their card at a terminal',
    folder: './data/hub',
  });
  addJoin(program);
  addServe(program);
  addStatus(program);
  addQueue(program);
  addRecords(program);
  addAudit(program);
  addBackup(program);
  return program;
}
