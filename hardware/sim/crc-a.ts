/** CRC_A of ISO/IEC 14443-3: initial value 6363, two bytes as they go over the air, low byte first. */
export function crcA(bytes: Uint8Array): readonly [number, number] {
  let crc = 0x6363;
  for (const byte of bytes) {
    let mixed = (byte ^ crc) & 0xff;
    mixed ^= (mixed << 4) & 0xff;
    crc = ((crc >> 8) ^ (mixed << 8) ^ (mixed << 3) ^ (mixed >> 4)) & 0xffff;
  }
  return [crc & 0xff, crc >> 8];
}

/** `bytes` with their CRC_A behind them. */
export function withCrcA(bytes: Uint8Array): Uint8Array {
  return Uint8Array.of(...bytes, ...crcA(bytes));
}

/** `frame` without its CRC_A, or null when that is missing or wrong. */
export function checkedCrcA(frame: Uint8Array): Uint8Array | null {
  if (frame.length < 3) return null;
  const bytes = frame.slice(0, -2);
  const [low, high] = crcA(bytes);
  return frame.at(-2) === low && frame.at(-1) === high ? bytes : null;
}
