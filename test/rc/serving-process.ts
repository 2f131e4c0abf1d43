import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { onTestFinished } from 'vitest';
import { withFileSizeLimit } from '../support/file-size-limit.ts';
import { compiled } from '../support/programs.ts';

/** `cardea-rc serve` in a process of its own. */
export class ServingProcess {
  readonly address: string;
  readonly #child: ChildProcess;

  private constructor(child: ChildProcess, address: string) {
    this.#child = child;
    this.address = address;
  }

  /** @param options.fileSizeKib no file may grow beyond this, as on a disk that is full */
  static async start(
    folder: string,
    options: { readonly fileSizeKib?: number } = {},
  ): Promise<ServingProcess> {
    const words = ['serve', '--data', folder, '--listen', '127.0.0.1:0', '--json', '--log-level', 'silent'];
    const programLine = [process.execPath, compiled('rc/main'), ...words];
    const [command = '', ...args] =
      options.fileSizeKib === undefined ? programLine : withFileSizeLimit(options.fileSizeKib, programLine);
    const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'inherit'] });
    onTestFinished(() => {
      child.kill('SIGKILL');
    });
    const [line] = await once(createInterface({ input: child.stdout }), 'line');
    return new ServingProcess(child, JSON.parse(String(line)).address);
  }

  /** @returns the exit code; null where the signal itself ended it */
  async end(signal: 'SIGKILL' | 'SIGTERM' | 'SIGINT'): Promise<number | null> {
    const gone = once(this.#child, 'exit');
    this.#child.kill(signal);
    const [code] = await gone;
    return code;
  }
}
