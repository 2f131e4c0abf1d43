import type { Command } from 'commander';
import { createProgram } from '../runtime/command-line.ts';
import { addDoctor } from './commands/doctor.ts';
import { addJoin } from './commands/join.ts';
import { addRun } from './commands/run.ts';
import { addPin, addTap } from './commands/tap.ts';

/** The command line of `cardea-device` (DESIGN, commands). */
export function createDeviceProgram(): Command {
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
  return program;
}
