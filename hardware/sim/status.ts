/** Status bytes that the virtual chip gives, bits 5 to 0 (HARDWARE 3). */
export const STATUS = {
  ok: 0x00,
  timeout: 0x01,
  crcError: 0x02,
  bufferOverflow: 0x09,
  protocolError: 0x0b,
  invalidParameter: 0x10,
  badFormat: 0x13,
  authenticationError: 0x14,
  notInThisContext: 0x27,
} as const;

/** Set in a status byte: more of the answer waits to be fetched. */
export const MORE_INFORMATION = 0x40;
