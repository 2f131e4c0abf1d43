import { spawn } from 'node:child_process';
import { constants } from 'node:fs';
import { access } from 'node:fs/promises';
import { delimiter, isAbsolute, join } from 'node:path';
import type { Clock } from '../../runtime/clock.ts';
import { CardeaError } from '../../runtime/errors.ts';

/** The page did not get to the printer. */
export class PrintError extends CardeaError {
  readonly code = 'print-failed';
}

/** Something that puts text on paper. */
export interface Printer {
  /** @throws PrintError */
  print(text: string): Promise<void>;
}

const PRINT_LIMIT_MS = 20_000;

/**
 * The program that the setting `print` names, with its arguments. The text goes to its standard input, never into
 * an argument; no shell is asked.
 *
 * @param path the folders where it may lie: `PATH`
 * @returns undefined where there is no such program
 */
export async function findPrinter(
  command: string,
  path: string | undefined,
  clock: Clock,
): Promise<Printer | undefined> {
  const [name, ...words] = command.split(' ').filter((word) => word !== '');
  if (name === undefined) return undefined;
  const places = isAbsolute(name)
    ? [name]
    : (path ?? '').split(delimiter).map((folder) => join(folder, name));
  for (const program of places) {
    if (await isProgram(program)) return { print: (text) => feed(program, words, text, clock) };
  }
  return undefined;
}

async function isProgram(path: string): Promise<boolean> {
  try {
    await access(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

function feed(program: string, words: readonly string[], text: string, clock: Clock): Promise<void> {
  return new Promise((resolve, reject) => {
    const child = spawn(program, words, { stdio: ['pipe', 'ignore', 'pipe'] });
    let said = '';
    const limit = clock.after(PRINT_LIMIT_MS, () => child.kill('SIGKILL'));
    const fail = (why: string, cause?: unknown) => {
      reject(new PrintError(`not printed (${why}): write it down, or check the printer`, { cause }));
    };
    child.stderr.on('data', (chunk: Buffer) => {
      said = `${said}${chunk}`.slice(0, 200);
    });
    child.stdin.on('error', () => {});
    child.on('error', (cause) => {
      limit.cancel();
      fail(`${program} cannot be run`, cause);
    });
    child.on('close', (code) => {
      limit.cancel();
      if (code === 0) resolve();
      else fail(said.trim().split('\n')[0] || (code === null ? 'it took too long' : `${program} failed`));
    });
    child.stdin.end(text);
  });
}
