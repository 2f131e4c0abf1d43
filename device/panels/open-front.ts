import type { BoardPanel } from '../../hardware/panel/board-panel.ts';
import type { Panel } from '../../hardware/panel/panel.ts';
import type { PanelParts } from '../../hardware/panel/panel-parts.ts';
import type { Surroundings } from '../../runtime/surroundings.ts';

export interface FrontOptions {
  /** `--panel`; undefined: the console is the panel. */
  readonly path: string | undefined;
  readonly parts: PanelParts;
  /** Shows and asks what the panel's parts cannot. */
  readonly console: Panel;
  /** The secrets come from standard input: the keypad is not asked. */
  readonly scripted: boolean;
}

/**
 * The front of a terminal. Closing it closes the console, too.
 * @throws PanelPathError, PanelPartsError
 */
export async function openFront(
  { path, parts, console, scripted }: FrontOptions,
  { clock, log }: Pick<Surroundings, 'clock' | 'log'>,
): Promise<Panel> {
  if (path === undefined) return console;
  // Loaded only where it is asked for: johnny-five is large, and most laptops have no panel.
  const { openPanel } = await import('../../hardware/panel/open-panel.ts');
  const { keypad, ...others } = parts;
  const usable = scripted || keypad === undefined ? others : { ...others, keypad };
  const board = openPanel(path, { clock, parts: usable, fallback: console });
  tellOf(board, log);
  return {
    show: (sign, lines) => board.show(sign, lines),
    ask: (question, prompt, signal) => board.ask(question, prompt, signal),
    ...(scripted
      ? {}
      : {
          choose: (prompt: string, options: readonly string[], signal: AbortSignal) =>
            board.choose(prompt, options, signal),
        }),
    async close() {
      await board.close();
      await console.close();
    },
  };
}

function tellOf(board: BoardPanel, log: Surroundings['log']): void {
  board.onState((panel) => {
    if (panel.state === 'lost') log.warn('the panel is lost', { reason: panel.why.message });
    else if (panel.missing.length > 0)
      log.warn('parts of the panel do not answer', { parts: panel.missing.join(', ') });
    else log.info('the panel is ready');
  });
}
