import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Command } from 'commander';
import { describe, expect, it } from 'vitest';
import { addDoctor } from '../../device/commands/doctor.ts';
import { addJoin } from '../../device/commands/join.ts';
import { addRun } from '../../device/commands/run.ts';
import { addPin, addTap } from '../../device/commands/tap.ts';
import { createHubProgram } from '../../hub/program.ts';
import { createRcProgram } from '../../rc/program.ts';
import { createProgram } from '../../runtime/command-line.ts';
import { fakeIo } from '../runtime/fake-io.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));
/** Where programs and documents tell somebody what to run. */
const PLACES = ['hub', 'rc', 'device', 'runtime', 'certs', 'demo', 'docs', 'README.md', 'CONTRIBUTING.md'];
/** In quotes or backquotes, as messages have it, or after npx, as documents do. */
const HINT = /(?:["`]|npx )(cardea-(?:rc|hub|device)(?: [^"`\n]*)?)/g;

const PROGRAMS: Readonly<Record<string, Command>> = {
  'cardea-hub': createHubProgram(),
  'cardea-rc': createRcProgram({
    io: fakeIo(),
    surroundings: () => {
      throw new Error('nothing is run here');
    },
  }),
  'cardea-device': deviceProgram(),
};

function deviceProgram(): Command {
  const program = createProgram({ name: 'cardea-device', description: '', folder: './data/device' });
  for (const add of [addJoin, addRun, addTap, addPin, addDoctor]) add(program);
  return program;
}

/** What is wrong with a line that somebody is told to run; undefined where nothing is. */
function faultOf(line: string): string | undefined {
  const [name = '', ...words] = line.trim().split(/\s+/);
  let command = PROGRAMS[name];
  if (command === undefined) return `there is no ${name}`;
  for (const [index, word] of words.entries()) {
    if (word.startsWith('--')) {
      if (hasOption(command, word.replace(/[^a-z-].*$/, ''))) continue;
      return `"${name}" has no ${word} there`;
    }
    // What a program fills in.
    if (word.startsWith('$')) return faultOfOptions(command, words.slice(index));
    // Alternatives stand for one another: `token hub|device`.
    const next = word.split('|').map((one) => command?.commands.find((each) => each.name() === one));
    if (next.every((each) => each !== undefined)) command = next[0] ?? command;
    else if (command.registeredArguments.length === 0 && index === 0)
      return `"${name}" has no command ${word}`;
    else return faultOfOptions(command, words.slice(index));
  }
  return undefined;
}

/** Behind an argument: words are anything, options are not. */
function faultOfOptions(command: Command, words: readonly string[]): string | undefined {
  const unknown = words.find((word) => /^--[a-z]/.test(word) && !hasOption(command, word));
  return unknown === undefined ? undefined : `"${command.name()}" has no ${unknown}`;
}

function hasOption(command: Command, flag: string): boolean {
  for (let at: Command | null = command; at !== null; at = at.parent) {
    if (at.options.some(({ long }) => long === flag)) return true;
  }
  return flag === '--help';
}

function files(place: string): string[] {
  if (place.endsWith('.md')) return [place];
  return readdirSync(join(root, place), { recursive: true, encoding: 'utf8' })
    .filter((name) => /\.(?:ts|md)$/.test(name))
    .map((name) => join(place, name));
}

describe('what somebody is told to run', () => {
  it('is a command that there is, with options that it has', () => {
    const faults: string[] = [];
    let hints = 0;
    for (const file of PLACES.flatMap(files)) {
      for (const [, line = ''] of readFileSync(join(root, file), 'utf8').matchAll(HINT)) {
        hints += 1;
        const fault = faultOf(line);
        if (fault !== undefined) faults.push(`${file}: ${line}: ${fault}`);
      }
    }
    expect(faults).toEqual([]);
    expect(hints).toBeGreaterThan(80);
  });

  it.each([
    ['cardea-hub restor BACKUP', 'has no command restor'],
    ['cardea-hub backup FOLDER --sealed', 'has no --sealed'],
    ['cardea-rc status --jsn', 'has no --jsn'],
    ['cardea-device serve', 'has no command serve'],
  ])('would be found out otherwise: %s', (line, fault) => {
    expect(faultOf(line)).toContain(fault);
  });
});
