import type { Goal, Outcome } from './terminal/state.ts';
import type { TapTools } from './terminal/tap-tools.ts';
import { type StepReport, Terminal, type TerminalObserver } from './terminal/terminal.ts';

/** How one tap went. */
export interface TapResult {
  readonly outcome: Outcome;
  readonly steps: readonly StepReport[];
}

/**
 * Waits for a card, serves its tap and is done.
 * @throws the signal's reason when it aborts first
 */
export async function tapOnce(
  tools: TapTools,
  goal: Goal,
  options: { readonly onStep?: (report: StepReport) => void; readonly signal?: AbortSignal } = {},
): Promise<TapResult> {
  const finished = new AbortController();
  const steps: StepReport[] = [];
  let outcome: Outcome | undefined;
  const terminal = new Terminal(tools, goal, {
    step(report) {
      steps.push(report);
      options.onStep?.(report);
    },
    ended(how) {
      outcome ??= how;
      finished.abort();
    },
  });
  await terminal.run(options.signal ? AbortSignal.any([finished.signal, options.signal]) : finished.signal);
  if (outcome === undefined) {
    options.signal?.throwIfAborted();
    throw new Error('the terminal stopped without an outcome');
  }
  return { outcome, steps };
}

/** Serves tap after tap until `signal` aborts, whatever cards, hubs and the reader do. */
export async function serveTaps(
  tools: TapTools,
  observer: TerminalObserver,
  signal: AbortSignal,
): Promise<void> {
  await new Terminal(tools, 'serve', observer).run(signal);
}
