#!/usr/bin/env node
import { createProgram, runCommandLine } from '../runtime/command-line.ts';
import { addDoctor } from './commands/doctor.ts';
import { addJoin } from './commands/join.ts';
import { addRun } from './commands/run.ts';
import { addPin, addTap } from './commands/tap.ts';

const program = createProgram({
  name: 'cardea-device',
  description: 'A patient terminal: reads cards, takes PINs, and logs patients in at a hub',
  folder: './data/device',
});
addJoin(program);
addRun(program);
addTap(program);
addPin(program);
addDoctor(program);

process.exitCode = await runCommandLine(program, process.argv.slice(2));
