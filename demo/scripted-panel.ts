import type { Panel, Question, Sign } from '../hardware/panel/panel.ts';

/** A patient who knows what to type, and reads what the terminal shows. */
export class ScriptedPanel implements Panel {
  readonly #answers: Partial<Record<Question, string>>;
  readonly #onShow: (sign: Sign, lines: readonly string[]) => void;

  constructor(
    answers: Partial<Record<Question, string>>,
    onShow: (sign: Sign, lines: readonly string[]) => void = () => undefined,
  ) {
    this.#answers = answers;
    this.#onShow = onShow;
  }

  show(sign: Sign, lines: readonly string[]): void {
    this.#onShow(sign, lines);
  }

  async ask(question: Question): Promise<string | undefined> {
    return this.#answers[question];
  }

  async close(): Promise<void> {}
}
