import type { HardwareClock } from '../clock.ts';
import { Deframer } from '../pn532/deframer.ts';
import { CHIP_TO_HOST, encodeFrame, HOST_TO_CHIP } from '../pn532/frame.ts';
import { type Emission, type Fault, FaultPlan } from './faults.ts';
import type { Field } from './field.ts';
import { Firmware, LARGEST_THRU } from './firmware.ts';
import type { Aftermath, Outcome } from './outcome.ts';
import { SerialLine } from './serial-line.ts';
import { WakeUp } from './wake-up.ts';

export interface VirtualPn532Options {
  readonly clock: HardwareClock;
  /** Where cards are laid. */
  readonly field: Field;
  /** Bytes and cards take the time they take in life, by `clock`; else everything is done at once. */
  readonly paced?: boolean;
  /** Most bytes that a card's answer to InCommunicateThru may have: 60 for 15 pages, 240 for 60. */
  readonly largestThru?: number;
  /** The speed at which the chip was left, bit/s; default 115,200, as it powers up. */
  readonly speed?: number;
  /** What goes wrong. */
  readonly faults?: FaultPlan;
}

const POWER_UP_SPEED = 115_200;

/**
 * A PN532 on a serial line (HSU): bytes in, bytes out (HARDWARE 1 to 3, 9). It powers up asleep. Commands it
 * takes one at a time: a new one, or an ACK of the host, ends the one that runs, which then answers nothing.
 */
export class VirtualPn532 {
  readonly faults: FaultPlan;
  readonly #clock: HardwareClock;
  readonly #options: VirtualPn532Options;
  readonly #fromHost: SerialLine;
  readonly #toHost: SerialLine;
  #firmware: Firmware;
  #wakeUp: WakeUp;
  #deframer = new Deframer();
  #speed: number;
  #hostSpeed: number | null = null;
  #send: (bytes: Uint8Array) => void = () => {};
  #lastResponse: Uint8Array | null = null;
  #nextSpeed: number | null = null;
  #hung = false;
  /** Changes with every command, ACK and reset: what an older one had planned is then not done. */
  #turn = 0;

  constructor(options: VirtualPn532Options) {
    const { clock, paced = false, faults = new FaultPlan() } = options;
    this.#options = options;
    this.#clock = clock;
    this.faults = faults;
    this.#fromHost = new SerialLine(clock, paced);
    this.#toHost = new SerialLine(clock, paced);
    this.#speed = options.speed ?? POWER_UP_SPEED;
    this.#firmware = this.#newFirmware();
    this.#wakeUp = new WakeUp(clock);
  }

  /** The chip's end of the line, bit/s. */
  get speed(): number {
    return this.#speed;
  }

  get state(): 'asleep' | 'lowVbat' | 'normal' {
    if (!this.#wakeUp.awake) return 'asleep';
    return this.#firmware.samConfigured ? 'normal' : 'lowVbat';
  }

  /** Where the chip's bytes go; the last that is given gets them. */
  onBytes(send: (bytes: Uint8Array) => void): void {
    this.#send = send;
  }

  /** The speed of the host's end, bit/s; null where it cannot be known (a pseudo-terminal). */
  setHostSpeed(baud: number | null): void {
    this.#hostSpeed = baud;
  }

  /** Bytes from the host. At another speed than the chip's they arrive as rubbish. */
  receive(bytes: Uint8Array): void {
    this.#fromHost.carry(bytes.length, this.#hostSpeed ?? this.#speed, () => this.#arrived(bytes));
  }

  /** Power off and on: everything is as at the start. */
  powerCycle(): void {
    this.#turn++;
    this.#hung = false;
    this.#lastResponse = null;
    this.#nextSpeed = null;
    this.#speed = POWER_UP_SPEED;
    this.#deframer = new Deframer();
    this.#firmware = this.#newFirmware();
    this.#wakeUp = new WakeUp(this.#clock);
  }

  #newFirmware(): Firmware {
    const { field, largestThru = LARGEST_THRU } = this.#options;
    return new Firmware({ field, largestThru });
  }

  #arrived(bytes: Uint8Array): void {
    const heard = this.#wakeUp.hear(this.#throughMismatch(bytes), this.#speed);
    for (const frame of this.#deframer.push(heard)) {
      switch (frame.kind) {
        case 'ack':
          this.#acknowledged();
          break;
        case 'nack':
          if (this.#lastResponse !== null) this.#emit([{ bytes: this.#lastResponse }]);
          break;
        case 'information':
          if (frame.tfi === HOST_TO_CHIP && !this.#hung) this.#begin(frame.data);
          break;
        case 'error':
        case 'damaged':
          break;
      }
    }
  }

  /** The host's ACK ends what runs; after SetSerialBaudRate it is the sign to change speed. */
  #acknowledged(): void {
    this.#turn++;
    this.#hung = false;
    if (this.#nextSpeed !== null) this.#speed = this.#nextSpeed;
    this.#nextSpeed = null;
  }

  #begin(command: Uint8Array): void {
    const fault = this.faults.meet(command);
    if (fault.unheard) return;
    this.#turn++;
    this.#nextSpeed = null;
    const turn = this.#turn;
    const ack = encodeFrame({ kind: 'ack' });
    this.#emit(fault.ack?.(ack) ?? [{ bytes: ack }], () => {
      if (turn !== this.#turn) return;
      this.#hung = fault.hang ?? false;
      if (!this.#hung) this.#settle(this.#carryOut(command, fault), command, fault);
    });
  }

  #carryOut(command: Uint8Array, fault: Fault): Outcome {
    fault.before?.();
    this.#firmware.interference = fault.interference ?? null;
    const instead = fault.respond?.(command);
    if (instead === null) return { kind: 'syntax-error' };
    if (instead !== undefined) return { kind: 'response', data: instead };
    return this.#firmware.execute(command);
  }

  /** Sends what the command came to when its time on the air is over, or looks at it again later. */
  #settle(outcome: Outcome, command: Uint8Array, fault: Fault): void {
    const airMs = this.#firmware.takeElapsedMs();
    if (outcome.kind === 'running') {
      this.#later(outcome.ms, () => this.#settle(outcome.attempt(), command, fault));
      return;
    }
    fault.after?.();
    const frame =
      outcome.kind === 'response'
        ? encodeFrame({ kind: 'information', tfi: CHIP_TO_HOST, data: outcome.data })
        : encodeFrame({ kind: 'error' });
    const aftermath = outcome.kind === 'response' ? outcome.next : undefined;
    this.#later((this.#options.paced ? airMs : 0) + (fault.slowMs ?? 0), () => {
      this.#lastResponse = frame;
      this.#emit(fault.reply?.(frame) ?? [{ bytes: frame }]);
      if (aftermath !== undefined) this.#after(aftermath);
    });
  }

  #after(aftermath: Aftermath): void {
    switch (aftermath.kind) {
      case 'sleep':
        this.#wakeUp.sleep(this.#firmware.wakesByHsu);
        break;
      case 'change-speed':
        this.#nextSpeed = aftermath.baud;
        break;
    }
  }

  /** Runs `act` after `ms`, unless the command was ended before. */
  #later(ms: number, act: () => void): void {
    const turn = this.#turn;
    if (ms <= 0) {
      act();
      return;
    }
    this.#clock.after(ms, () => {
      if (turn === this.#turn) act();
    });
  }

  /** Sends piece after piece, then calls `done`. */
  #emit(emissions: readonly Emission[], done: () => void = () => {}): void {
    const [first, ...others] = emissions;
    if (first === undefined) {
      done();
      return;
    }
    const send = () =>
      this.#toHost.carry(first.bytes.length, this.#speed, () => {
        this.#send(this.#throughMismatch(first.bytes));
        this.#emit(others, done);
      });
    if (first.delayMs) this.#clock.after(first.delayMs, send);
    else send();
  }

  /** What one end hears of bytes that the other sends at another speed. */
  #throughMismatch(bytes: Uint8Array): Uint8Array {
    const matches = this.#hostSpeed === null || this.#hostSpeed === this.#speed;
    return matches ? bytes : bytes.map(() => 0xe6);
  }
}
