// Loaded before any clock is moved: the panel loads them when it needs them, which takes real time.
import 'firmata-io';
import 'johnny-five';
import { BoardPanel, type BoardPanelOptions, type PanelState } from '../../../hardware/panel/board-panel.ts';
import { firmataBoard } from '../../../hardware/panel/firmata-board.ts';
import type { Panel, Question, Sign } from '../../../hardware/panel/panel.ts';
import { STANDARD_PARTS } from '../../../hardware/panel/panel-parts.ts';
import { type VirtualPanelOptions, virtualPanel } from '../../../hardware/sim/virtual-panel.ts';
import { SimulatedClock } from '../../../runtime/simulated-clock.ts';

/** A signal that never aborts. */
export const NEVER = new AbortController().signal;

/** What takes longer than this does not happen any more. */
const PATIENCE_MS = 10_000;

/** Resolves as soon as `condition` holds: for what goes by the process's own time, as johnny-five's tones do. */
export async function until(condition: () => boolean): Promise<void> {
  const from = performance.now();
  while (!condition()) {
    if (performance.now() - from > PATIENCE_MS) throw new Error('it did not happen within 10 s');
    await new Promise<void>((resolve) => setImmediate(resolve));
  }
}

/** The states of a panel from now on. */
export function statesOf(panel: BoardPanel): PanelState[] {
  const states: PanelState[] = [];
  panel.onState((state) => states.push(state));
  return states;
}

/** A console that is told what to answer, and remembers what it was given. */
export class FakeConsole implements Pick<Panel, 'show' | 'ask' | 'choose' | 'untilCancelled'> {
  readonly shown: string[] = [];
  readonly asked: Question[] = [];
  answer: string | undefined = '424242';
  /** Presses what cancels here. */
  cancel: () => void = () => {};

  show(sign: Sign, lines: readonly string[]): void {
    this.shown.push(`${sign}: ${lines.join(' ')}`);
  }

  async ask(question: Question): Promise<string | undefined> {
    this.asked.push(question);
    return this.answer;
  }

  async choose(_prompt: string, options: readonly string[]): Promise<number> {
    return options.length - 1;
  }

  async untilCancelled(): Promise<void> {
    await new Promise<void>((resolve) => {
      this.cancel = resolve;
    });
  }
}

type RigOptions = Omit<VirtualPanelOptions, 'clock'> &
  Partial<Pick<BoardPanelOptions, 'parts' | 'fallback'>> & { readonly unplugged?: boolean };

/** A panel on a virtual board, whose time is the test's. */
export function panelRig({ parts = STANDARD_PARTS, fallback, unplugged, ...rest }: RigOptions = {}) {
  const clock = new SimulatedClock();
  const virtual = virtualPanel({ ...rest, clock });
  if (unplugged === true) virtual.port.unplug();
  const sent: number[] = [];
  const { receive } = virtual.board;
  virtual.board.receive = (bytes) => {
    sent.push(...bytes);
    receive.call(virtual.board, bytes);
  };
  const panel = new BoardPanel({
    clock,
    parts,
    sensor: rest.sensor,
    open: firmataBoard({ clock, name: '/dev/ttyACM0', open: virtual.open }),
    ...(fallback === undefined ? {} : { fallback }),
  });
  return {
    ...virtual,
    clock,
    panel,
    /** All bytes that the board was sent. */
    sent,
    /** Lets time pass until the panel's state is what it should be. */
    reach(state: PanelState['state']): Promise<void> {
      let ended = () => {};
      return clock
        .advanceUntil(
          new Promise<void>((resolve) => {
            const watched = panel.onState((now) => {
              if (now.state === state) resolve();
            });
            ended = () => watched.end();
          }),
        )
        .finally(() => ended());
    },
    /** Presses a key as a finger does, and lets the panel hear of it. */
    async type(keys: string): Promise<void> {
      for (const key of keys) {
        virtual.keypad.press(key);
        await clock.advance(60);
        virtual.keypad.release(key);
        await clock.advance(60);
      }
    },
  };
}
