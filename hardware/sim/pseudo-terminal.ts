import { spawn } from 'node:child_process';
import { closeSync, constants, openSync } from 'node:fs';
import { HardwareError } from '../errors.ts';
import type { SerialDevice } from './mock-port.ts';

/** `socat`, which makes the pseudo-terminal, is missing or failed. */
export class PseudoTerminalError extends HardwareError {
  readonly code = 'pseudo-terminal';
}

/** A virtual chip on a device of this machine, which any program can open as a serial port. */
export interface PseudoTerminal {
  /** `/dev/pts/…` */
  readonly path: string;
  /** Resolves when the device is gone. Closing twice does nothing more. */
  close(): Promise<void>;
}

/**
 * Puts `chip` on a pseudo-terminal.
 * @throws PseudoTerminalError
 */
export async function openPseudoTerminal(chip: Omit<SerialDevice, 'powerCycle'>): Promise<PseudoTerminal> {
  // Raw and without echo from the start: what the chip sends before anybody opens it must not come back.
  const socat = spawn('socat', ['-d', '-d', 'pty,raw,echo=0', 'stdio'], { stdio: 'pipe' });
  const gone = new Promise<void>((resolve) => {
    socat.once('close', () => resolve());
  });
  const path = await new Promise<string>((resolve, reject) => {
    let told = '';
    socat.once('error', (cause) => {
      reject(new PseudoTerminalError('Cannot start socat: install it (apt-get install socat).', { cause }));
    });
    socat.once('close', () => reject(new PseudoTerminalError(`socat ended: ${told.trim()}`)));
    socat.stderr.setEncoding('utf8').on('data', (text: string) => {
      told += text;
      const path = /PTY is (\S+)/.exec(told)?.[1];
      if (path !== undefined) resolve(path);
    });
  });

  socat.stdin.on('error', () => {});
  socat.stdout.on('data', (bytes: Uint8Array) => chip.receive(Uint8Array.from(bytes)));
  chip.setHostSpeed(null);
  chip.onBytes((bytes) => {
    if (socat.stdin.writable) socat.stdin.write(bytes);
  });
  // While one end stays open here, socat does not take a program that closes the port for the end of all.
  const keptOpen = openSync(path, constants.O_RDWR | constants.O_NOCTTY | constants.O_NONBLOCK);
  const released = gone.then(() => closeSync(keptOpen));

  return {
    path,
    close() {
      socat.kill();
      return released;
    },
  };
}
