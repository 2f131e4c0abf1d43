import { type ChildProcess, fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';

/** What a child process can be asked for, by name. Parameters and results cross as JSON. */
export type Methods = Readonly<Record<string, (params: never) => unknown>>;

interface Question {
  readonly id: number;
  readonly method: string;
  readonly params: unknown;
}

type Answer = { readonly id: number } & ({ readonly result: unknown } | { readonly error: string });

/** In the child: answers its parent, and ends with it. */
export function answerParent(methods: Methods): void {
  process.on('message', (question: Question) => {
    void answer(methods, question).then((said) => process.send?.(said));
  });
  process.once('disconnect', () => process.exit());
}

async function answer(methods: Methods, { id, method, params }: Question): Promise<Answer> {
  try {
    return { id, result: await methods[method]?.(params as never) };
  } catch (error) {
    return { id, error: error instanceof Error ? (error.stack ?? error.message) : String(error) };
  }
}

/** A process beside this one, so that what it does is not counted here, nor the other way round. */
export class Child<Known extends Methods> {
  readonly pid: number;
  readonly #process: ChildProcess;
  readonly #waiting = new Map<number, { resolve(result: unknown): void; reject(reason: Error): void }>();
  #last = 0;

  /** @param file beside this one */
  constructor(file: string) {
    const path = fileURLToPath(new URL(file, import.meta.url));
    this.#process = fork(path, { execArgv: ['--import', 'tsx'] });
    this.pid = this.#process.pid ?? 0;
    this.#process.on('message', (answered: Answer) => {
      const waiter = this.#waiting.get(answered.id);
      this.#waiting.delete(answered.id);
      if ('error' in answered) waiter?.reject(new Error(answered.error));
      else waiter?.resolve(answered.result);
    });
    this.#process.once('exit', (code) => {
      for (const { reject } of this.#waiting.values()) reject(new Error(`${file} ended with ${code}`));
      this.#waiting.clear();
    });
  }

  async call<Name extends keyof Known & string>(
    method: Name,
    params: Parameters<Known[Name]>[0],
  ): Promise<Awaited<ReturnType<Known[Name]>>> {
    const id = ++this.#last;
    const result = await new Promise((resolve, reject) => {
      this.#waiting.set(id, { resolve, reject });
      this.#process.send({ id, method, params }, (failure) => {
        if (failure) reject(failure);
      });
    });
    return result as Awaited<ReturnType<Known[Name]>>;
  }

  async stop(): Promise<void> {
    if (this.#process.exitCode !== null) return;
    const ended = new Promise((resolve) => this.#process.once('exit', resolve));
    this.#process.disconnect();
    await ended;
  }
}
