import type { Command } from './command-machine.ts';

/** Codes of the chip's commands that are used here (HARDWARE 3). A response's code is one higher. */
export const COMMAND = {
  diagnose: 0x00,
  getFirmwareVersion: 0x02,
  readRegister: 0x06,
  writeRegister: 0x08,
  setSerialBaudRate: 0x10,
  setParameters: 0x12,
  samConfiguration: 0x14,
  rfConfiguration: 0x32,
  inDataExchange: 0x40,
  inCommunicateThru: 0x42,
  inListPassiveTarget: 0x4a,
  inRelease: 0x52,
} as const;

/** Most bytes that InDataExchange and InCommunicateThru carry to the host in one response. */
export const MAX_EXCHANGE = 262;

/** The chip acknowledges within 15 ms; USB adapters hold it back by 16 ms and more. */
const ACK_TIMEOUT_MS = 100;
/** What the chip answers without asking a card. */
const CHIP_REPLY_TIMEOUT_MS = 200;
/** Three tries of 51.2 ms to find a card, and its activation. */
const LIST_TIMEOUT_MS = 1_000;
/** A tag answers in 10 ms at most; the chip gives up on it after 51.2 ms (fRetry). */
const TAG_TIMEOUT_MS = 500;
/** A smart card may ask for more time again and again (S(WTX)); the chip's firmware grants it. */
const ISO_DEP_TIMEOUT_MS = 5_000;

function command(
  code: number,
  parameters: readonly number[] | Uint8Array,
  timing: Partial<Pick<Command, 'repeatable' | 'ackTimeoutMs' | 'replyTimeoutMs'>> = {},
): Command {
  return {
    code,
    parameters: Uint8Array.from(parameters),
    repeatable: true,
    ackTimeoutMs: ACK_TIMEOUT_MS,
    replyTimeoutMs: CHIP_REPLY_TIMEOUT_MS,
    ...timing,
  };
}

/**
 * Normal mode: leaves LowVbat. Sent while it is unknown whether the chip is awake, so tried just once.
 * @param timeoutMs for its ACK, and again for its answer: an ACK may be the late one of an earlier try
 */
export function samConfiguration(timeoutMs: number): Command {
  const timing = { repeatable: false, ackTimeoutMs: timeoutMs, replyTimeoutMs: timeoutMs };
  return command(COMMAND.samConfiguration, [0x01], timing);
}

export const getFirmwareVersion: Command = command(COMMAND.getFirmwareVersion, []);

/** The chip sends `data` back: a test of the line. */
export function communicationTest(data: Uint8Array): Command {
  return command(COMMAND.diagnose, [0x00, ...data]);
}

/** Automatic RATS and ATR_RES: ISO-DEP cards come up by themselves. */
export const setParameters: Command = command(COMMAND.setParameters, [0x14]);

/**
 * MxRtyATR, MxRtyPSL, MxRtyPassiveActivation: a poll looks once for a card, which takes 51 ms where there is
 * none. The host polls again at once, so that a card is seen within 100 ms of being laid on.
 */
export const finiteRetries: Command = command(COMMAND.rfConfiguration, [0x05, 0x00, 0x01, 0x00]);

export function radioField(on: boolean): Command {
  return command(COMMAND.rfConfiguration, [0x01, on ? 0x01 : 0x00]);
}

/** SetSerialBaudRate's code for each speed the chip knows and serial ports do, in bits per second. */
export const BAUD_RATE_CODE: ReadonlyMap<number, number> = new Map([
  [115_200, 4],
  [230_400, 5],
  [460_800, 6],
  [921_600, 7],
]);

/** @throws RangeError when the chip has no such speed */
export function setSerialBaudRate(baud: number): Command {
  const code = BAUD_RATE_CODE.get(baud);
  if (code === undefined) throw new RangeError(`the PN532 has no speed of ${baud}`);
  return command(COMMAND.setSerialBaudRate, [code], { repeatable: false });
}

/** One target, 106 kbit/s type A. */
export const listTypeA: Command = command(COMMAND.inListPassiveTarget, [0x01, 0x00], {
  replyTimeoutMs: LIST_TIMEOUT_MS,
});

/** All targets: they answer the next poll again. */
export const releaseAll: Command = command(COMMAND.inRelease, [0x00]);

export interface ExchangeOptions {
  /** See {@link Command.repeatable}. */
  readonly repeatable: boolean;
  /** How patient to be: a smart card may think for seconds. */
  readonly slow?: boolean;
}

/** To the listed card, by its own protocol: WRITE of a Type 2 tag, or an APDU. */
export function inDataExchange(data: Uint8Array, { repeatable, slow = false }: ExchangeOptions): Command {
  const replyTimeoutMs = slow ? ISO_DEP_TIMEOUT_MS : TAG_TIMEOUT_MS;
  return command(COMMAND.inDataExchange, [0x01, ...data], { repeatable, replyTimeoutMs });
}

/** To the card as it stands, with a CRC and nothing else: GET_VERSION and FAST_READ. */
export function inCommunicateThru(data: Uint8Array): Command {
  return command(COMMAND.inCommunicateThru, data, { replyTimeoutMs: TAG_TIMEOUT_MS });
}
