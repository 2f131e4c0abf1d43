#!/usr/bin/env node
import { runCommandLine } from '../runtime/command-line.ts';
import { createHubProgram } from './program.ts';

process.exitCode = await runCommandLine(createHubProgram(), process.argv.slice(2));
