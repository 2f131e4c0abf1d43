import type { Firmata } from 'firmata-io';
import type { BytePort, OpenPort } from '../byte-port.ts';
import type { HardwareClock } from '../clock.ts';
import type { HardwareError } from '../errors.ts';
import { abortable } from '../waiting.ts';
import type { Board, OpenBoard } from './board.ts';
import { PanelLostError, PanelSilentError } from './errors.ts';
import { PortTransport } from './port-transport.ts';

/** What StandardFirmata speaks. */
export const FIRMATA_SPEED = 57_600;

/**
 * An Arduino starts when its port is opened, is through its boot loader 2 s later, and then says who it is.
 * One that did not start is asked; earlier, the boot loader would take the question for a program.
 */
const ASK_AFTER_MS = 3_000;
const GIVE_UP_AFTER_MS = 6_000;

/** A board may hang (an I2C line that is stuck stops it) with its port still there: it is asked now and then. */
const CHECK_EVERY_MS = 5_000;
const ANSWER_WITHIN_MS = 3_000;

/** What waits to be written when the panel is closed may take so long. */
const FLUSH_MS = 1_000;

export interface FirmataOptions {
  /** The line to the board, at its speed ({@link FIRMATA_SPEED}). */
  readonly open: OpenPort;
  /** What people know the line by: `/dev/ttyACM0`. */
  readonly name: string;
  readonly clock: HardwareClock;
}

/** A board with Firmata at the other end of a serial line. */
export function firmataBoard(options: FirmataOptions): OpenBoard {
  return async (signal) => {
    // Before the port is opened: what a board says first is not to be missed.
    const { default: firmataIo } = await import('firmata-io');
    const port = await openPort(options);
    const board = new FirmataBoard(firmataIo.Firmata, port, options);
    try {
      await board.start(signal);
    } catch (error) {
      await board.close();
      throw error;
    }
    return board;
  };
}

class FirmataBoard implements Board {
  readonly io: Firmata;
  readonly #transport: PortTransport;
  readonly #port: BytePort;
  readonly #options: FirmataOptions;
  readonly #timers = new Set<{ cancel(): void }>();
  #lost: HardwareError | undefined;
  #listener: (why: HardwareError) => void = () => {};
  #closed = false;

  constructor(Io: typeof Firmata, port: BytePort, options: FirmataOptions) {
    this.#port = port;
    this.#transport = new PortTransport(port);
    this.io = new Io(this.#transport);
    // It would ask by the process's own time, and keep the process alive until then.
    clearTimeout(this.io.reportVersionTimeoutId);
    this.#options = options;
    port.onClose(() =>
      this.#lose(new PanelLostError(`the panel's board at ${options.name} is gone: plug it in again`)),
    );
  }

  onLost(listener: (why: HardwareError) => void): void {
    if (this.#lost === undefined) this.#listener = listener;
    else listener(this.#lost);
  }

  /** Resolves when the board has said what it is and which pins it has. */
  async start(signal: AbortSignal): Promise<void> {
    const ready = new Promise<void>((resolve, reject) => {
      this.onLost(reject);
      // Emitted again later, when johnny-five takes the board over.
      this.io.once('ready', resolve);
      this.#after(ASK_AFTER_MS, () => this.#askWhoItIs());
      this.#after(GIVE_UP_AFTER_MS, () => this.#lose(this.#silent()));
    });
    await abortable(ready, signal);
    this.#cancelTimers();
    this.#listener = () => {};
    // A board that did not start anew may still read I2C for a panel of before.
    this.io.reset();
    // Said at each start: it has lost its power, and with it the set-up of its parts.
    this.io.on('queryfirmware', () =>
      this.#lose(new PanelLostError("the panel's board started anew: check its power supply")),
    );
    this.#checkLater();
  }

  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    this.#cancelTimers();
    if (this.#lost === undefined) {
      this.io.reset();
      await Promise.race([
        this.#transport.flushed(),
        new Promise<void>((resolve) => this.#after(FLUSH_MS, resolve)),
      ]);
      this.#cancelTimers();
    }
    await this.#port.close();
    this.#transport.release();
    this.io.removeAllListeners();
  }

  #askWhoItIs(): void {
    this.io.reportVersion(() => {});
    this.io.queryFirmware(() => {});
  }

  #checkLater(): void {
    this.#after(CHECK_EVERY_MS, () => {
      const deadline = this.#after(ANSWER_WITHIN_MS, () => this.#lose(this.#silent()));
      this.io.reportVersion(() => {
        deadline.cancel();
        if (this.#lost === undefined && !this.#closed) this.#checkLater();
      });
    });
  }

  #lose(why: HardwareError): void {
    if (this.#lost !== undefined || this.#closed) return;
    this.#lost = why;
    this.#cancelTimers();
    this.#listener(why);
  }

  #silent(): PanelSilentError {
    return new PanelSilentError(
      `nothing at ${this.#options.name} answers as a panel's board: load StandardFirmata onto it, or check --panel`,
    );
  }

  #after(ms: number, run: () => void): { cancel(): void } {
    const timer = this.#options.clock.after(ms, () => {
      this.#timers.delete(timer);
      run();
    });
    this.#timers.add(timer);
    return timer;
  }

  #cancelTimers(): void {
    for (const timer of this.#timers) timer.cancel();
    this.#timers.clear();
  }
}

async function openPort({ open, name }: FirmataOptions): Promise<BytePort> {
  try {
    return await open();
  } catch (cause) {
    throw new PanelLostError(
      `the panel's board at ${name} cannot be opened (${systemReason(cause)}): plug it in, or check --panel`,
      { cause },
    );
  }
}

/** What the system said, below what was made of it for a reader. */
function systemReason(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return error.cause === undefined ? error.message : systemReason(error.cause);
}
