import type { Panel, Question, Sign } from '../hardware/panel/panel.ts';

/** A patient who knows what to type, and reads what the terminal shows. */
export class ScriptedPanel implements Panel {
  readonly #answers: Partial<Record<Question, string>>;
  readonly #choice: string | undefined;
  readonly #onShow: (sign: Sign, lines: readonly string[]) => void;

  /** `choice`: with what the option begins that is chosen. */
  constructor(
    { choice, ...answers }: Partial<Record<Question | 'choice', string>>,
    onShow: (sign: Sign, lines: readonly string[]) => void = () => undefined,
  ) {
    this.#answers = answers;
    this.#choice = choice;
    this.#onShow = onShow;
  }

  show(sign: Sign, lines: readonly string[]): void {
    this.#onShow(sign, lines);
  }

  async ask(question: Question): Promise<string | undefined> {
    return this.#answers[question];
  }

  async choose(_prompt: string, options: readonly string[]): Promise<number | undefined> {
    const choice = this.#choice;
    const index = choice === undefined ? -1 : options.findIndex((option) => option.startsWith(choice));
    return index === -1 ? undefined : index;
  }

  async close(): Promise<void> {}
}
