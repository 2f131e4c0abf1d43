#!/usr/bin/env -S MALLOC_ARENA_MAX=1 node --max-semi-space-size=1
// A terminal has little memory and time enough: each thread that ever stretched a PIN would keep 16 MB of its own for
// the next one, and V8 would keep twice 16 MB for objects that hardly live.
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
