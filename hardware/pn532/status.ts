/** The error of a status byte, bits 5 to 0 (HARDWARE 3). */
export const STATUS = {
  ok: 0x00,
  timeout: 0x01,
  crc: 0x02,
  bufferTooSmall: 0x07,
  rfOverflow: 0x09,
  overheated: 0x0d,
  internalOverflow: 0x0e,
  overCurrent: 0x2d,
} as const;

/** Bits 5 to 0 are the error. */
export const STATUS_ERROR_MASK = 0x3f;
/** More of the answer waits in the chip. */
export const STATUS_MORE = 0x40;

const MEANING: ReadonlyMap<number, string> = new Map([
  [0x01, 'the card does not answer'],
  [0x02, 'a CRC was wrong'],
  [0x03, 'a parity bit was wrong'],
  [0x04, 'bits are missing'],
  [0x05, 'a frame was malformed'],
  [0x06, 'two cards speak at once'],
  [0x07, "the chip's buffer is too small"],
  [0x09, "the chip's radio buffer overflowed"],
  [0x0a, 'the field was not on in time'],
  [0x0b, 'the card broke the protocol'],
  [0x0d, 'the antenna was switched off: too hot'],
  [0x0e, "the chip's buffer overflowed"],
  [0x10, 'a parameter is wrong'],
  [0x13, 'the card refused, or broke the format'],
  [0x14, 'authentication failed'],
  [0x27, 'no card is selected'],
  [0x2b, 'the card vanished'],
  [0x2d, 'the antenna was switched off: too much current'],
]);

export function statusMeaning(status: number): string {
  return MEANING.get(status) ?? `status ${status.toString(16).padStart(2, '0')}`;
}
