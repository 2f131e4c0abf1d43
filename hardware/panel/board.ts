import type { IoPlugin } from 'johnny-five';
import type { HardwareError } from '../errors.ts';

/** A board that answers. Its parts are not set up yet. */
export interface Board {
  /** What johnny-five drives it through; `ready`. */
  readonly io: IoPlugin;
  /** `listener` is called once, when the board is gone or has forgotten its parts; not after `close`. */
  onLost(listener: (why: HardwareError) => void): void;
  /** Leaves the board as after its start. Closing a closed or lost board does nothing more. */
  close(): Promise<void>;
}

/**
 * Opens the board, anew each time.
 * @throws HardwareError with the reason and the remedy; the signal's reason when it aborts
 */
export type OpenBoard = (signal: AbortSignal) => Promise<Board>;
