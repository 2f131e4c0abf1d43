import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { FileField } from '../../hardware/sim/card-file.ts';
import { openPseudoTerminal } from '../../hardware/sim/pseudo-terminal.ts';
import type { VirtualDisplay } from '../../hardware/sim/virtual-display.ts';
import { virtualPanel } from '../../hardware/sim/virtual-panel.ts';
import { VirtualPn532 } from '../../hardware/sim/virtual-pn532.ts';
import { systemClock } from '../../runtime/clock.ts';
import { Resources } from '../../runtime/stop.ts';

/** What Firmata speaks. */
const BOARD_SPEED = 57_600;
/** Between two looks at the display. */
const LOOK_MS = 5;

/** A reader and a panel on pseudo-terminals, which another process opens as it opens real ones. */
export interface VirtualCounter {
  /** What `cardea-device` is given: `--reader`, `--panel`. */
  readonly words: readonly string[];
  /** The card in this file lies on the reader while the file is there. */
  readonly place: string;
  /** The panel's board starts, as an Arduino does when its port is opened: through its boot loader in 1.5 s. */
  startBoard(): void;
  /** Resolves when the display shows `text`. */
  untilShown(text: string): Promise<void>;
  close(): Promise<void>;
}

/** @throws PseudoTerminalError where socat is missing */
export async function openVirtualCounter(): Promise<VirtualCounter> {
  const resources = new Resources();
  try {
    const folder = await mkdtemp(join(tmpdir(), 'cardea-bench-'));
    resources.add(folder, () => rm(folder, { recursive: true, force: true }));
    const place = join(folder, 'on-the-reader');
    const chip = new VirtualPn532({ clock: systemClock, field: new FileField(place) });
    const reader = resources.add(await openPseudoTerminal(chip), (pty) => pty.close());
    const { board, display } = virtualPanel({ clock: systemClock });
    const panel = resources.add(await openPseudoTerminal(board), (pty) => pty.close());
    return {
      words: ['--reader', reader.path, '--panel', panel.path],
      place,
      startBoard: () => board.setHostSpeed(BOARD_SPEED),
      untilShown: (text) => untilShown(display, text),
      close: () => resources.close(),
    };
  } catch (error) {
    await resources.close();
    throw error;
  }
}

async function untilShown(display: VirtualDisplay, text: string): Promise<void> {
  while (
    !display.rows
      .map((row) => row.trim())
      .join(' ')
      .includes(text)
  ) {
    await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
  }
}
