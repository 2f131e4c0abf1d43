/** What is used of `johnny-five` 2.1, which has no types. Its parts take the board that they are on. */
declare module 'johnny-five' {
  import type { EventEmitter } from 'node:events';

  /** What johnny-five drives a board through: `Firmata` of `firmata-io`, `RaspiIO` of `raspi-io`, a mock. */
  export interface IoPlugin extends EventEmitter {
    readonly isReady: boolean;
  }

  export interface Pins {
    isPwm(pin: number): boolean;
    /** The pin can do anything at all. */
    isDigital(pin: number): boolean;
  }

  export interface BoardOptions {
    readonly io: IoPlugin;
    /** Default: true, a prompt on standard input. */
    readonly repl: boolean;
    /** Default: true, messages on standard output. */
    readonly debug: boolean;
    /** Default: true, a handler of SIGINT that ends the process and is never taken off. */
    readonly sigint: boolean;
  }

  /** Emits `ready` once for each `ready` of its `io`, and what the io says as `string` and `error`. */
  export class Board extends EventEmitter {
    /** Every board that was ever made. */
    static readonly cache: Board[];
    constructor(options: BoardOptions);
    readonly pins: Pins;
  }

  interface OnBoard {
    readonly board: Board;
  }

  /** An RGB light. It is off at first. */
  class Rgb {
    constructor(
      options: OnBoard & { readonly pins: readonly (number | string)[]; readonly isAnode: boolean },
    );
    /** 0 to 255 each. */
    color(red: number, green: number, blue: number): this;
  }

  export const Led: { readonly RGB: typeof Rgb };

  export class Piezo {
    constructor(options: OnBoard & { readonly pin: number | string });
    /** Makes a tone, by the process's own time: `hertz` for `milliseconds`. */
    frequency(hertz: number, milliseconds: number): this;
    noTone(): this;
  }

  export class LCD {
    /** Blocks for some 15 ms. */
    constructor(
      options: OnBoard & {
        readonly controller: 'PCF8574';
        readonly address: number;
        readonly rows: number;
        readonly cols: number;
      },
    );
    cursor(row: number, column: number): this;
    print(text: string, options: { readonly dontProcessSpecials: boolean }): this;
    clear(): this;
    noBacklight(): void;
  }

  export class Keypad {
    constructor(options: OnBoard & { readonly controller: 'MPR121'; readonly address: number });
    /** The chip's latest answer: a bit for each touched electrode; null until it has answered. */
    readonly value: number | null;
  }

  /** A chip that measures a temperature. */
  export class Thermometer extends EventEmitter {
    constructor(
      options: OnBoard & {
        readonly controller: 'MCP9808' | 'TMP102';
        readonly address: number;
        /** Milliseconds, by the process's own time, between two `data`; there is none before the first answer. */
        readonly freq: number;
      },
    );
    on(event: 'data', listener: (temperature: { readonly C: number }) => void): this;
    disable(): this;
  }

  /** A voltage at an analog pin. */
  export class Sensor extends EventEmitter {
    constructor(options: OnBoard & { readonly pin: string; readonly freq: number });
    /** The latest step, 0 to `resolution`; null before the first. */
    readonly raw: number | null;
    readonly resolution: number;
    /** The median of the steps since the last `data`. */
    on(event: 'data', listener: (steps: number) => void): this;
    disable(): this;
  }

  const johnnyFive: {
    readonly Board: typeof Board;
    readonly Led: typeof Led;
    readonly Piezo: typeof Piezo;
    readonly LCD: typeof LCD;
    readonly Keypad: typeof Keypad;
    readonly Thermometer: typeof Thermometer;
    readonly Sensor: typeof Sensor;
  };
  export default johnnyFive;
}
