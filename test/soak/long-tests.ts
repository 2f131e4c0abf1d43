import { type ChildProcess, spawn } from 'node:child_process';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as delay } from 'node:timers/promises';
import type { Soak } from './soak.ts';

/** What a test file imports that has a long form. */
const HAS_LONG_FORM = /from '[./\w-]*\/soak\.ts'/;
/** How much of what the tests said is shown when one fails. */
const LAST_LINES = 40;

/** The long form of the tests under `test/` that have one. */
export const longTests: Soak = {
  name: 'tests',
  async run({ leftMs, tell }) {
    const files = await filesWithLongForm('test');
    let passed = 0;
    const tests = new TestRun(files, (test) => {
      passed += 1;
      tell(`passed: ${test}`);
    });
    const outcome = await Promise.race([tests.ended, timeIsOver(leftMs())]);
    if (outcome === 'time is over') {
      await tests.stop();
      return `the long form of ${files.length} test files, stopped when the time was over; ${passed} tests had passed, none had failed`;
    }
    if (outcome !== 0) throw new Error(`a test failed in its long form:\n${tests.lastLines(LAST_LINES)}\n`);
    return `the long form of ${files.length} test files, all of it: ${passed} tests passed`;
  },
};

async function timeIsOver(ms: number): Promise<'time is over'> {
  // What has no limit ends by itself; a timer has one.
  if (!Number.isFinite(ms)) return new Promise(() => {});
  return delay(ms, 'time is over', { ref: false });
}

/** The tests that a line of vitest's verbose reporter says have passed: what they are called, and how long they took. */
export function passedIn(line: string): string | undefined {
  return /^\s*✓ (test\/.*)$/.exec(line)?.[1];
}

export async function filesWithLongForm(folder: string): Promise<string[]> {
  const names = await readdir(folder, { recursive: true });
  const tests = names.filter((name) => name.endsWith('.test.ts')).map((name) => join(folder, name));
  const sources = await Promise.all(tests.map((path) => readFile(path, 'utf8')));
  return tests.filter((_, index) => HAS_LONG_FORM.test(sources[index] ?? '')).sort();
}

class TestRun {
  /** Resolves with the exit code. */
  readonly ended: Promise<number | null>;
  readonly #process: ChildProcess;
  #said = '';

  constructor(files: readonly string[], onPassed: (test: string) => void) {
    const env = { ...process.env, CARDEA_SOAK: '1', NO_COLOR: '1' };
    // Its own process group: vitest's workers have to end with it.
    const options = { env, stdio: 'pipe', detached: true } as const;
    this.#process = spawn(
      'npx',
      ['vitest', 'run', '--bail', '1', '--reporter', 'verbose', ...files],
      options,
    );
    for (const stream of [this.#process.stdout, this.#process.stderr]) {
      if (stream === null) continue;
      createInterface(stream).on('line', (line) => {
        this.#said += `${line}\n`;
        const test = passedIn(line);
        if (test !== undefined) onPassed(test);
      });
    }
    this.ended = new Promise((resolve, reject) => {
      this.#process.once('error', reject);
      this.#process.once('close', resolve);
    });
  }

  lastLines(count: number): string {
    return this.#said.trimEnd().split('\n').slice(-count).join('\n');
  }

  async stop(): Promise<void> {
    if (this.#process.pid !== undefined) process.kill(-this.#process.pid, 'SIGTERM');
    await this.ended;
  }
}
