import { Deframer } from '../../../hardware/pn532/deframer.ts';
import { encodeFrame, HOST_TO_CHIP } from '../../../hardware/pn532/frame.ts';
import { ramMemory } from '../../../hardware/sim/card-memory.ts';
import { HandField } from '../../../hardware/sim/field.ts';
import { blankNtag, type NtagKind } from '../../../hardware/sim/ntag-models.ts';
import { blankSmartCard, VirtualIsoDep } from '../../../hardware/sim/virtual-iso-dep.ts';
import { VirtualNtag } from '../../../hardware/sim/virtual-ntag.ts';
import { VirtualPn532, type VirtualPn532Options } from '../../../hardware/sim/virtual-pn532.ts';
import { SimulatedClock } from '../../../runtime/simulated-clock.ts';

export const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString('hex');
export const bytes = (text: string) => Uint8Array.from(Buffer.from(text.replaceAll(' ', ''), 'hex'));

/** What libnfc wakes a chip with. */
export const WAKE = bytes('5555 0000000000000000000000000000');
export const ACK = '0000ff00ff00';
export const NACK = '0000ffff0000';
export const UID = '04a1b2c3d4e5f6';

/** A factory-fresh tag, and the dump that is its memory. */
export function freshTag(kind: NtagKind = 'NTAG215') {
  const dump = blankNtag(kind, bytes(UID));
  return { dump, tag: new VirtualNtag(ramMemory(dump)) };
}

/** A smart card with a file of `size` zeros, and the dump that is its memory. */
export function freshSmartCard(size = 432) {
  const dump = blankSmartCard(bytes(UID), size);
  return { dump, card: new VirtualIsoDep(ramMemory(dump)) };
}

/** A chip that powers up, with a host at its line. */
export function bench(options: Omit<Partial<VirtualPn532Options>, 'clock' | 'field'> = {}) {
  const clock = new SimulatedClock();
  const field = new HandField();
  const chip = new VirtualPn532({ clock, field, ...options });
  return { clock, field, chip, host: new Host(chip) };
}

/** As `bench`, but awake and configured as the driver does it: finite retries, antenna on. */
export function startedBench(options: Omit<Partial<VirtualPn532Options>, 'clock' | 'field'> = {}) {
  const started = bench(options);
  started.host.start();
  return started;
}

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

  /** Sends bytes, in hex. */
  send(text: string): void {
    this.#chip.receive(bytes(text));
  }

  /** Sends a command's code and parameters, in hex, as a frame. */
  command(data: string): void {
    this.#chip.receive(commandFrame(data));
  }

  /** A command's response in hex, its code first: 'error' for the error frame, null for none. */
  ask(data: string): string | null {
    this.heard();
    this.command(data);
    return this.response();
  }

  /** The response among what came since this was last asked, as `ask` gives it. */
  response(): string | null {
    for (const frame of new Deframer().push(bytes(this.heard()))) {
      if (frame.kind === 'error') return 'error';
      if (frame.kind === 'information') return hex(frame.data);
    }
    return null;
  }

  /** Wakes the chip up, SAMConfiguration, two retries to find a card. */
  start(): void {
    this.#chip.receive(WAKE);
    this.ask('14 01');
    this.ask('32 05 00 01 02');
    this.ask('32 01 01');
  }
}

export function commandFrame(data: string): Uint8Array {
  return encodeFrame({ kind: 'information', tfi: HOST_TO_CHIP, data: bytes(data) });
}
