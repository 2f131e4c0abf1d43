import type { BoardPanel, PanelState } from '../../hardware/panel/board-panel.ts';
import type { Sign } from '../../hardware/panel/panel.ts';
import type { PanelParts } from '../../hardware/panel/panel-parts.ts';
import { abortable } from '../../hardware/waiting.ts';
import { type Clock, sleep } from '../../runtime/clock.ts';
import { failureOf } from './finding.ts';
import type { PanelFacts } from './panel-facts.ts';

export interface PanelExam {
  readonly panel: BoardPanel;
  readonly parts: PanelParts;
  readonly clock: Clock;
  /** How long to wait for keys; 0: do not ask for any. */
  readonly keysWaitMs: number;
  /** Asks whoever stands there to press these keys and `#`. */
  readonly askForKeys: (keys: string) => void;
  readonly signal: AbortSignal;
}

/** Every sign that the terminal gives, in the order of a tap. */
const SIGNS: readonly Sign[] = [
  'idle',
  'reading',
  'take-card',
  'attention',
  'working',
  'welcome',
  'refused',
  'out-of-order',
];
const SIGN_MS = 1_200;
/** All ten digits pass through an electrode of their own. */
const KEYS = '1234567890';

/** Shows every sign on the panel, and asks for keys. @throws the signal's reason */
export async function gatherPanel(exam: PanelExam): Promise<PanelFacts> {
  const now = await stateAfterSigns(exam);
  if (now.state === 'lost') return { state: 'fails', failure: failureOf(now.why) };
  const parts = Object.entries(exam.parts).flatMap(([name, part]) => (part === undefined ? [] : [name]));
  const missing: readonly string[] = now.missing;
  const asked = parts.includes('keypad') && !missing.includes('keypad') && exam.keysWaitMs > 0;
  return { state: 'answers', parts, missing, keys: asked ? await keysOf(exam) : undefined };
}

/** By then a keypad that does not answer is known, and a board with a bad cable lost. */
async function stateAfterSigns({ panel, clock, signal }: PanelExam): Promise<PanelState> {
  let heard: (state: PanelState) => void = () => {};
  const first = new Promise<PanelState>((resolve) => {
    heard = resolve;
  });
  let latest: PanelState | undefined;
  const watched = panel.onState((state) => {
    latest = state;
    heard(state);
  });
  try {
    const known = await abortable(first, signal);
    for (const sign of SIGNS) {
      if (latest?.state === 'lost') break;
      panel.show(sign, [sign]);
      await sleep(clock, SIGN_MS, signal);
    }
    return latest ?? known;
  } finally {
    watched.end();
  }
}

async function keysOf({
  panel,
  clock,
  keysWaitMs,
  askForKeys,
  signal,
}: PanelExam): Promise<'right' | 'wrong' | 'none'> {
  const tooLate = new AbortController();
  const timer = clock.after(keysWaitMs, () => tooLate.abort());
  askForKeys(KEYS);
  try {
    const entered = await panel.ask('pin', `${KEYS} #`, AbortSignal.any([signal, tooLate.signal]));
    if (entered === undefined) return 'none';
    return entered === KEYS ? 'right' : 'wrong';
  } catch (error) {
    if (tooLate.signal.aborted && !signal.aborted) return 'none';
    throw error;
  } finally {
    timer.cancel();
  }
}
