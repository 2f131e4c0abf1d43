import type johnnyFive from 'johnny-five';
import type { Board as FiveBoard, IoPlugin, LCD, Led, Piezo } from 'johnny-five';
import type { HardwareClock } from '../clock.ts';
import type { SensorReading } from '../sensor/sensor.ts';
import type { SensorPart } from '../sensor/sensor-kinds.ts';
import { type SensorOnBoard, setUpSensor } from '../sensor/sensor-on-board.ts';
import type { Board } from './board.ts';
import type { Run } from './display-text.ts';
import { PanelPartsError } from './errors.ts';
import { I2cAnswers } from './i2c-answers.ts';
import type { KeyInput } from './key-entry.ts';
import { KeyWatch } from './key-watch.ts';
import { keysOf, type PanelParts } from './panel-parts.ts';
import { COLOURS, type Colour, PITCHES, type Pitch } from './sign-patterns.ts';

type Five = typeof johnnyFive;

/** johnny-five ends a tone by the process's own time: later than whoever began it does. */
const LONGEST_TONE_MS = 5_000;

/** The chip's register that tells of the keys. */
const KEYPAD_REGISTER = 0x00;

/** What a board may have on it. */
export interface WantedParts extends PanelParts {
  readonly sensor?: SensorPart | undefined;
}

/**
 * Sets up the parts on a board that is ready.
 * @throws PanelPartsError when the board does not have what a part needs
 */
export async function setUpParts(
  board: Board,
  wanted: WantedParts,
  clock: HardwareClock,
): Promise<BoardParts> {
  // Loaded only where there is a panel: it takes 60 ms and 14 MB.
  const { default: five } = await import('johnny-five');
  const fiveBoard = new five.Board({ io: board.io, repl: false, debug: false, sigint: false });
  // Without a listener an `error` would end the process; whoever opened the board hears of it as well.
  fiveBoard.on('error', () => {});
  await new Promise<void>((resolve) => fiveBoard.once('ready', () => resolve()));
  try {
    return new BoardParts(five, fiveBoard, board.io, wanted, clock);
  } catch (error) {
    forget(five, fiveBoard);
    throw error;
  }
}

/** The parts of a board as one thing to act on. What a board does not have does nothing. */
export class BoardParts {
  readonly #five: Five;
  readonly #board: FiveBoard;
  readonly #light: InstanceType<typeof Led.RGB> | undefined;
  readonly #piezo: Piezo | undefined;
  readonly #display: LCD | undefined;
  readonly #keys: KeyWatch | undefined;
  readonly #sensor: SensorOnBoard | undefined;
  #onKey: (input: KeyInput) => void = () => {};
  #onKeypadSilent: (everAnswered: boolean) => void = () => {};

  constructor(five: Five, board: FiveBoard, io: IoPlugin, wanted: WantedParts, clock: HardwareClock) {
    this.#five = five;
    this.#board = board;
    const { light, piezo, display, keypad, sensor } = wanted;
    const answers = new I2cAnswers(board, io);
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
      let everAnswered = false;
      answers.of({ address: keypad.address, register: KEYPAD_REGISTER }, (answered) => {
        everAnswered ||= answered;
        if (!answered) this.#onKeypadSilent(everAnswered);
      });
    }
    if (sensor !== undefined) this.#sensor = setUpSensor(five, board, sensor, answers);
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

  /** What the sensor says now; undefined without one. */
  readSensor(): SensorReading | undefined {
    return this.#sensor?.read();
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
    this.#sensor?.close();
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
