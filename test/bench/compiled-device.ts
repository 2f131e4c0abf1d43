import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { promisify } from 'node:util';
import { residentMb } from './process-costs.ts';

const DEVICE = 'dist/device/main.js';

let built: Promise<unknown> | undefined;

/** Compiles everything into `dist/`, what a Pi runs; once in a run of the benchmarks. */
export async function buildOnce(): Promise<void> {
  built ??= promisify(execFile)('npm', ['run', 'build']);
  await built;
}

/** `cardea-device run`, compiled, in a process of its own: the program itself, with what its first line says. */
export class CompiledDevice {
  readonly #process: ChildProcess;
  readonly #ended: Promise<number | null>;
  #said = '';
  #heard = 0;
  #look = () => {};

  /** @param words what stands after `cardea-device run` */
  constructor(words: readonly string[]) {
    this.#process = spawn(DEVICE, ['run', ...words], { stdio: 'pipe' });
    this.#ended = new Promise((resolve) => {
      this.#process.once('close', resolve);
    });
    for (const stream of [this.#process.stdout, this.#process.stderr]) {
      stream?.setEncoding('utf8').on('data', (text: string) => {
        this.#said += text;
        this.#look();
      });
    }
  }

  /** Resolves when it says `text`, after what was waited for before. @throws Error when it ends first */
  async untilItSays(text: string): Promise<void> {
    await new Promise<void>((resolve, reject) => {
      this.#look = () => {
        const at = this.#said.indexOf(text, this.#heard);
        if (at >= 0) {
          this.#heard = at + text.length;
          resolve();
        }
      };
      this.untilItEnds().catch(reject);
      this.#look();
    });
  }

  /** @throws Error when it ends, which it is not meant to */
  async untilItEnds(): Promise<never> {
    const code = await this.#ended;
    throw new Error(`cardea-device ended with ${code}: ${this.#said.trim()}`);
  }

  /** Types a line: a PIN. */
  type(line: string): void {
    this.#process.stdin?.write(`${line}\n`);
  }

  /** What it has in memory, MB (VmRSS). */
  residentMb(): Promise<number> {
    return residentMb(this.#process.pid ?? 0);
  }

  async stop(): Promise<void> {
    this.#process.kill('SIGTERM');
    await this.#ended;
  }
}
