import { type ChildProcess, spawn } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { createInterface } from 'node:readline';

/** `cardea-rc serve` or `cardea-hub serve`, compiled, in a process of its own. */
export class CompiledServer {
  /** Where it listens. */
  readonly address: string;
  readonly #process: ChildProcess;
  readonly #ended: Promise<unknown>;

  private constructor(process: ChildProcess, address: string) {
    this.#process = process;
    this.#ended = new Promise((resolve) => process.once('close', resolve));
    this.address = address;
  }

  /** @throws Error when it ends before it serves */
  static async start(program: 'rc' | 'hub', folder: string): Promise<CompiledServer> {
    const words = ['serve', '--data', folder, '--listen', '127.0.0.1:0', '--json', '--log-level', 'warn'];
    const child = spawn(process.execPath, [`dist/${program}/main.js`, ...words], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const line = await new Promise<string>((resolve, reject) => {
      createInterface({ input: child.stdout }).once('line', resolve);
      child.once('close', (code) => reject(new Error(`cardea-${program} ended with ${code}`)));
    });
    return new CompiledServer(child, JSON.parse(line).address);
  }

  /** The most it had in memory so far, MB (VmHWM). */
  peakMb(): Promise<number> {
    return this.#megabytes(/^VmHWM:\s+(\d+) kB$/m);
  }

  /** What it has in memory, MB (VmRSS). */
  residentMb(): Promise<number> {
    return this.#megabytes(/^VmRSS:\s+(\d+) kB$/m);
  }

  async #megabytes(line: RegExp): Promise<number> {
    const status = await readFile(`/proc/${this.#process.pid}/status`, 'utf8');
    const kilobytes = line.exec(status)?.[1];
    if (kilobytes === undefined) throw new Error('the process has no memory: it is gone');
    return Number(kilobytes) / 1024;
  }

  /** CPU time that it has used so far, user and system, all threads: seconds. */
  async cpuSeconds(): Promise<number> {
    const stat = await readFile(`/proc/${this.#process.pid}/stat`, 'utf8');
    // After the name, which is in parentheses: field 14 and 15 of proc(5), in ticks of 10 ms.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return (Number(fields[11]) + Number(fields[12])) / 100;
  }

  async stop(): Promise<void> {
    this.#process.kill('SIGTERM');
    await this.#ended;
  }
}
