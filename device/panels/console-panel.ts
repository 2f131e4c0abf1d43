import type { Panel, Question, Sign } from '../../hardware/panel/panel.ts';

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
  readonly say: (line: string) => void;
  /** Asks for one secret. Rejects with the signal's reason when it aborts. */
  readonly ask: (prompt: string, signal: AbortSignal) => Promise<string>;
  /** The secrets come from a script, one a line: a new PIN is then given once. */
  readonly scripted: boolean;
}

/** The console as a terminal's front: what a laptop, or a Pi without a panel, shows. */
export class ConsolePanel implements Panel {
  readonly #options: ConsolePanelOptions;
  #shown = '';
  #newPin: string | undefined;

  constructor(options: ConsolePanelOptions) {
    this.#options = options;
  }

  show(sign: Sign, lines: readonly string[]): void {
    const text = `${MARKS[sign]} ${lines.join(' ')}`;
    if (text === this.#shown) return;
    this.#shown = text;
    this.#options.say(text);
  }

  async ask(question: Question, prompt: string, signal: AbortSignal): Promise<string | undefined> {
    if (question === 'new-pin-again' && this.#options.scripted) return this.#newPin;
    const answer = await this.#options.ask(`${prompt}: `, signal);
    this.#newPin = question === 'new-pin' && this.#options.scripted ? answer : undefined;
    return answer === '' ? undefined : answer;
  }

  async close(): Promise<void> {
    this.#newPin = undefined;
  }
}
