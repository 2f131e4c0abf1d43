import type { HardwareClock } from '../clock.ts';
import { HardwareError } from '../errors.ts';
import { abortable, pauseUnlessAborted } from '../waiting.ts';
import type { Board, OpenBoard } from './board.ts';
import { type BoardParts, setUpParts, type WantedParts } from './board-parts.ts';
import { PanelLostError } from './errors.ts';

/** Between the loss of a board, or a try to reach one, and the next. */
const RETRY_MS = 1_000;

export interface ConnectionOptions {
  readonly open: OpenBoard;
  readonly parts: WantedParts;
  readonly clock: HardwareClock;
}

/** Who is told of a board that comes and goes. */
export interface ConnectionListener {
  /** The parts are set up, and blank. */
  connected(parts: BoardParts): void;
  /** Called at the loss, and at each try in vain. */
  lost(why: HardwareError): void;
  /** The board is there, its keypad does not answer: until the board is connected anew. */
  keypadMissing(): void;
}

/** Keeps the board of a panel connected, its parts set up anew each time. */
export class BoardConnection {
  readonly #options: ConnectionOptions;
  readonly #listener: ConnectionListener;
  readonly #closing = new AbortController();
  readonly #loop: Promise<void>;

  constructor(options: ConnectionOptions, listener: ConnectionListener) {
    this.#options = options;
    this.#listener = listener;
    this.#loop = this.#keepConnected();
  }

  /** Resolves when the board is let go. */
  async close(): Promise<void> {
    this.#closing.abort();
    await this.#loop;
  }

  async #keepConnected(): Promise<void> {
    const { signal } = this.#closing;
    while (!signal.aborted) {
      await this.#connectOnce(signal).catch((cause: unknown) => {
        if (!signal.aborted) this.#listener.lost(reasonOf(cause));
      });
      await pauseUnlessAborted(this.#options.clock, RETRY_MS, signal).catch(() => {});
    }
  }

  /** Resolves when a board was connected and lost. @throws what kept it from it; the signal's reason */
  async #connectOnce(signal: AbortSignal): Promise<void> {
    const { open, parts: wanted, clock } = this.#options;
    const board = await open(signal);
    let parts: BoardParts | undefined;
    try {
      parts = await setUpParts(board, wanted, clock);
      const lost = this.#lossOf(board, parts);
      signal.throwIfAborted();
      this.#listener.connected(parts);
      this.#listener.lost(await abortable(lost, signal));
    } finally {
      parts?.close();
      await board.close();
    }
  }

  #lossOf(board: Board, parts: BoardParts): Promise<HardwareError> {
    return new Promise((resolve) => {
      board.onLost(resolve);
      parts.onKeypadSilent((everAnswered) => {
        // One that has answered wants to be set up again, and that is done with the whole board.
        if (everAnswered)
          resolve(new PanelLostError('the keypad of the panel stopped answering: check its wires'));
        else this.#listener.keypadMissing();
      });
    });
  }
}

function reasonOf(cause: unknown): HardwareError {
  if (cause instanceof HardwareError) return cause;
  const text = cause instanceof Error ? cause.message : String(cause);
  return new PanelLostError(`the panel's board cannot be set up: ${text}`, { cause });
}
