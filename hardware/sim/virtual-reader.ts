import type { OpenPort } from '../byte-port.ts';
import type { HardwareClock } from '../clock.ts';
import { FileField } from './card-file.ts';
import { HandField } from './field.ts';
import { MockPort } from './mock-port.ts';
import { VirtualPn532, type VirtualPn532Options } from './virtual-pn532.ts';

/** A virtual PN532 behind a virtual serial port. */
export interface VirtualReader {
  readonly chip: VirtualPn532;
  /** To pull it out and plug it in. */
  readonly port: MockPort;
  /** For the driver. */
  readonly open: OpenPort;
}

type Options = Omit<VirtualPn532Options, 'field' | 'clock'> & {
  readonly clock: HardwareClock;
  /** Most bytes that the host gets in one chunk. */
  readonly maxReadSize?: number;
};

/** A reader on which cards are laid by hand. */
export function virtualReader(options: Options): VirtualReader & { readonly field: HandField } {
  const field = new HandField();
  return { ...behindPort(new VirtualPn532({ ...options, field }), options), field };
}

/** A reader on which the card in `file` lies for as long as the file exists (`--reader sim:FILE`). */
export function virtualReaderOfFile(file: string, options: Options): VirtualReader {
  return behindPort(new VirtualPn532({ ...options, field: new FileField(file) }), options);
}

function behindPort(chip: VirtualPn532, { maxReadSize }: Options): VirtualReader {
  const port = new MockPort({ chip, ...(maxReadSize === undefined ? {} : { maxReadSize }) });
  return { chip, port, open: port.open };
}
