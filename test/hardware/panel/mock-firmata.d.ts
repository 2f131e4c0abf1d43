/** What is used of `mock-firmata` 0.2, which has no types: a board whose pins are only remembered. */
declare module 'mock-firmata' {
  import { EventEmitter } from 'node:events';
  import type { IoPlugin } from 'johnny-five';

  class Firmata extends EventEmitter implements IoPlugin {
    /** `overrides` become members of the board: what is to be done in place of nothing. */
    constructor(overrides: object);
    readonly isReady: boolean;
  }

  const mockFirmata: { readonly Firmata: typeof Firmata };
  export default mockFirmata;
}
