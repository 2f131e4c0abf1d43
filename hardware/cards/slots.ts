/** Bytes a slot has unless something else is asked for: a `cardea-1` image is 215 (PROTOCOL 2.2). */
export const DEFAULT_SLOT_BYTES = 216;

/** So many zeros where a slot begins, and it holds nothing: an image does not begin so. */
export const SLOT_HEAD_BYTES = 4;

/**
 * Two slots that lie one after the other, of which only what is in use is read: after most taps one of them
 * is empty, and half of the time is spared.
 *
 * @param start the first bytes of slot A, at least {@link SLOT_HEAD_BYTES}; it may reach into slot B
 * @param read from `from` up to `to`, counted from the beginning of slot A
 */
export async function readSlotsInUse(
  slotBytes: number,
  start: Uint8Array,
  read: (from: number, to: number) => Promise<Uint8Array>,
): Promise<readonly [Uint8Array, Uint8Array]> {
  const end = 2 * slotBytes;
  if (beginsEmpty(start)) return [new Uint8Array(slotBytes), await read(slotBytes, end)];
  const both = new Uint8Array(end);
  both.set(start.subarray(0, end));
  const headOfB = slotBytes + SLOT_HEAD_BYTES;
  if (start.length < headOfB) both.set(await read(start.length, headOfB), start.length);
  if (!beginsEmpty(both.subarray(slotBytes))) {
    const known = Math.max(start.length, headOfB);
    if (known < end) both.set(await read(known, end), known);
  }
  return [both.slice(0, slotBytes), both.slice(slotBytes)];
}

function beginsEmpty(slot: Uint8Array): boolean {
  return slot.subarray(0, SLOT_HEAD_BYTES).every((byte) => byte === 0);
}
