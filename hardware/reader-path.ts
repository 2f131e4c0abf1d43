import { realpathSync } from 'node:fs';
import type { OpenPort } from './byte-port.ts';
import { type CardReader, type CardReaderOptions, openCardReader } from './card-reader.ts';
import { ReaderPathError } from './errors.ts';
import { POWER_UP_SPEED } from './pn532/start.ts';
import { openSerialPort } from './serial-port.ts';

const SIMULATED = 'sim:';
/** A Raspberry Pi's mini UART: a PN532 behind it does not follow above 115,200 (HARDWARE 7). */
const SLOW_PORT = /^\/dev\/ttyS\d+$/;

/**
 * Opens the reader that `--reader` names: a serial port (`/dev/ttyUSB0`, `/dev/serial0`), or `sim:FILE`, a
 * virtual reader on which the card in FILE lies for as long as FILE exists. It is connected in the
 * background: see `CardReader.ready`.
 *
 * @throws ReaderPathError when `path` names neither
 */
export function openReader(path: string, options: Omit<CardReaderOptions, 'open'>): CardReader {
  checkReaderPath(path);
  if (path.startsWith(SIMULATED)) {
    return openCardReader({ ...options, open: simulated(path.slice(SIMULATED.length), options) });
  }
  const speed = options.speed ?? fastestOf(path);
  return openCardReader({ ...options, speed, open: () => openSerialPort({ path }) });
}

/** @throws ReaderPathError when `path` is no `--reader` */
export function checkReaderPath(path: string): void {
  if (path === SIMULATED)
    throw new ReaderPathError('sim: wants the file of the virtual card, as sim:card.bin');
  if (path.startsWith('/') || path.startsWith(SIMULATED)) return;
  throw new ReaderPathError(
    `"${path}" is no reader: give a serial port as /dev/ttyUSB0 or /dev/serial0, or sim:FILE for a virtual one`,
  );
}

/** Undefined: whatever the driver tries. `/dev/serial0` is a link to one port or another. */
function fastestOf(path: string): number | undefined {
  try {
    return SLOW_PORT.test(realpathSync(path)) ? POWER_UP_SPEED : undefined;
  } catch {
    // Not plugged in yet: USB adapters come and go, the Pi's own ports do not.
    return undefined;
  }
}

function simulated(file: string, { clock }: Omit<CardReaderOptions, 'open'>): OpenPort {
  let reader: Promise<{ open: OpenPort }> | undefined;
  return async () => {
    // Loaded only where it is asked for: a terminal in a clinic has no use for it.
    reader ??= import('./sim/virtual-reader.ts').then(({ virtualReaderOfFile }) =>
      virtualReaderOfFile(file, { clock }),
    );
    return (await reader).open();
  };
}
