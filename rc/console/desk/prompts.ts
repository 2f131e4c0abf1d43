import type { Readable, Writable } from 'node:stream';
import { isCancel, PasswordPrompt, Prompt, SelectPrompt, TextPrompt } from '@clack/core';
import { choiceLine } from './choice-line.ts';
import type { Choice } from './view.ts';

/** How a question ended: by Enter or a key, by Esc, by Ctrl-C, or since something else happened. */
export type Ended = 'submitted' | 'back' | 'leave' | 'dismissed';

/** Where a question is shown, and how it looks: while it is open, or with what came of it (`''`: as nothing). */
export interface Shown {
  readonly input: Readable;
  readonly output: Writable;
  readonly frame: (body: readonly string[], outcome: string | undefined) => string;
}

/** A question that can be taken away. */
export interface Dismissable {
  run(): Promise<Ended>;
  dismiss(): void;
}

const CTRL_C = '\u0003';
const LINE_UP = '\u001b[1A';

/** What clack's prompts have in common here; each keeps the answer itself. */
class Course {
  #ended: Ended = 'back';
  readonly #shown: Shown;

  constructor(shown: Shown) {
    this.#shown = shown;
  }

  key(char: string | undefined): void {
    if (char === CTRL_C) this.#ended = 'leave';
  }

  async run(prompt: () => Promise<unknown>): Promise<Ended> {
    if (!isCancel(await prompt())) return 'submitted';
    // Nothing is left of the question but the line that clack ends it with.
    this.#shown.output.write(LINE_UP);
    return this.#ended;
  }

  dismiss(cancel: () => void, close: () => void): void {
    this.#ended = 'dismissed';
    cancel();
    // Rendered once more, as nothing.
    this.#shown.output.emit('resize');
    close();
  }
}

export class Typing extends TextPrompt implements Dismissable {
  readonly #course: Course;

  constructor(shown: Shown, initial: string) {
    super({
      input: shown.input,
      output: shown.output,
      ...(initial === '' ? {} : { initialUserInput: initial }),
      render() {
        if (this.state === 'cancel') return shown.frame([], '');
        if (this.state === 'submit') return shown.frame([], this.userInput || 'none');
        return shown.frame([this.userInputWithCursor], undefined);
      },
    });
    this.#course = new Course(shown);
    this.on('key', (char) => this.#course.key(char));
  }

  get typed(): string {
    return this.userInput;
  }

  run(): Promise<Ended> {
    return this.#course.run(() => this.prompt());
  }

  dismiss(): void {
    this.#course.dismiss(
      () => {
        this.state = 'cancel';
      },
      () => this.close(),
    );
  }
}

export class Secret extends PasswordPrompt implements Dismissable {
  readonly #course: Course;

  constructor(shown: Shown) {
    super({
      input: shown.input,
      output: shown.output,
      mask: '•',
      render() {
        if (this.state === 'cancel') return shown.frame([], '');
        // Not even its length stays on the screen.
        if (this.state === 'submit') return shown.frame([], '••••••');
        return shown.frame([this.userInputWithCursor], undefined);
      },
    });
    this.#course = new Course(shown);
    this.on('key', (char) => this.#course.key(char));
  }

  get typed(): string {
    return this.userInput;
  }

  run(): Promise<Ended> {
    return this.#course.run(() => this.prompt());
  }

  dismiss(): void {
    this.#course.dismiss(
      () => {
        this.state = 'cancel';
      },
      () => this.close(),
    );
  }
}

type Option = Choice & { readonly disabled?: boolean };

/** Arrows and Enter, or a choice's own key. */
export class Choosing extends SelectPrompt<Option> implements Dismissable {
  readonly #course: Course;

  constructor(shown: Shown, choices: readonly Choice[]) {
    super({
      input: shown.input,
      output: shown.output,
      options: [...choices],
      render() {
        if (this.state === 'cancel') return shown.frame([], '');
        const current = this.options[this.cursor];
        if (this.state === 'submit') {
          return shown.frame([], choices.find(({ value }) => value === this.value)?.label ?? '');
        }
        const lines = this.options.map((choice) =>
          choiceLine(choice.label, choice.key, choice.hint, choice === current),
        );
        return shown.frame(lines, undefined);
      },
    });
    this.#course = new Course(shown);
    this.on('key', (char) => {
      this.#course.key(char);
      const choice = choices.find(({ key }) => key !== undefined && key === char?.toLowerCase());
      if (choice === undefined) return;
      this.value = choice.value;
      this.state = 'submit';
    });
  }

  get chosen(): string {
    return String(this.value);
  }

  run(): Promise<Ended> {
    return this.#course.run(() => this.prompt());
  }

  dismiss(): void {
    this.#course.dismiss(
      () => {
        this.state = 'cancel';
      },
      () => this.close(),
    );
  }
}

/** Nothing to answer; Enter goes on, and Esc goes back where there is a way back. */
export class Waiting extends Prompt<boolean> implements Dismissable {
  readonly #course: Course;
  readonly #back: boolean;

  constructor(shown: Shown, back: boolean) {
    super(
      {
        input: shown.input,
        output: shown.output,
        render() {
          return shown.frame([], this.state === 'cancel' || this.state === 'submit' ? '' : undefined);
        },
      },
      false,
    );
    this.#course = new Course(shown);
    this.#back = back;
    this.on('key', (char) => this.#course.key(char));
  }

  protected override _shouldSubmit(): boolean {
    return this.#back;
  }

  run(): Promise<Ended> {
    return this.#course.run(() => this.prompt());
  }

  dismiss(): void {
    this.#course.dismiss(
      () => {
        this.state = 'cancel';
      },
      () => this.close(),
    );
  }
}
