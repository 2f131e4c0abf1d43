import { type HardwareClock, pause } from '../clock.ts';
import { HardwareError, ReaderFailedError, ReaderLostError, ReaderSilentError } from '../errors.ts';
import {
  communicationTest,
  finiteRetries,
  getFirmwareVersion,
  radioField,
  samConfiguration,
  setParameters,
  setSerialBaudRate,
} from './commands.ts';
import { Pn532, type Pn532Options } from './reader.ts';

/** The chip's speed at power-up, in bits per second. */
export const POWER_UP_SPEED = 115_200;
/** What is tried by default: eight times as fast, and a chip that cannot stays at {@link POWER_UP_SPEED}. */
export const FAST_SPEED = 921_600;

/**
 * Where to look for the chip, in order: asleep at its power-up speed the first try only wakes it; after a
 * crash it may still be at a speed that somebody raised it to (HARDWARE 7).
 */
const SPEEDS_TO_TRY = [POWER_UP_SPEED, POWER_UP_SPEED, FAST_SPEED, 460_800, 230_400] as const;
/** How long to wait for the first ACK, round by round: on a Raspberry Pi it can take a second (HARDWARE 7). */
const FIRST_TIMEOUTS_MS = [150, 150, 1_500] as const;

/** Edges that wake the chip, then idle time for its oscillator (HARDWARE 2). */
const WAKE_BYTES = Uint8Array.of(0x55, 0x55, ...new Uint8Array(14));
const OSCILLATOR_START_MS = 5;
/**
 * From the host's ACK until the chip has it and has changed its speed. (Many a USB adapter says that bytes
 * have left which it still holds.)
 */
const SPEED_CHANGE_MS = 5;
/** Echoed by the chip: every bit both ways, and zeros and ones in a row. */
const TEST_PATTERN = Uint8Array.from({ length: 64 }, (_, i) => [0x55, 0xaa, 0x00, 0xff, i][i % 5] ?? i);

export interface StartOptions extends Pn532Options {
  /** Highest speed to raise the line to; default {@link FAST_SPEED}. */
  readonly speed?: number | undefined;
}

export interface StartedPn532 {
  readonly pn532: Pn532;
  /** `PN532 1.6`, for people. */
  readonly firmware: string;
}

/**
 * Wakes and sets up the chip on an open port, in the order of HARDWARE 2, at whatever speed it is found.
 * Where that fails, the port is closed.
 *
 * @throws ReaderSilentError, ReaderFailedError, ReaderLostError
 */
export async function startPn532(options: StartOptions): Promise<StartedPn532> {
  const pn532 = new Pn532(options);
  try {
    await findChip(pn532, options.clock);
    const firmware = await checkFirmware(pn532);
    await testLine(pn532);
    await changeSpeed(pn532, options);
    for (const command of [setParameters, finiteRetries, radioField(true)]) await pn532.run(command);
    return { pn532, firmware };
  } catch (error) {
    await pn532.close();
    throw error;
  }
}

/** Leaves the chip as the next program expects it: antenna off, at its power-up speed; closes the port. */
export async function stopPn532(pn532: Pn532): Promise<void> {
  const slowDown = pn532.speed === POWER_UP_SPEED ? [] : [setSerialBaudRate(POWER_UP_SPEED)];
  await pn532.close([radioField(false), ...slowDown]);
}

async function findChip(pn532: Pn532, clock: HardwareClock): Promise<void> {
  for (const timeoutMs of FIRST_TIMEOUTS_MS) {
    for (const speed of SPEEDS_TO_TRY) {
      if (await answersAt(speed, pn532, clock, timeoutMs)) return;
    }
  }
  throw new ReaderSilentError(
    'no PN532 answers: set its switches to serial (HSU, both off), check that RX and TX are not swapped, and its power',
  );
}

async function answersAt(
  speed: number,
  pn532: Pn532,
  clock: HardwareClock,
  timeoutMs: number,
): Promise<boolean> {
  try {
    if (!(await portTakes(speed, pn532))) return false;
    await pn532.wake(WAKE_BYTES);
    await pause(clock, OSCILLATOR_START_MS);
    await pn532.run(samConfiguration(timeoutMs));
    return true;
  } catch (error) {
    if (error instanceof ReaderSilentError || error instanceof ReaderFailedError) return false;
    throw error;
  }
}

/** Not every serial port knows every speed. */
async function portTakes(speed: number, pn532: Pn532): Promise<boolean> {
  try {
    await pn532.setSpeed(speed);
    return true;
  } catch (error) {
    if (pn532.lost || speed === POWER_UP_SPEED) throw error;
    return false;
  }
}

async function checkFirmware(pn532: Pn532): Promise<string> {
  const [chip, version, revision] = await pn532.run(getFirmwareVersion);
  if (chip !== 0x32 || version === undefined || revision === undefined) {
    throw new ReaderFailedError('the reader is no PN532: Cardea knows no other chip');
  }
  return `PN532 ${version}.${revision}`;
}

/** @throws ReaderSilentError when the chip does not send back what it was sent */
async function testLine(pn532: Pn532): Promise<void> {
  const echo = await pn532.run(communicationTest(TEST_PATTERN));
  const same =
    echo.length === TEST_PATTERN.length + 1 && TEST_PATTERN.every((byte, i) => echo[i + 1] === byte);
  if (!same)
    throw new ReaderSilentError("the reader's line garbles bytes: check its cable, and keep it short");
}

/** Raises the speed to the one asked for, or puts it back where the line does not carry that. */
async function changeSpeed(pn532: Pn532, { clock, speed = FAST_SPEED }: StartOptions): Promise<void> {
  const found = pn532.speed;
  if (found === speed) return;
  // A port that does not know the speed says so here, before the chip is told.
  if (!(await portTakes(speed, pn532))) return;
  await pn532.setSpeed(found);
  try {
    await pn532.run(setSerialBaudRate(speed));
    await pn532.confirm();
    await pause(clock, SPEED_CHANGE_MS);
    await pn532.setSpeed(speed);
    await testLine(pn532);
  } catch (error) {
    if (!(error instanceof HardwareError) || error instanceof ReaderLostError) throw error;
    await findChip(pn532, clock);
  }
}
