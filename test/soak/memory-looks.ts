import { residentMb } from '../bench/process-costs.ts';

/** How often the memory is looked at, where it is known how much there is to do. */
const LOOKS = 1_000;

/**
 * VmRSS, MB: the mean over the second tenth of the looks, when all is loaded and compiled; over the last tenth; the
 * most. A single look says little: between two collections of garbage it goes up and down by dozens.
 */
export interface Memory {
  readonly warmMb: number;
  readonly endMb: number;
  readonly mostMb: number;
}

/** The memory of a process, looked at from outside while it is sent things. */
export class MemoryLooks {
  readonly #pid: number;
  readonly #every: number;
  readonly #looks: number[];

  private constructor(pid: number, count: number, first: number) {
    this.#pid = pid;
    this.#every = Math.max(1, Math.floor(count / LOOKS));
    this.#looks = [first];
  }

  /** Looks for the first time. @param count how many things there will be */
  static async begin(pid: number, count: number): Promise<MemoryLooks> {
    return new MemoryLooks(pid, count, await residentMb(pid));
  }

  /** Thing number `index` was sent, from 0. @throws Error when the process is gone */
  async sent(index: number): Promise<void> {
    if (index % this.#every === 0) this.#looks.push(await residentMb(this.#pid));
  }

  get memory(): Memory {
    const looks = this.#looks;
    const tenth = looks.length / 10;
    return {
      warmMb: mean(looks.slice(Math.floor(tenth), Math.ceil(2 * tenth))),
      endMb: mean(looks.slice(-Math.ceil(tenth))),
      mostMb: Math.max(...looks),
    };
  }
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}
