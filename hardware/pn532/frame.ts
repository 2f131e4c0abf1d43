/** Frames of the PN532's serial line, both directions (HARDWARE 1). */
export type Frame =
  /** Chip: command accepted. Host: abort the running command. */
  | { readonly kind: 'ack' }
  /** Host: send the last response again. */
  | { readonly kind: 'nack' }
  /** Chip: the command's syntax is wrong; in place of a response. */
  | { readonly kind: 'error' }
  /** A command (TFI D4) or a response (TFI D5); `data` is PD0…PDn: the code, then its parameters. */
  | { readonly kind: 'information'; readonly tfi: number; readonly data: Uint8Array };

export const HOST_TO_CHIP = 0xd4;
export const CHIP_TO_HOST = 0xd5;
/** The TFI of an error frame, which has no data. */
export const ERROR_TFI = 0x7f;

/** Most bytes an information frame may count in LEN: TFI, code, and 263 more. */
export const MAX_LEN = 265;
/** Above this, LEN needs the extended form. */
export const MAX_NORMAL_LEN = 255;
/** PREAMBLE, start code, `FF FF`, LEN, LCS, TFI to PDn, DCS, POSTAMBLE. */
export const MAX_FRAME = 1 + 2 + 2 + 2 + 1 + MAX_LEN + 1 + 1;

const PREAMBLE = 0x00;
const START_CODE = [0x00, 0xff] as const;
const POSTAMBLE = 0x00;

/** The byte that makes the sum of `bytes` and itself a multiple of 256: LCS and DCS. */
export function checksum(bytes: Iterable<number>): number {
  let sum = 0;
  for (const byte of bytes) sum += byte;
  return -sum & 0xff;
}

/**
 * The bytes of a frame on the line. An information frame takes the extended form where it must, or where
 * `extended` says so.
 *
 * @throws RangeError when `data` is empty or longer than {@link MAX_LEN} - 1 bytes
 */
export function encodeFrame(frame: Frame, { extended = false } = {}): Uint8Array {
  switch (frame.kind) {
    case 'ack':
      return Uint8Array.of(PREAMBLE, ...START_CODE, 0x00, 0xff, POSTAMBLE);
    case 'nack':
      return Uint8Array.of(PREAMBLE, ...START_CODE, 0xff, 0x00, POSTAMBLE);
    case 'error':
      return encodeBody([ERROR_TFI], extended);
    case 'information':
      if (frame.data.length === 0 || frame.data.length >= MAX_LEN) {
        throw new RangeError(
          `an information frame holds 1 to ${MAX_LEN - 1} bytes, not ${frame.data.length}`,
        );
      }
      return encodeBody([frame.tfi, ...frame.data], extended);
  }
}

function encodeBody(body: readonly number[], extended: boolean): Uint8Array {
  const length =
    extended || body.length > MAX_NORMAL_LEN
      ? [0xff, 0xff, ...withChecksum([body.length >> 8, body.length & 0xff])]
      : withChecksum([body.length]);
  return Uint8Array.of(PREAMBLE, ...START_CODE, ...length, ...withChecksum(body), POSTAMBLE);
}

function withChecksum(bytes: readonly number[]): readonly number[] {
  return [...bytes, checksum(bytes)];
}
