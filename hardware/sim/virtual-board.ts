import type { HardwareClock } from '../clock.ts';

/** A device on a virtual board's I2C. */
export interface VirtualI2cDevice {
  write(bytes: Uint8Array): void;
  /** `count` bytes from `register` on; fewer when there are no more. */
  read(register: number, count: number): Uint8Array;
}

export interface VirtualBoardOptions {
  readonly clock: HardwareClock;
  /** By I2C address. */
  readonly i2c?: ReadonlyMap<number, VirtualI2cDevice>;
  /** What the analog pins measure, by their number from A0 on: 0 to 1023. */
  readonly analog?: ReadonlyMap<number, () => number>;
  /** How long the boot loader takes before Firmata starts; default 1,500 ms. */
  readonly bootMs?: number;
  /** The speed of Firmata; at any other, host and board do not understand each other. Default 57,600. */
  readonly speed?: number;
  /** An Arduino Nano is started by whoever opens its port; a board with native USB is not. Default true. */
  readonly startsWhenOpened?: boolean;
}

/** Modes of a pin, as in PIN_MODE. */
export const PIN_MODE = { input: 0, output: 1, analog: 2, pwm: 3, i2c: 6 } as const;

export interface VirtualPin {
  readonly mode: number;
  /** What was written last: 0 or 1, or 0 to 255 with PWM. */
  readonly value: number;
}

type I2cQuery = { readonly address: number; readonly register: number; readonly count: number };

const PINS = 20;
const PWM_PINS = [3, 5, 6, 9, 10, 11];
const FIRST_ANALOG_PIN = 14;
const I2C_PINS = [18, 19];
const NOT_ANALOG = 127;
const VERSION = [2, 5] as const;
const FIRMWARE_NAME = 'StandardFirmata.ino';
const SAMPLING_MS = 19;

/**
 * An Arduino Nano with StandardFirmata: bytes in, bytes out. (Written from the Firmata protocol's documents
 * and firmware; no real board was at hand.)
 */
export class VirtualBoard {
  readonly #options: VirtualBoardOptions;
  readonly #pins: { mode: number; value: number }[] = [];
  readonly #queries: I2cQuery[] = [];
  /** The analog pins that the host wants to hear of. */
  readonly #reported = new Set<number>();
  #message: number[] = [];
  #send: (bytes: Uint8Array) => void = () => {};
  #onPin: (pin: number, value: number) => void = () => {};
  #running = false;
  #hangs = false;
  #hostSpeed: number | null = null;
  #timer: { cancel(): void } | undefined;

  constructor(options: VirtualBoardOptions) {
    this.#options = options;
    this.#forgetPins();
    if (options.startsWhenOpened === false) this.#running = true;
  }

  /** The pins as they are now. */
  get pins(): readonly VirtualPin[] {
    return this.#pins;
  }

  onBytes(send: (bytes: Uint8Array) => void): void {
    this.#send = send;
  }

  /** `listener` gets each value that is written to a pin. */
  onPin(listener: (pin: number, value: number) => void): void {
    this.#onPin = listener;
  }

  /** The host opened its end of the line, or changed its speed. */
  setHostSpeed(baud: number | null): void {
    this.#hostSpeed = baud;
    if (baud !== null && this.#options.startsWhenOpened !== false) this.powerCycle();
  }

  /** The board starts anew. */
  powerCycle(): void {
    this.#running = false;
    this.#hangs = false;
    this.#forgetPins();
    this.#timer?.cancel();
    this.#timer = this.#options.clock.after(this.#options.bootMs ?? 1_500, () => {
      this.#running = true;
      this.#sayVersion();
      this.#sayFirmware();
    });
  }

  /** From now on it answers nothing, as one whose I2C line is stuck; until it starts anew. */
  hang(): void {
    this.#hangs = true;
    this.#timer?.cancel();
  }

  receive(bytes: Uint8Array): void {
    if (!this.#running || this.#hangs || !this.#understood()) return;
    for (const byte of bytes) this.#take(byte);
  }

  #understood(): boolean {
    return this.#hostSpeed === (this.#options.speed ?? 57_600);
  }

  #answer(...bytes: number[]): void {
    if (this.#understood()) this.#send(Uint8Array.from(bytes));
  }

  #take(byte: number): void {
    const inSysex = this.#message[0] === 0xf0;
    if (byte >= 0x80 && !(inSysex && byte === 0xf7)) this.#message = [];
    this.#message.push(byte);
    const [first = 0] = this.#message;
    if (first < 0x80) this.#message = [];
    else if (first === 0xf0 ? byte === 0xf7 : this.#message.length === lengthOf(first)) {
      const message = this.#message;
      this.#message = [];
      this.#obey(message);
    }
  }

  #obey(message: readonly number[]): void {
    const [first = 0, second = 0, third = 0] = message;
    if (first === 0xf0) this.#obeySysex(second, message.slice(2, -1));
    else if (first === 0xf9) this.#sayVersion();
    else if (first === 0xff) this.#reset();
    else if (first === 0xf4) this.#setMode(second, third);
    else if (first >> 4 === 0xc) this.#report(first & 0x0f, second === 1);
    else if (first >> 4 === 0x9) this.#writePort(first & 0x0f, second | (third << 7));
    else if (first >> 4 === 0xe) this.#writePin(first & 0x0f, second | (third << 7), PIN_MODE.pwm);
  }

  #obeySysex(command: number, data: readonly number[]): void {
    switch (command) {
      case 0x79:
        this.#sayFirmware();
        break;
      case 0x6b:
        this.#answer(0xf0, 0x6c, ...capabilities(), 0xf7);
        break;
      case 0x69:
        this.#answer(0xf0, 0x6a, ...analogMapping(), 0xf7);
        break;
      case 0x78:
        for (const pin of I2C_PINS) this.#setMode(pin, PIN_MODE.i2c);
        break;
      case 0x76:
        this.#i2cRequest(data);
        break;
    }
  }

  #i2cRequest([address = 0, mode = 0, ...rest]: readonly number[]): void {
    const values = fromSevenBits(rest);
    if (this.#pins[I2C_PINS[0] ?? 0]?.mode !== PIN_MODE.i2c) return;
    switch (mode & 0x18) {
      case 0x00:
        this.#options.i2c?.get(address)?.write(Uint8Array.from(values));
        break;
      case 0x10:
        this.#queries.push({ address, register: values[0] ?? 0, count: values[1] ?? 0 });
        this.#beginToSample();
        break;
      case 0x18:
        this.#queries.length = 0;
        break;
    }
  }

  #report(channel: number, wanted: boolean): void {
    if (wanted) this.#reported.add(channel);
    else this.#reported.delete(channel);
    this.#beginToSample();
  }

  /** With the first of what there is to sample. */
  #beginToSample(): void {
    if (this.#queries.length + this.#reported.size === 1) this.#sampleLater();
  }

  #sampleLater(): void {
    this.#timer?.cancel();
    this.#timer = this.#options.clock.after(SAMPLING_MS, () => {
      for (const channel of this.#reported) {
        const steps = this.#options.analog?.get(channel)?.() ?? 0;
        this.#answer(0xe0 | channel, steps & 0x7f, steps >> 7);
      }
      for (const query of this.#queries) this.#sample(query);
      if (this.#queries.length + this.#reported.size > 0) this.#sampleLater();
    });
  }

  /** A device that is not there reads as nothing, which the firmware says in words, and then as zeros. */
  #sample({ address, register, count }: I2cQuery): void {
    const read = this.#options.i2c?.get(address)?.read(register, count) ?? new Uint8Array(0);
    if (read.length < count) this.#say('I2C: Too few bytes received');
    const bytes = Array.from({ length: count }, (_, index) => read[index] ?? 0);
    this.#answer(0xf0, 0x77, ...toSevenBits([address, register, ...bytes]), 0xf7);
  }

  #setMode(pin: number, mode: number): void {
    if (pin < PINS) this.#pins[pin] = { mode, value: 0 };
  }

  #writePort(port: number, bits: number): void {
    for (let bit = 0; bit < 8; bit++) this.#writePin(port * 8 + bit, (bits >> bit) & 1, PIN_MODE.output);
  }

  /** Only a pin in the mode that a message is for obeys it. */
  #writePin(pin: number, value: number, mode: number): void {
    const state = this.#pins[pin];
    if (state === undefined || state.mode !== mode) return;
    if (state.value !== value || mode === PIN_MODE.pwm) this.#onPin(pin, value);
    state.value = value;
  }

  #reset(): void {
    this.#forgetPins();
    this.#timer?.cancel();
  }

  #forgetPins(): void {
    this.#queries.length = 0;
    this.#reported.clear();
    for (let pin = 0; pin < PINS; pin++) {
      this.#pins[pin] = { mode: pin < FIRST_ANALOG_PIN ? PIN_MODE.output : PIN_MODE.analog, value: 0 };
    }
  }

  #sayVersion(): void {
    this.#answer(0xf9, ...VERSION);
  }

  #sayFirmware(): void {
    this.#answer(0xf0, 0x79, ...VERSION, ...toSevenBits(Buffer.from(FIRMWARE_NAME)), 0xf7);
  }

  #say(text: string): void {
    this.#answer(0xf0, 0x71, ...toSevenBits(Buffer.from(text)), 0xf7);
  }
}

/** Bytes of a message that is no sysex. */
function lengthOf(first: number): number {
  if (first === 0xf9 || first === 0xff) return 1;
  return first >> 4 === 0xc || first >> 4 === 0xd ? 2 : 3;
}

function capabilities(): number[] {
  return Array.from({ length: PINS }, (_, pin) => {
    // Pins 0 and 1 are the line itself.
    if (pin < 2) return [0x7f];
    const modes = [PIN_MODE.input, 1, PIN_MODE.output, 1];
    if (pin >= FIRST_ANALOG_PIN) modes.push(PIN_MODE.analog, 10);
    if (PWM_PINS.includes(pin)) modes.push(PIN_MODE.pwm, 8);
    if (I2C_PINS.includes(pin)) modes.push(PIN_MODE.i2c, 1);
    return [...modes, 0x7f];
  }).flat();
}

function analogMapping(): number[] {
  return Array.from({ length: PINS }, (_, pin) =>
    pin < FIRST_ANALOG_PIN ? NOT_ANALOG : pin - FIRST_ANALOG_PIN,
  );
}

function toSevenBits(bytes: Iterable<number>): number[] {
  return [...bytes].flatMap((byte) => [byte & 0x7f, byte >> 7]);
}

function fromSevenBits(data: readonly number[]): number[] {
  return Array.from(
    { length: data.length >> 1 },
    (_, index) => (data[2 * index] ?? 0) | ((data[2 * index + 1] ?? 0) << 7),
  );
}
