#!/usr/bin/env -S MALLOC_ARENA_MAX=1 node --max-semi-space-size=1
// A terminal has little memory and time enough: each thread that ever stretched a PIN would keep 16 MB of its own for
// the next one, and V8 would keep twice 16 MB for objects that hardly live.
import { runCommandLine } from '../runtime/command-line.ts';
import { createDeviceProgram } from './program.ts';

process.exitCode = await runCommandLine(createDeviceProgram(), process.argv.slice(2));
