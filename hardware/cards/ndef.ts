/**
 * How a Type 2 tag holds two slots: one NDEF record (PROTOCOL 2.2). Pure; offsets are bytes from the
 * beginning of the tag's data area, page 4.
 */

const RECORD_TYPE = new TextEncoder().encode('cardea.health:card');
/** One whole message, long form, type in another organisation's name space. */
const RECORD_FLAGS = 0xc4;
/** TLV tag, `FF`, u16 length. */
const TLV_HEADER = 4;
/** Flags, type length, u32 payload length, type. */
const RECORD_HEADER = 6 + RECORD_TYPE.length;
/** Where slot A begins: 28, page 11. */
export const SLOTS_OFFSET = TLV_HEADER + RECORD_HEADER;

const TLV = { null: 0x00, lockControl: 0x01, memoryControl: 0x02, ndef: 0x03, proprietary: 0xfd, end: 0xfe };

/** TLVs that may stand before the message. */
const SKIPPED: readonly number[] = [TLV.lockControl, TLV.memoryControl, TLV.proprietary];

/** An empty NDEF message and the end, as tags leave the factory; what a tag holds while it is formatted. */
export const EMPTY_MESSAGE: Uint8Array = Uint8Array.of(TLV.ndef, 0x00, TLV.end, 0x00);

/** What a data area holds. */
export type Content =
  | { readonly kind: 'blank' }
  | { readonly kind: 'slots'; readonly slotBytes: number }
  /** `what` completes "the card holds …". */
  | { readonly kind: 'foreign'; readonly what: string };

/** How many bytes of a data area two slots need. */
export function areaBytes(slotBytes: number): number {
  return SLOTS_OFFSET + 2 * slotBytes + 1;
}

/** The largest slots, of whole pages, that an area of `areaLength` bytes holds two of. */
export function largestSlotBytes(areaLength: number): number {
  return Math.floor((areaLength - areaBytes(0)) / 8) * 4;
}

/** A data area with two empty slots, filled up to whole pages. */
export function emptySlots(slotBytes: number): Uint8Array {
  const area = new Uint8Array(Math.ceil(areaBytes(slotBytes) / 4) * 4);
  area.set(slotsHeader(slotBytes));
  area[areaBytes(slotBytes) - 1] = TLV.end;
  return area;
}

function slotsHeader(slotBytes: number): Uint8Array {
  const header = new Uint8Array(SLOTS_OFFSET);
  const view = new DataView(header.buffer);
  header.set([TLV.ndef, 0xff]);
  view.setUint16(2, RECORD_HEADER + 2 * slotBytes);
  header.set([RECORD_FLAGS, RECORD_TYPE.length], TLV_HEADER);
  view.setUint32(TLV_HEADER + 2, 2 * slotBytes);
  header.set(RECORD_TYPE, TLV_HEADER + 6);
  return header;
}

/**
 * Tells what a data area holds.
 *
 * @param area its bytes from the beginning, `areaLength` or at least the first 60
 * @param areaLength bytes of the whole area
 */
export function readContent(area: Uint8Array, areaLength: number): Content {
  const slotBytes = slotsIn(area, areaLength);
  if (slotBytes !== undefined) return { kind: 'slots', slotBytes };
  if (isUnfinished(area)) return { kind: 'blank' };
  // One page holds no record; what is left of a page that was torn is no content either.
  if (area.subarray(TLV_HEADER).every((byte) => byte === 0)) return { kind: 'blank' };
  return readTlvs(area, areaLength);
}

/** The slots' size where the area begins with a Cardea header, exactly. */
function slotsIn(area: Uint8Array, areaLength: number): number | undefined {
  if (area.length < SLOTS_OFFSET) return undefined;
  const payload = new DataView(area.buffer, area.byteOffset).getUint32(TLV_HEADER + 2);
  const slotBytes = payload / 2;
  // A slot of whole pages, and both in the area: else the header is no header of ours.
  if (slotBytes === 0 || slotBytes % 4 !== 0 || areaBytes(slotBytes) > areaLength) return undefined;
  return startsWith(area, slotsHeader(slotBytes)) ? slotBytes : undefined;
}

/** A format cut short: the record is there, and the TLV before it, written last, is not whole. */
function isUnfinished(area: Uint8Array): boolean {
  const record = area.subarray(TLV_HEADER);
  return (
    record[0] === RECORD_FLAGS &&
    record[1] === RECORD_TYPE.length &&
    startsWith(record.subarray(6), RECORD_TYPE) &&
    area.subarray(SLOTS_OFFSET).every((byte) => byte === 0)
  );
}

function startsWith(bytes: Uint8Array, start: Uint8Array): boolean {
  return bytes.length >= start.length && start.every((byte, i) => byte === bytes[i]);
}

const OUTSIDE: Content = { kind: 'foreign', what: 'an NDEF message that points outside the card’s memory' };
const NO_NDEF: Content = { kind: 'foreign', what: 'data that is no NDEF message' };

/** Walks the TLVs up to the first NDEF message (HARDWARE 4: it need not be the first TLV). */
function readTlvs(area: Uint8Array, areaLength: number): Content {
  let at = 0;
  while (at < area.length) {
    const tag = area[at] ?? TLV.null;
    at += 1;
    if (tag === TLV.null) continue;
    if (tag === TLV.end) return { kind: 'blank' };
    if (tag !== TLV.ndef && !SKIPPED.includes(tag)) return NO_NDEF;
    const { length, next } = tlvLength(area, at);
    if (length === undefined) return NO_NDEF;
    if (next + length > areaLength) return OUTSIDE;
    if (tag === TLV.ndef) {
      return length === 0 ? { kind: 'blank' } : readMessage(area.subarray(next, next + length));
    }
    at = next + length;
  }
  return NO_NDEF;
}

function tlvLength(area: Uint8Array, at: number): { length: number | undefined; next: number } {
  const [first, high, low] = area.subarray(at, at + 3);
  if (first !== 0xff) return { length: first, next: at + 1 };
  if (high === undefined || low === undefined) return { length: undefined, next: at };
  return { length: high * 256 + low, next: at + 3 };
}

/** Names the first record of a message for people. */
function readMessage(message: Uint8Array): Content {
  const [flags = 0, typeLength = 0] = message;
  const nameFormat = flags & 0x07;
  const isShort = (flags & 0x10) !== 0;
  const hasId = (flags & 0x08) !== 0;
  const typeAt = 2 + (isShort ? 1 : 4) + (hasId ? 1 : 0);
  const type = printable(message.subarray(typeAt, typeAt + typeLength));
  if (nameFormat === 0x00) return { kind: 'blank' };
  return { kind: 'foreign', what: recordName(nameFormat, type) };
}

function recordName(nameFormat: number, type: string): string {
  if (nameFormat === 0x01 && type === 'U') return 'a web address or link';
  if (nameFormat === 0x01 && type === 'T') return 'a text';
  if (nameFormat === 0x01 && type === 'Sp') return 'a smart poster';
  if (nameFormat === 0x02 && type === 'application/vnd.wfa.wsc') return 'the key of a wireless network';
  if (nameFormat === 0x02 && /vcard$/i.test(type)) return 'a contact';
  if (nameFormat === 0x04 && type === printable(RECORD_TYPE)) return 'a Cardea record in a layout of its own';
  return type === '' ? 'an NDEF record of no known kind' : `an NDEF record "${type}"`;
}

/** What a card says of itself, cut down to what may stand in a message. */
function printable(bytes: Uint8Array): string {
  return String.fromCharCode(...bytes.subarray(0, 40)).replaceAll(/[^\x21-\x7e]/g, '?');
}
