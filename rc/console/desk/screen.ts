import type { Readable, Writable } from 'node:stream';
import { styleText } from 'node:util';
import { log, S_BAR, S_BAR_END, S_STEP_ACTIVE, S_STEP_SUBMIT } from '@clack/prompts';
import { onOwnPage, recoveryPage } from '../recovery-page.ts';
import { Choosing, type Dismissable, Secret, Typing, Waiting } from './prompts.ts';
import type { Tone } from './state.ts';
import type { View } from './view.ts';

/** What somebody at the screen did. */
export type Answer =
  | { readonly type: 'typed'; readonly text: string }
  | { readonly type: 'chose'; readonly value: string }
  | { readonly type: 'back'; readonly typed?: string }
  | { readonly type: 'leave' };

/** The terminal at the desk: shows a view with the status beneath it, and says what was answered. */
export class Screen {
  readonly #input: Readable;
  readonly #output: Writable;
  #status = '';
  #open: Dismissable | undefined;

  constructor(streams: { readonly input: Readable; readonly output: Writable }) {
    this.#input = streams.input;
    this.#output = streams.output;
  }

  /** The line that is always there; a question that is open shows it at once. */
  set status(text: string) {
    if (text === this.#status) return;
    this.#status = harmless(text);
    // clack renders an open prompt anew when the terminal changes its size.
    this.#output.emit('resize');
  }

  /** Lines that stay. */
  say(tone: Tone, text: string): void {
    log[tone](harmless(text), { output: this.#output });
  }

  /**
   * Asks until there is an answer, or the question is dismissed.
   *
   * @param secrets what a view of the recovery code shows, and nothing else may
   */
  async ask(
    view: View,
    secrets: { readonly recoveryCode: string | undefined; readonly canPrint: boolean },
  ): Promise<Answer | undefined> {
    switch (view.kind) {
      case 'text':
        return this.#typed(new Typing(this.#frame(view.title, view.problem), view.initial));
      case 'secret':
        return this.#typed(new Secret(this.#frame(view.title, view.problem)));
      case 'choice':
        return this.#chosen(new Choosing(this.#frame(view.title, undefined, view.lines), view.choices));
      case 'wait':
        return this.#waited(new Waiting(this.#frame(view.title, undefined, view.lines), view.back));
      case 'code': {
        const page = recoveryPage(view.name, secrets.recoveryCode ?? '');
        const choices = [
          { value: 'done', label: 'the patient has it' },
          ...(secrets.canPrint ? [{ value: 'print', label: 'print it', key: 'p' }] : []),
        ];
        const title = view.outcome ?? 'Shown this once';
        return onOwnPage(this.#output, page, () => this.#chosen(new Choosing(this.#frame(title), choices)));
      }
      case 'nothing':
        return undefined;
    }
  }

  /** Takes an open question away; its `ask` resolves to undefined. */
  dismiss(): void {
    this.#open?.dismiss();
  }

  #frame(title: string, problem?: string, lines: readonly string[] = []) {
    return {
      input: this.#input,
      output: this.#output,
      frame: (body: readonly string[], outcome: string | undefined) =>
        outcome === undefined
          ? framed(harmless(title), lines.map(harmless), body, problem, this.#status)
          : outcome === ''
            ? ''
            : `${styleText('green', S_STEP_SUBMIT)}  ${harmless(title)} ${styleText('dim', harmless(outcome))}`,
    };
  }

  async #typed(prompt: Typing | Secret): Promise<Answer | undefined> {
    const ended = await this.#run(prompt);
    if (ended === 'submitted') return { type: 'typed', text: prompt.typed };
    if (ended === 'back')
      return prompt instanceof Secret ? { type: 'back' } : { type: 'back', typed: prompt.typed };
    return ended === 'leave' ? { type: 'leave' } : undefined;
  }

  async #chosen(prompt: Choosing): Promise<Answer | undefined> {
    const ended = await this.#run(prompt);
    if (ended === 'submitted') return { type: 'chose', value: prompt.chosen };
    return ended === 'dismissed' ? undefined : { type: ended };
  }

  async #waited(prompt: Waiting): Promise<Answer | undefined> {
    const ended = await this.#run(prompt);
    if (ended === 'submitted') return { type: 'chose', value: 'go-on' };
    return ended === 'dismissed' ? undefined : { type: ended };
  }

  async #run(prompt: Dismissable) {
    this.#open = prompt;
    try {
      return await prompt.run();
    } finally {
      this.#open = undefined;
    }
  }
}

function framed(
  title: string,
  lines: readonly string[],
  body: readonly string[],
  problem: string | undefined,
  status: string,
): string {
  const bar = styleText('cyan', S_BAR);
  return [
    `${styleText('cyan', S_STEP_ACTIVE)}  ${title}`,
    ...lines.map((line) => `${bar}  ${line}`),
    ...body.map((line) => `${bar}  ${line}`),
    ...(problem === undefined ? [] : [`${styleText('yellow', S_BAR)}  ${styleText('yellow', problem)}`]),
    `${styleText('cyan', S_BAR_END)}  ${styleText('dim', status)}`,
  ].join('\n');
}

/** Names and messages come from elsewhere: nothing in them may steer the terminal. */
function harmless(text: string): string {
  return text.replace(/[^\P{Cc}\n]/gu, ' ');
}
