import { Deframer } from '../../../hardware/pn532/deframer.ts';
import { encodeFrame, HOST_TO_CHIP } from '../../../hardware/pn532/frame.ts';
import type { VirtualPn532 } from '../../../hardware/sim/virtual-pn532.ts';

export const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString('hex');
export const bytes = (text: string) => Uint8Array.from(Buffer.from(text.replaceAll(' ', ''), 'hex'));

export const WAKE = bytes('5555 0000000000000000000000000000');
export const ACK = '0000ff00ff00';

/** A host at the chip's line: sends bytes, and keeps what comes back. */
export class Host {
  readonly #chip: VirtualPn532;
  #heard: number[] = [];

  constructor(chip: VirtualPn532) {
    this.#chip = chip;
    chip.onBytes((sent) => this.#heard.push(...sent));
  }

  /** What came since this was last asked, in hex. */
  heard(): string {
    const heard = hex(Uint8Array.from(this.#heard));
    this.#heard = [];
    return heard;
  }

  send(text: string): void {
    this.#chip.receive(bytes(text));
  }

  /** Sends a command's code and parameters, in hex, as a frame. */
  command(data: string): void {
    this.#chip.receive(encodeFrame({ kind: 'information', tfi: HOST_TO_CHIP, data: bytes(data) }));
  }

  /** A command's response in hex, its code first: 'error' for the error frame, null for none. */
  ask(data: string): string | null {
    this.heard();
    this.command(data);
    return response(bytes(this.heard()));
  }

  /** Wakes the chip up, and SAMConfiguration. */
  start(): void {
    this.#chip.receive(WAKE);
    this.ask('14 01');
  }
}

/** The response among what the chip sent. */
export function response(sent: Uint8Array): string | null {
  for (const frame of new Deframer().push(sent)) {
    if (frame.kind === 'error') return 'error';
    if (frame.kind === 'information') return hex(frame.data);
  }
  return null;
}
