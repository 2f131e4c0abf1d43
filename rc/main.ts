#!/usr/bin/env node
import { runCommandLine } from '../runtime/command-line.ts';
import { processWorld } from './commands/world.ts';
import { createRcProgram } from './program.ts';

process.exitCode = await runCommandLine(createRcProgram(processWorld), process.argv.slice(2));
