import { once } from 'node:events';
import type { IoPlugin } from 'johnny-five';
import type { HardwareClock } from '../clock.ts';
import type { HardwareError } from '../errors.ts';
import { abortable } from '../waiting.ts';
import type { Board, OpenBoard } from './board.ts';
import { PanelDriverError } from './errors.ts';

const READY_WITHIN_MS = 10_000;

type RaspiIo = new (options: {
  readonly enableSerial: boolean;
  readonly enableSoftPwm: boolean;
  readonly excludePins: readonly string[];
}) => IoPlugin;

/** Gets `raspi-io`, which is installed by whoever wants it. */
export type LoadRaspiIo = () => Promise<unknown>;

const PACKAGE: string = 'raspi-io';
const loadRaspiIo: LoadRaspiIo = () => import(PACKAGE);

/**
 * The Pi's own pins as a board, through `raspi-io`. It cannot be unplugged, and `raspi-io` has no way to let
 * go of the pins but the end of the process.
 */
export function raspiBoard(clock: HardwareClock, load: LoadRaspiIo = loadRaspiIo): OpenBoard {
  let board: Board | undefined;
  return async (signal) => {
    board ??= await openPins(clock, load, signal);
    return board;
  };
}

async function openPins(clock: HardwareClock, load: LoadRaspiIo, signal: AbortSignal): Promise<Board> {
  const io = startDriver(raspiIoOf(await loaded(load)));
  let lose: (why: HardwareError) => void = () => {};
  // Without a listener an `error` would end the process; I2C parts that are not there raise some.
  io.on('error', (cause) => lose(failed(cause)));
  await readyInTime(io, clock, signal);
  return {
    io,
    onLost(listener) {
      lose = listener;
    },
    async close() {
      lose = () => {};
    },
  };
}

async function loaded(load: LoadRaspiIo): Promise<unknown> {
  try {
    return await load();
  } catch (cause) {
    throw new PanelDriverError(
      'the panel on the pins of this Pi needs raspi-io: run "npm install raspi-io" here as a normal user, ' +
        'or give the panel an Arduino of its own',
      { cause },
    );
  }
}

function raspiIoOf(module: unknown): RaspiIo {
  const found = member(module, 'RaspiIO') ?? member(member(module, 'default'), 'RaspiIO');
  if (isConstructor(found)) return found;
  throw new PanelDriverError('this raspi-io has no RaspiIO: install version 11');
}

/** The serial port is the card reader's: `raspi-io` must not take it, nor its two pins. */
function startDriver(Driver: RaspiIo): IoPlugin {
  try {
    return new Driver({ enableSerial: false, enableSoftPwm: true, excludePins: ['GPIO14', 'GPIO15'] });
  } catch (cause) {
    throw failed(cause);
  }
}

async function readyInTime(io: IoPlugin, clock: HardwareClock, signal: AbortSignal): Promise<void> {
  if (io.isReady) return;
  const tooLate = new AbortController();
  const timer = clock.after(READY_WITHIN_MS, () => tooLate.abort(failed('it is not ready after 10 s')));
  try {
    // `once` rejects with what `error` says, which is a failure to start here.
    await abortable(once(io, 'ready').catch(rethrow), AbortSignal.any([signal, tooLate.signal]));
  } finally {
    timer.cancel();
  }
}

function rethrow(cause: unknown): never {
  throw failed(cause);
}

function failed(cause: unknown): PanelDriverError {
  const reason = cause instanceof Error ? cause.message : String(cause);
  return new PanelDriverError(
    `raspi-io cannot drive the pins (${reason}): it runs as root alone, and not on a Pi 5`,
    { cause },
  );
}

function member(value: unknown, name: string): unknown {
  if ((typeof value !== 'object' && typeof value !== 'function') || value === null) return undefined;
  return Reflect.get(value, name);
}

function isConstructor(value: unknown): value is RaspiIo {
  return typeof value === 'function';
}
