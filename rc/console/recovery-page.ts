import { AskError, type SecretSource } from '../../runtime/ask.ts';
import type { CommandOutput } from '../../runtime/command-io.ts';
import type { Printer } from './print-page.ts';

/** The terminal's second screen: what is shown there is in no scrollback, and goes when it is left. */
const OWN_PAGE = '\u001b[?1049h\u001b[2J\u001b[H';
const LEAVE_PAGE = '\u001b[2J\u001b[H\u001b[?1049l';

/** What the patient takes home, on the screen and on paper alike. */
export function recoveryPage(name: string, recoveryCode: string): string {
  return [
    `Recovery code for the health card of ${name}`,
    '',
    `    ${recoveryCode}`,
    '',
    'With this code and the card, a new PIN can be set at any terminal',
    'when the PIN is forgotten. Keep it at home, apart from the card,',
    'and show it to nobody. It cannot be shown or printed a second time.',
    '',
  ].join('\n');
}

/** Shows something on a page of its own while `during` goes on, and clears it. */
export async function onOwnPage<Result>(
  output: Pick<CommandOutput, 'write'>,
  text: string,
  during: () => Promise<Result>,
): Promise<Result> {
  output.write(`${OWN_PAGE}\n${text.replace(/[^\P{Cc}\n]/gu, ' ')}\n`);
  try {
    return await during();
  } finally {
    output.write(LEAVE_PAGE);
  }
}

/** Shows the recovery code, this once, until Enter is pressed; `p` prints it where there is a printer. */
export async function showRecoveryCode(options: {
  readonly output: Pick<CommandOutput, 'write'>;
  readonly secrets: Pick<SecretSource, 'key'>;
  readonly printer: Printer | undefined;
  readonly name: string;
  readonly recoveryCode: string;
}): Promise<void> {
  const { output, secrets, printer } = options;
  const page = recoveryPage(options.name, options.recoveryCode);
  await onOwnPage(output, page, async () => {
    const prompt = `Enter: the patient has it${printer === undefined ? '' : ' · P: print it'}`;
    try {
      while ((await secrets.key(prompt, printer === undefined ? '\n' : '\np')) === 'p') {
        output.write(`${await printed(printer, page)}\n`);
      }
    } catch (error) {
      // Whoever leaves with Ctrl-C has seen it.
      if (!(error instanceof AskError)) throw error;
    }
  });
}

/** What came of printing, for people. */
export async function printed(printer: Printer | undefined, page: string): Promise<string> {
  try {
    await printer?.print(page);
    return 'sent to the printer';
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}
