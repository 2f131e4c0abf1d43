import type johnnyFive from 'johnny-five';
import type { Board as FiveBoard, LCD, Led, Piezo } from 'johnny-five';
import type { HardwareClock } from '../clock.ts';
import type { Board } from './board.ts';
import type { Run } from './display-text.ts';
import { PanelPartsError } from './errors.ts';
import type { KeyInput } from './key-entry.ts';
import { KeyWatch } from './key-watch.ts';
import { keysOf, type PanelParts } from './panel-parts.ts';
import { COLOURS, type Colour, PITCHES, type Pitch } from './sign-patterns.ts';

type Five = typeof johnnyFive;

/** johnny-five ends a tone by the process's own time: later than whoever began it does. */
const LONGEST_TONE_MS = 5_000;

/** What StandardFirmata says in place of bytes that it could not read. */
const TOO_FEW_BYTES = /too few bytes/i;

/**
 * Sets up the parts of a panel on a board that is ready.
 * @throws PanelPartsError when the board does not have what a part needs
 */
export async function setUpParts(
  board: Board,
  wanted: PanelParts,
  clock: HardwareClock,
): Promise<BoardParts> {
  // Loaded only where there is a panel: it takes 60 ms and 14 MB.
  const { default: five } = await import('johnny-five');
  const fiveBoard = new five.Board({ io: board.io, repl: false, debug: false, sigint: false });
  // Without a listener an `error` would end the process; whoever opened the board hears of it as well.
  fiveBoard.on('error', () => {});
  await new Promise<void>((resolve) => fiveBoard.once('ready', () => resolve()));
  try {
    return new BoardParts(five, fiveBoard, wanted, clock);
  } catch (error) {
    forget(five, fiveBoard);
    throw error;
  }
}

/** The parts of a panel as one thing to act on. What a panel does not have does nothing. */
export class BoardParts {
  readonly #five: Five;
  readonly #board: FiveBoard;
  readonly #light: InstanceType<typeof Led.RGB> | undefined;
  readonly #piezo: Piezo | undefined;
  readonly #display: LCD | undefined;
  readonly #keys: KeyWatch | undefined;
  #onKey: (input: KeyInput) => void = () => {};
  #onKeypadSilent: (everAnswered: boolean) => void = () => {};

  constructor(five: Five, board: FiveBoard, wanted: PanelParts, clock: HardwareClock) {
    this.#five = five;
    this.#board = board;
    const { light, piezo, display, keypad } = wanted;
    checkPins(board, wanted);
    if (light !== undefined) {
      this.#light = new five.Led.RGB({ board, pins: light.pins, isAnode: light.commonAnode });
    }
    if (piezo !== undefined) this.#piezo = new five.Piezo({ board, pin: piezo.pin });
    if (display !== undefined) {
      const { address, rows, columns: cols } = display;
      this.#display = new five.LCD({ board, controller: 'PCF8574', address, rows, cols });
    }
    if (keypad !== undefined) {
      const pad = new five.Keypad({ board, controller: 'MPR121', address: keypad.address });
      this.#keys = new KeyWatch(clock, pad, keysOf(keypad), (input) => this.#onKey(input));
      let absent = false;
      // The keypad is the only part that is read: nothing else can have too few.
      board.on('string', (text: string) => {
        if (!TOO_FEW_BYTES.test(text)) return;
        // Zeros come after the message: only the first one tells.
        absent ||= pad.value === null;
        this.#onKeypadSilent(!absent);
      });
    }
  }

  light(colour: Colour): void {
    this.#light?.color(...COLOURS[colour]);
  }

  /** Sounds until `quiet`. */
  tone(pitch: Pitch): void {
    this.#piezo?.frequency(PITCHES[pitch], LONGEST_TONE_MS);
  }

  quiet(): void {
    this.#piezo?.noTone();
  }

  write(runs: readonly Run[]): void {
    for (const { row, column, text } of runs) {
      this.#display?.cursor(row, column).print(text, { dontProcessSpecials: true });
    }
  }

  onKey(listener: (input: KeyInput) => void): void {
    this.#onKey = listener;
  }

  /** `listener` is called each time that the keypad does not answer; `everAnswered`: it once has. */
  onKeypadSilent(listener: (everAnswered: boolean) => void): void {
    this.#onKeypadSilent = listener;
  }

  /** Everything off. The parts are of no use after. */
  close(): void {
    this.#keys?.stop();
    this.#onKeypadSilent = () => {};
    this.quiet();
    this.light('off');
    this.#display?.clear();
    this.#display?.noBacklight();
    forget(this.#five, this.#board);
  }
}

/** A Pi's pins have names, and `raspi-io` refuses a wrong one itself. */
function checkPins({ pins }: FiveBoard, { light, piezo }: PanelParts): void {
  const dim = light?.pins.find((pin) => typeof pin === 'number' && !pins.isPwm(pin));
  if (dim !== undefined) {
    throw new PanelPartsError(
      `pin ${dim} of the panel's board cannot dim a light: wire it to 3, 5, 6, 9, 10 or 11 of a Nano or Uno`,
    );
  }
  if (typeof piezo?.pin === 'number' && !pins.isDigital(piezo.pin)) {
    throw new PanelPartsError(
      `the panel's board has no free pin ${piezo.pin} for the piezo: check panelParts`,
    );
  }
}

/** johnny-five keeps every board that was ever made. */
function forget(five: Five, board: FiveBoard): void {
  const at = five.Board.cache.indexOf(board);
  if (at >= 0) five.Board.cache.splice(at, 1);
}
