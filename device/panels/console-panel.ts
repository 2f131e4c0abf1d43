import type { Panel, Question, Sign } from '../../hardware/panel/panel.ts';
import type { Clock } from '../../runtime/clock.ts';
import { GRACE_MS, withPatience } from './patience.ts';

/** How a sign looks where there is no light: a mark before the words, never colour alone. */
const MARKS: Readonly<Record<Sign, string>> = {
  idle: '·',
  reading: '…',
  'take-card': '▲',
  attention: '!',
  working: '…',
  welcome: '✓',
  refused: '✗',
  'out-of-order': '✗',
};

/** Where a console panel writes, and how it asks for what must not be seen. */
export interface ConsolePanelOptions {
  readonly clock: Pick<Clock, 'after'>;
  readonly say: (line: string) => void;
  /** Asks for one secret. Rejects with the signal's reason when it aborts. */
  readonly ask: (prompt: string, signal: AbortSignal) => Promise<string>;
  /** The secrets come from a script, one a line: a new one is then given once, and nothing is chosen. */
  readonly scripted: boolean;
}

/** The console as a terminal's front: what a laptop, or a Pi without a panel, shows. */
export class ConsolePanel implements Panel {
  readonly #options: ConsolePanelOptions;
  #shown = '';
  #asks = false;
  /** What is to be said once the question is answered: a prompt stands alone in its line. */
  #untold: string[] = [];
  /** What was given once and is asked for again. */
  #newSecret: string | undefined;
  readonly choose?: NonNullable<Panel['choose']>;
  readonly untilCancelled?: NonNullable<Panel['untilCancelled']>;

  constructor(options: ConsolePanelOptions) {
    this.#options = options;
    if (options.scripted) return;
    this.choose = (prompt, choices, signal) => this.#choose(prompt, choices, signal);
    this.untilCancelled = (signal) => this.#untilCancelled(signal);
  }

  show(sign: Sign, lines: readonly string[]): void {
    const text = `${MARKS[sign]} ${lines.join(' ')}`;
    if (text === this.#shown) return;
    this.#shown = text;
    this.tell(text);
  }

  /** Says a line; below the answer, where something is asked. */
  tell(line: string): void {
    if (this.#asks) this.#untold.push(line);
    else this.#options.say(line);
  }

  async ask(question: Question, prompt: string, signal: AbortSignal): Promise<string | undefined> {
    const { scripted } = this.#options;
    if (scripted && (question === 'new-pin-again' || question === 'new-password-again'))
      return this.#newSecret;
    const answer = await this.#patiently(prompt, signal);
    const isNew = question === 'new-pin' || question === 'new-password';
    this.#newSecret = scripted && isNew ? answer : undefined;
    return answer === '' ? undefined : answer;
  }

  /** A script answers at once or never; a person may have left. */
  #patiently(prompt: string, signal: AbortSignal): Promise<string | undefined> {
    const { clock, say, scripted } = this.#options;
    if (scripted) return this.#answer(prompt, signal);
    // Below the prompt, which stands in a line that has not ended.
    const warn = () =>
      say(`\n${MARKS.attention} Are you still there? This ends in ${GRACE_MS / 1000} seconds.`);
    return withPatience(clock, signal, warn, (patience) => this.#answer(prompt, patience));
  }

  async #answer(prompt: string, signal: AbortSignal): Promise<string> {
    this.#asks = true;
    try {
      return await this.#options.ask(prompt, signal);
    } finally {
      this.#asks = false;
      for (const line of this.#untold.splice(0)) this.#options.say(line);
    }
  }

  async close(): Promise<void> {
    this.#newSecret = undefined;
  }

  /** By an empty line, as any question is cancelled. */
  async #untilCancelled(signal: AbortSignal): Promise<void> {
    while ((await this.#answer('Press Enter to stop', signal)) !== '');
  }

  /** By number; what was typed is not seen, so that it is said. */
  async #choose(
    prompt: string,
    choices: readonly string[],
    signal: AbortSignal,
  ): Promise<number | undefined> {
    for (const [index, choice] of choices.entries()) this.#options.say(`  ${index + 1}  ${choice}`);
    for (;;) {
      const answer = await this.#patiently(`${prompt} 1 to ${choices.length}`, signal);
      if (answer === undefined || answer === '') return undefined;
      const chosen = choices[Number(answer) - 1];
      if (chosen === undefined) continue;
      this.#options.say(`  ${chosen}`);
      return choices.indexOf(chosen);
    }
  }
}
