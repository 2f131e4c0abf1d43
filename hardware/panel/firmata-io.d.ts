/** What is used of `firmata-io` 2.3, which has no types. */
declare module 'firmata-io' {
  import type { EventEmitter } from 'node:events';
  import type { IoPlugin } from 'johnny-five';

  /** A serial port, as far as Firmata knows one. It emits `data`. */
  export interface Transport extends EventEmitter {
    write(bytes: Uint8Array, written: () => void): void;
  }

  /**
   * A board that speaks the Firmata protocol. Emits `reportversion` and `queryfirmware` when the board says
   * what it is, unasked after each start; `ready` when it knows the pins; `string` with a message of the
   * board.
   */
  export class Firmata extends EventEmitter implements IoPlugin {
    constructor(transport: Transport);
    readonly isReady: boolean;
    /** The timer after which it asks a silent board by itself, by the process's own time. */
    readonly reportVersionTimeoutId: NodeJS.Timeout;
    reportVersion(answered: () => void): void;
    queryFirmware(answered: () => void): void;
    /** SYSTEM_RESET: all pins and I2C reading as after a start. */
    reset(): void;
  }

  const firmataIo: { readonly Firmata: typeof Firmata };
  export default firmataIo;
}
