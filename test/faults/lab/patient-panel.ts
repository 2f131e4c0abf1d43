import type { Panel, Question, Sign } from '../../../hardware/panel/panel.ts';
import { type Clock, sleep } from '../../../runtime/clock.ts';

/** What is typed at each question; nothing where there is no answer, and the terminal gives up. */
export type Answers = Partial<Record<Question, string>>;

/** What a patient does at the front of a terminal. */
export interface PatientHabits {
  readonly answers: Answers;
  readonly typingMs: number;
  /** Looks at what is shown. */
  readonly onShow: (sign: Sign) => void;
}

/** The front of a terminal with a patient before it. */
export class PatientPanel implements Panel {
  readonly #clock: Clock;
  readonly #patient: PatientHabits;
  /** All that was ever shown, for whoever looks for what should not be. */
  readonly shown: string[] = [];
  #isPlugged = true;

  constructor(clock: Clock, patient: PatientHabits) {
    this.#clock = clock;
    this.#patient = patient;
  }

  show(sign: Sign, lines: readonly string[]): void {
    this.shown.push(...lines);
    if (this.#isPlugged) this.#patient.onShow(sign);
  }

  /** Without keys nobody answers: the same as a patient who cancels. */
  async ask(question: Question, _prompt: string, signal: AbortSignal): Promise<string | undefined> {
    if (!this.#isPlugged) return undefined;
    await sleep(this.#clock, this.#patient.typingMs, signal);
    return this.#isPlugged ? this.#patient.answers[question] : undefined;
  }

  /** Whatever is offered first: to be measured, and to leave it. */
  async choose(
    _prompt: string,
    _options: readonly string[],
    signal: AbortSignal,
  ): Promise<number | undefined> {
    if (!this.#isPlugged) return undefined;
    await sleep(this.#clock, this.#patient.typingMs, signal);
    return this.#isPlugged ? 0 : undefined;
  }

  unplug(): void {
    this.#isPlugged = false;
  }

  async close(): Promise<void> {}
}
