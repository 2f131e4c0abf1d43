import { MockBinding, type MockPortBinding } from '@serialport/binding-mock';
import type { OpenPort } from '../byte-port.ts';
import { openSerialPort, type SerialBinding } from '../serial-port.ts';
import type { VirtualPn532 } from './virtual-pn532.ts';

/** What can be at the other end of a line: a PN532, or anything else that takes and sends bytes. */
export type SerialDevice = Pick<VirtualPn532, 'receive' | 'onBytes' | 'setHostSpeed' | 'powerCycle'>;

export interface MockPortOptions {
  /** What answers at the other end of the line. */
  readonly chip: SerialDevice;
  /** Most bytes that come in one chunk; 1 delivers them one by one. */
  readonly maxReadSize?: number;
}

let count = 0;

/**
 * A serial port, as `serialport` knows them, whose other end is a virtual chip. It can be pulled out and
 * plugged in again, as a USB adapter that feeds its chip: plugging in is a power-up for the chip.
 */
export class MockPort {
  readonly path: string;
  /** For `SerialPortStream` and {@link openSerialPort}. */
  readonly binding: SerialBinding;
  readonly #chip: SerialDevice;
  #plugged = true;
  #pull: ((error: Error) => void) | null = null;

  constructor({ chip, maxReadSize = 1024 }: MockPortOptions) {
    this.#chip = chip;
    count++;
    this.path = `/dev/virtual-pn532-${count}`;
    MockBinding.createPort(this.path, { maxReadSize });
    this.binding = {
      list: async () => (await MockBinding.list()).filter(({ path }) => this.#plugged && path === this.path),
      open: async (options) => {
        if (!this.#plugged) throw new Error(`No such file or directory, cannot open ${options.path}`);
        return this.#connect(await MockBinding.open(options));
      },
    };
  }

  /** Opens the port, as the driver wants it. */
  readonly open: OpenPort = () => openSerialPort({ path: this.path, binding: this.binding });

  /** Pulls the reader out: an open port closes with an error, and none can be opened. */
  unplug(): void {
    this.#plugged = false;
    this.#pull?.(new Error('Reading from the port failed: the device is gone'));
  }

  plugIn(): void {
    if (this.#plugged) return;
    this.#plugged = true;
    this.#chip.powerCycle();
  }

  /** Ties an open port to the chip: what is written reaches it, what it sends is read. */
  #connect(port: MockPortBinding): MockPortBinding {
    const pulled = new Promise<never>((_, reject) => {
      this.#pull = reject;
    });
    pulled.catch(() => {});
    const { read, write, update } = {
      read: port.read.bind(port),
      write: port.write.bind(port),
      update: port.update.bind(port),
    };
    port.read = (buffer, offset, length) => Promise.race([read(buffer, offset, length), pulled]);
    port.write = async (bytes) => {
      await Promise.race([write(bytes), pulled]);
      if (this.#plugged) this.#chip.receive(Uint8Array.from(bytes));
    };
    port.update = async (options) => {
      await update(options);
      this.#chip.setHostSpeed(options.baudRate);
    };
    this.#chip.setHostSpeed(port.openOptions.baudRate);
    this.#chip.onBytes((bytes) => {
      if (port.isOpen && this.#plugged) port.emitData(Buffer.from(bytes));
    });
    return port;
  }
}
