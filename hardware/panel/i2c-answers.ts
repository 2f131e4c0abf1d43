import type { Board as FiveBoard, IoPlugin } from 'johnny-five';

/** What StandardFirmata says in place of bytes that it could not read. It does not say whose. */
const TOO_FEW_BYTES = /too few bytes/i;

/**
 * Whether the parts of a board that are read over I2C answer. The board says first that there were too few bytes, and
 * then sends a reply all the same, of what it had: whose reply comes next is the part that is silent.
 */
export class I2cAnswers {
  readonly #io: IoPlugin;
  #tooFew = false;

  constructor(board: FiveBoard, io: IoPlugin) {
    this.#io = io;
    board.on('string', (text: string) => {
      if (TOO_FEW_BYTES.test(text)) this.#tooFew = true;
    });
  }

  /** `listener` is called at every reply of that part. What the part itself has made of an empty one stands by then. */
  of(
    { address, register }: { readonly address: number; readonly register: number },
    listener: (answered: boolean) => void,
  ): void {
    this.#io.on(`I2C-reply-${address}-${register}`, () => {
      const answered = !this.#tooFew;
      this.#tooFew = false;
      listener(answered);
    });
  }
}
