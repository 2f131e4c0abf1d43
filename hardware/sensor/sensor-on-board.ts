import type johnnyFive from 'johnny-five';
import type { Board as FiveBoard } from 'johnny-five';
import type { I2cAnswers } from '../panel/i2c-answers.ts';
import type { SensorReading } from './sensor.ts';
import type { SensorPart } from './sensor-kinds.ts';

/** How often johnny-five tells what the board has measured, by the process's own time. */
const TELL_EVERY_MS = 100;

/** A sensor that is set up on a board. */
export interface SensorOnBoard {
  read(): SensorReading;
  /** It is of no use after. */
  close(): void;
}

/** Sets a sensor up. It measures from then on. */
export function setUpSensor(
  five: typeof johnnyFive,
  board: FiveBoard,
  part: SensorPart,
  answers: I2cAnswers,
): SensorOnBoard {
  return part.bus === 'i2c' ? thermometer(five, board, part, answers) : voltage(five, board, part);
}

function thermometer(
  five: typeof johnnyFive,
  board: FiveBoard,
  { controller, address, register }: SensorPart & { bus: 'i2c' },
  answers: I2cAnswers,
): SensorOnBoard {
  let reading: SensorReading = { state: 'waiting' };
  let isSilent = false;
  answers.of({ address, register }, (answered) => {
    isSilent = !answered;
    if (isSilent) reading = { state: 'silent' };
  });
  const chip = new five.Thermometer({ board, controller, address, freq: TELL_EVERY_MS });
  chip.on('data', ({ C }) => {
    // It goes on telling the last value of a chip that has gone.
    if (!isSilent) reading = { state: 'value', value: C };
  });
  return { read: () => reading, close: () => void chip.disable() };
}

function voltage(
  five: typeof johnnyFive,
  board: FiveBoard,
  { pin, atZero, atFull }: SensorPart & { bus: 'analog' },
): SensorOnBoard {
  let reading: SensorReading = { state: 'waiting' };
  const sensor = new five.Sensor({ board, pin, freq: TELL_EVERY_MS });
  sensor.on('data', (steps) => {
    // It tells zero before the board has measured anything.
    if (sensor.raw === null) return;
    reading = { state: 'value', value: atZero + (steps / sensor.resolution) * (atFull - atZero) };
  });
  return { read: () => reading, close: () => void sensor.disable() };
}
