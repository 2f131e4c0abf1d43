// No timer: this is the end of the event loop's turn, not a moment in time.
import { setImmediate } from 'node:timers';

interface Letter<T> {
  readonly content: T;
  readonly sent: (() => void) | undefined;
}

/** Sends everything of one turn of the event loop in one message: what a message costs is shared by many logins. */
export class Mailbox<T> {
  readonly #post: (contents: readonly T[]) => void;
  #letters: Letter<T>[] = [];

  constructor(post: (contents: readonly T[]) => void) {
    this.#post = post;
  }

  /** @param sent called once it has been copied into the message, so that secrets in it can be wiped here */
  add(content: T, sent?: () => void): void {
    this.#letters.push({ content, sent });
    if (this.#letters.length === 1) setImmediate(() => this.flush());
  }

  /** Sends at once what waits. */
  flush(): void {
    const letters = this.#letters;
    this.#letters = [];
    if (letters.length === 0) return;
    this.#post(letters.map(({ content }) => content));
    for (const { sent } of letters) sent?.();
  }
}
