import { type ErrorCallback, SerialPortStream } from '@serialport/stream';
import type { BytePort } from './byte-port.ts';
import { ReaderLostError } from './errors.ts';

/** What stands between `serialport` and the line: the operating system's, or a mock. */
export type SerialBinding = SerialPortStream['settings']['binding'];

export interface SerialPortOptions {
  /** A device, `/dev/ttyUSB0` or the like. */
  readonly path: string;
  /** Bits per second; default 115,200, the PN532's speed at power-up. 8N1, no flow control. */
  readonly baudRate?: number;
  /** Default: the machine's own serial ports. */
  readonly binding?: SerialBinding;
}

/**
 * Opens a serial port for this program alone. (Modem lines are left as they are: pseudo-terminals have none.)
 *
 * @throws ReaderLostError that says what keeps the port from being opened
 */
export async function openSerialPort(options: SerialPortOptions): Promise<BytePort> {
  const { path, baudRate = 115_200 } = options;
  // The native binding is loaded only where it is needed: a virtual reader works without.
  const binding = options.binding ?? (await import('serialport')).SerialPort.binding;
  const stream = new SerialPortStream({ binding, path, baudRate, autoOpen: false });
  try {
    await called((done) => stream.open(done));
  } catch (cause) {
    throw openError(path, cause);
  }
  return new StreamPort(stream);
}

class StreamPort implements BytePort {
  readonly #stream: SerialPortStream;
  readonly #dataListeners: ((chunk: Uint8Array) => void)[] = [];
  readonly #closeListeners: (() => void)[] = [];
  #gone = false;

  constructor(stream: SerialPortStream) {
    this.#stream = stream;
    stream.on('data', (chunk: Uint8Array) => {
      for (const listener of this.#dataListeners) listener(chunk);
    });
    // `error` with no listener would end the process; what it means for the port comes as `close`.
    stream.on('error', () => this.#afterError());
    stream.on('close', () => this.#leave());
    // Zero bytes read: the other side hung up.
    stream.on('end', () => void this.close());
  }

  get speed(): number {
    return this.#stream.baudRate;
  }

  onData(listener: (chunk: Uint8Array) => void): void {
    this.#dataListeners.push(listener);
  }

  onClose(listener: () => void): void {
    if (this.#gone) listener();
    else this.#closeListeners.push(listener);
  }

  write(bytes: Uint8Array): Promise<void> {
    return this.#whileOpen((done) => this.#stream.write(Buffer.from(bytes), (error) => done(error ?? null)));
  }

  async setSpeed(baud: number): Promise<void> {
    await this.#whileOpen((done) => this.#stream.drain(done));
    if (baud !== this.speed) await this.#whileOpen((done) => this.#stream.update({ baudRate: baud }, done));
  }

  async close(): Promise<void> {
    this.#leave();
    // An error means that it was closed already, or is gone: closed, in any case.
    if (this.#stream.isOpen) await called((done) => this.#stream.close(done)).catch(() => {});
  }

  /** Runs `start`, and rejects when the port goes before it calls back: serialport would wait for ever. */
  async #whileOpen(start: (done: ErrorCallback) => void): Promise<void> {
    if (this.#gone || !this.#stream.isOpen) throw new ReaderLostError(this.#goneMessage());
    let leave = () => {};
    const gone = new Promise<never>((_, reject) => {
      leave = () => reject(new ReaderLostError(this.#goneMessage()));
    });
    this.#closeListeners.push(leave);
    try {
      await Promise.race([called(start), gone]);
    } catch (cause) {
      throw cause instanceof ReaderLostError ? cause : new ReaderLostError(this.#goneMessage(), { cause });
    } finally {
      this.#closeListeners.splice(this.#closeListeners.indexOf(leave), 1);
    }
  }

  #goneMessage(): string {
    return `the reader at ${this.#stream.path} is gone: check its cable and plug it in again`;
  }

  #afterError(): void {
    if (!this.#stream.isOpen) this.#leave();
  }

  #leave(): void {
    if (this.#gone) return;
    this.#gone = true;
    for (const listener of [...this.#closeListeners]) listener();
  }
}

function called(start: (done: ErrorCallback) => void): Promise<void> {
  return new Promise((resolve, reject) => {
    start((error) => (error === null || error === undefined ? resolve() : reject(error)));
  });
}

/** The system's reason in plain words, with the remedy (HARDWARE 7). */
function openError(path: string, cause: unknown): ReaderLostError {
  const text = cause instanceof Error ? cause.message : String(cause);
  if (/no such|cannot find|does not exist/i.test(text)) {
    return new ReaderLostError(`there is no reader at ${path}: plug it in, or check --reader`, { cause });
  }
  if (/permission|access denied/i.test(text)) {
    const remedy = "add this user to the group 'dialout' and log in again";
    return new ReaderLostError(`not allowed to open ${path}: ${remedy}`, { cause });
  }
  if (/lock|busy|temporarily unavailable/i.test(text)) {
    return new ReaderLostError(`another program uses the reader at ${path}: stop it (ModemManager?)`, {
      cause,
    });
  }
  if (/ioctl|directory/i.test(text)) {
    return new ReaderLostError(`${path} is no serial port: check --reader`, { cause });
  }
  return new ReaderLostError(`cannot open the reader at ${path}: ${text}`, { cause });
}
