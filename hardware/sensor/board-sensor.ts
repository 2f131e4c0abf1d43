import type { HardwareClock } from '../clock.ts';
import type { HardwareError } from '../errors.ts';
import type { OpenBoard } from '../panel/board.ts';
import { BoardConnection } from '../panel/board-connection.ts';
import type { BoardParts } from '../panel/board-parts.ts';
import type { Sensor, SensorReading } from './sensor.ts';
import type { SensorPart } from './sensor-kinds.ts';

/** A sensor on a board that comes and goes. */
export class SensorFeed implements Sensor {
  readonly measures: Sensor['measures'];
  #parts: Pick<BoardParts, 'readSensor'> | undefined;
  #isKnown = false;

  constructor({ measures }: SensorPart) {
    this.measures = measures;
  }

  connected(parts: Pick<BoardParts, 'readSensor'>): void {
    this.#parts = parts;
    this.#isKnown = true;
  }

  lost(): void {
    this.#parts = undefined;
    this.#isKnown = true;
  }

  read(): SensorReading {
    return this.#parts?.readSensor() ?? { state: this.#isKnown ? 'lost' : 'waiting' };
  }
}

export interface BoardSensorOptions {
  readonly open: OpenBoard;
  readonly part: SensorPart;
  readonly clock: HardwareClock;
  /** Told of each loss of the board, and of each time that it is back: then with nothing. */
  readonly onState?: (lost?: HardwareError) => void;
}

/** A sensor on a board of its own, which is connected in the background. */
export class BoardSensor implements Sensor {
  readonly #feed: SensorFeed;
  readonly #connection: BoardConnection;

  constructor({ open, part, clock, onState = () => {} }: BoardSensorOptions) {
    let why: string | undefined;
    this.#feed = new SensorFeed(part);
    this.#connection = new BoardConnection(
      { open, clock, parts: { sensor: part } },
      {
        connected: (parts) => {
          this.#feed.connected(parts);
          why = undefined;
          onState();
        },
        lost: (error) => {
          this.#feed.lost();
          // It is tried again each second, and told once.
          if (error.code !== why) onState(error);
          why = error.code;
        },
        keypadMissing: () => {},
      },
    );
  }

  get measures(): Sensor['measures'] {
    return this.#feed.measures;
  }

  read(): SensorReading {
    return this.#feed.read();
  }

  /** Lets go of the board. */
  async close(): Promise<void> {
    await this.#connection.close();
    this.#feed.lost();
  }
}
