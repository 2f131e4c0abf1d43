import { checkedCrcA, withCrcA } from './crc-a.ts';
import type { Field } from './field.ts';
import { type Outcome, response, SYNTAX_ERROR } from './outcome.ts';
import { Registers } from './registers.ts';
import { type Interference, Rf } from './rf.ts';
import { STATUS } from './status.ts';
import { type PollingSettings, Targets } from './targets.ts';

/** IC PN532, version 1.6, ISO/IEC 14443 A and B and 18092. */
const FIRMWARE_VERSION = [0x32, 0x01, 0x06, 0x07];
/** Speeds of SetSerialBaudRate, by its parameter. */
const BAUD_RATES = [9600, 19200, 38400, 57600, 115200, 230400, 460800, 921600, 1288000];
const AUTO_RATS = 0x10;
const WAKE_BY_HSU = 0x10;
/** Card data that fits a response of InCommunicateThru (HARDWARE 1). */
export const LARGEST_THRU = 262;

export interface FirmwareOptions {
  readonly field: Field;
  /**
   * Most bytes of a card's answer, CRC_A not counted, that InCommunicateThru carries before it overflows
   * (HARDWARE 4: "FAST_READ size"): 60 for 15 pages, 240 for 60.
   */
  readonly largestThru: number;
}

/** What the chip does with a command: everything but the serial line and sleep (HARDWARE 3). */
export class Firmware {
  /** False until SAMConfiguration: the chip is in LowVbat, its antenna off. */
  samConfigured = false;
  /** Whether bytes on the serial line end the sleep that PowerDown began. */
  wakesByHsu = true;
  readonly #rf: Rf;
  readonly #registers = new Registers();
  readonly #settings: PollingSettings = { autoRats: true, passiveRetries: 0xff };
  readonly #targets: Targets;
  readonly #largestThru: number;
  #samMode = 0x01;

  constructor({ field, largestThru }: FirmwareOptions) {
    this.#rf = new Rf(field);
    this.#targets = new Targets(this.#rf, this.#settings);
    this.#largestThru = largestThru;
  }

  set interference(interference: Interference | null) {
    this.#rf.interference = interference;
  }

  /** Time on the air since this was last asked, ms. */
  takeElapsedMs(): number {
    return this.#rf.takeElapsedMs();
  }

  /** `command`: its code and parameters. */
  execute(command: Uint8Array): Outcome {
    const [code = 0] = command;
    const parameters = command.slice(1);
    const [first = 0] = parameters;
    switch (code) {
      case 0x00:
        return this.#diagnose(parameters);
      case 0x02:
        return parameters.length === 0 ? response(0x03, ...FIRMWARE_VERSION) : SYNTAX_ERROR;
      case 0x04:
        return parameters.length === 0 ? this.#generalStatus() : SYNTAX_ERROR;
      case 0x06:
        return this.#readRegisters(parameters);
      case 0x08:
        return this.#writeRegisters(parameters);
      case 0x10:
        return this.#setSerialBaudRate(parameters);
      case 0x12:
        if (parameters.length !== 1) return SYNTAX_ERROR;
        this.#settings.autoRats = (first & AUTO_RATS) !== 0;
        return response(0x13);
      case 0x14:
        return this.#samConfiguration(parameters);
      case 0x16:
        return this.#powerDown(parameters);
      case 0x32:
        return this.#rfConfiguration(parameters);
      case 0x40:
        return this.#targets.exchange(parameters);
      case 0x42:
        return this.#communicateThru(parameters);
      case 0x44:
        return parameters.length === 1 ? this.#targets.deselect(first) : SYNTAX_ERROR;
      case 0x4a:
        this.#prepareField();
        return this.#targets.list(parameters);
      case 0x52:
        return parameters.length === 1 ? this.#targets.release(first) : SYNTAX_ERROR;
      case 0x54:
        return parameters.length === 1 ? this.#targets.select(first) : SYNTAX_ERROR;
      case 0x60:
        this.#prepareField();
        return this.#targets.autoPoll(parameters);
      default:
        return SYNTAX_ERROR;
    }
  }

  /** Looking for cards switches the field on, out of LowVbat, and sets the registers for type A. */
  #prepareField(): void {
    this.#switchField(true);
    this.#registers.setTypeA();
  }

  #switchField(on: boolean): void {
    this.#rf.switch(on && this.samConfigured);
    if (!this.#rf.on) this.#targets.drop();
  }

  /** Tests of ROM, RAM, poll and antenna always succeed. */
  #diagnose(parameters: Uint8Array): Outcome {
    switch (parameters[0]) {
      case 0x00:
        return response(0x01, ...parameters);
      case 0x01:
      case 0x02:
      case 0x04:
      case 0x07:
        return response(0x01, 0x00);
      case 0x05:
        return echoBack();
      case 0x06:
        return response(0x01, this.#targets.presence());
      default:
        return SYNTAX_ERROR;
    }
  }

  #generalStatus(): Outcome {
    const field = this.#rf.on ? 1 : 0;
    const { count } = this.#targets;
    const target = count === 0 ? [] : [1, 0x00, 0x00, 0x10];
    return response(0x05, STATUS.ok, field, count, ...target, this.#samMode);
  }

  #readRegisters(parameters: Uint8Array): Outcome {
    if (parameters.length === 0 || parameters.length % 2 !== 0) return SYNTAX_ERROR;
    const values: number[] = [];
    for (let at = 0; at < parameters.length; at += 2) {
      values.push(this.#registers.read(addressAt(parameters, at)));
    }
    return response(0x07, ...values);
  }

  #writeRegisters(parameters: Uint8Array): Outcome {
    if (parameters.length === 0 || parameters.length % 3 !== 0) return SYNTAX_ERROR;
    for (let at = 0; at < parameters.length; at += 3) {
      this.#registers.write(addressAt(parameters, at), parameters[at + 2] ?? 0);
    }
    return response(0x09);
  }

  #setSerialBaudRate(parameters: Uint8Array): Outcome {
    const baud = BAUD_RATES[parameters[0] ?? -1];
    if (parameters.length !== 1 || baud === undefined) return SYNTAX_ERROR;
    return { kind: 'response', data: Uint8Array.of(0x11), next: { kind: 'change-speed', baud } };
  }

  #samConfiguration(parameters: Uint8Array): Outcome {
    const [mode = 0] = parameters;
    if (parameters.length < 1 || parameters.length > 3 || mode < 1 || mode > 4) return SYNTAX_ERROR;
    this.samConfigured = true;
    this.#samMode = mode;
    return response(0x15);
  }

  #powerDown(parameters: Uint8Array): Outcome {
    if (parameters.length < 1 || parameters.length > 2) return SYNTAX_ERROR;
    this.wakesByHsu = ((parameters[0] ?? 0) & WAKE_BY_HSU) !== 0;
    this.#switchField(false);
    return { kind: 'response', data: Uint8Array.of(0x17, STATUS.ok), next: { kind: 'sleep' } };
  }

  #rfConfiguration(parameters: Uint8Array): Outcome {
    const [item, first = 0, , third = 0] = parameters;
    switch (item) {
      case 0x01:
        if (parameters.length !== 2) return SYNTAX_ERROR;
        this.#switchField((first & 0x01) !== 0);
        return response(0x33);
      case 0x02:
        if (parameters.length !== 4) return SYNTAX_ERROR;
        this.#rf.timeoutMs = timeout(third);
        return response(0x33);
      case 0x04:
        return parameters.length === 2 ? response(0x33) : SYNTAX_ERROR;
      case 0x05:
        if (parameters.length !== 4) return SYNTAX_ERROR;
        this.#settings.passiveRetries = third;
        return response(0x33);
      case 0x0a:
      case 0x0b:
      case 0x0c:
      case 0x0d:
        return response(0x33);
      default:
        return SYNTAX_ERROR;
    }
  }

  /** InCommunicateThru: a raw frame to the card, CRC_A as TxMode and RxMode say. */
  #communicateThru(data: Uint8Array): Outcome {
    if (data.length === 0 || !this.#registers.speaksTypeA) {
      this.#rf.waitOut();
      return response(0x43, STATUS.timeout);
    }
    const answer = this.#rf.broadcast(this.#registers.addsCrc ? withCrcA(data) : data);
    switch (answer.kind) {
      case 'silent':
        return response(0x43, STATUS.timeout);
      case 'nibble':
        // Four bits have no CRC: with RxMode's bit 7 set that is an error, though the write is done.
        return this.#registers.checksCrc
          ? response(0x43, STATUS.crcError)
          : response(0x43, STATUS.ok, answer.value);
      case 'frame': {
        if (answer.bytes.length - 2 > this.#largestThru) return response(0x43, STATUS.bufferOverflow);
        const bytes = this.#registers.checksCrc ? checkedCrcA(answer.bytes) : answer.bytes;
        if (bytes === null) return response(0x43, STATUS.crcError);
        if (bytes.length > LARGEST_THRU) return response(0x43, STATUS.bufferOverflow);
        return response(0x43, STATUS.ok, ...bytes);
      }
    }
  }
}

function addressAt(parameters: Uint8Array, at: number): number {
  return ((parameters[at] ?? 0) << 8) | (parameters[at + 1] ?? 0);
}

/** RFConfiguration item 02: n stands for 0.1 ms × 2^(n - 1), at most 3,276.8 ms, which 0 (none) becomes. */
function timeout(n: number): number {
  return n === 0 || n > 0x10 ? 3_276.8 : 0.1 * 2 ** (n - 1);
}

/** Diagnose 05 answers nothing and runs until it is cancelled. */
function echoBack(): Outcome {
  return { kind: 'running', ms: 1_000, attempt: echoBack };
}
