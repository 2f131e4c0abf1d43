/** Tells the story as it happens: chapters, steps with what they took, and what went wrong. */
export class Teller {
  readonly #write: (line: string) => void;
  readonly #monotonic: () => number;
  #chapter = 0;

  constructor(write: (line: string) => void, monotonic: () => number) {
    this.#write = write;
    this.#monotonic = monotonic;
  }

  chapter(title: string): void {
    this.#chapter += 1;
    this.#write('');
    this.#write(`${this.#chapter}. ${title}`);
  }

  /** A line that belongs to the step before it. */
  line(text: string): void {
    this.#write(`     ${text}`);
  }

  /** Does `work`, and says what it was and how long it took. What it throws goes on. */
  async step<T>(what: string | ((result: T) => string), work: () => Promise<T>): Promise<T> {
    const began = this.#monotonic();
    const result = await work();
    const text = typeof what === 'string' ? what : what(result);
    this.#write(`   ✓ ${text}  (${duration(this.#monotonic() - began)})`);
    return result;
  }
}

function duration(milliseconds: number): string {
  return milliseconds < 1000 ? `${milliseconds.toFixed(0)} ms` : `${(milliseconds / 1000).toFixed(1)} s`;
}
