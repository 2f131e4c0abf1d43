import { type ChildProcess, spawn } from 'node:child_process';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { Soak } from './soak.ts';

/** What a test file imports that has a long form. */
const HAS_LONG_FORM = /from '[./\w-]*\/soak\.ts'/;
/** How much of what the tests said is shown when one fails. */
const LAST_LINES = 40;

/** The long form of the tests under `test/` that have one. */
export const longTests: Soak = {
  name: 'tests',
  async run({ leftMs }) {
    const files = await filesWithLongForm('test');
    const tests = new TestRun(files);
    const outcome = await Promise.race([
      tests.ended,
      delay(leftMs(), 'time is over' as const, { ref: false }),
    ]);
    if (outcome === 'time is over') {
      await tests.stop();
      return `the long form of ${files.length} test files, stopped when the time was over; nothing had failed`;
    }
    if (outcome !== 0) throw new Error(`a test failed in its long form:\n${tests.lastLines(LAST_LINES)}\n`);
    return `the long form of ${files.length} test files, all of it`;
  },
};

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

  constructor(files: readonly string[]) {
    const env = { ...process.env, CARDEA_SOAK: '1' };
    // Its own process group: vitest's workers have to end with it.
    const options = { env, stdio: 'pipe', detached: true } as const;
    this.#process = spawn('npx', ['vitest', 'run', '--bail', '1', ...files], options);
    for (const stream of [this.#process.stdout, this.#process.stderr]) {
      stream?.setEncoding('utf8').on('data', (text: string) => {
        this.#said += text;
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
