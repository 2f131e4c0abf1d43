/** A tag of the NTAG21x family (HARDWARE 4). Page numbers; a page has 4 bytes. */
export interface NtagChip {
  readonly name: 'NTAG213' | 'NTAG215' | 'NTAG216';
  /** Bytes of its user memory, from page 4. */
  readonly userBytes: number;
  /** CC[2]: bytes of the NDEF area ÷ 8. */
  readonly ccSize: number;
  readonly dynamicLockPage: number;
  /** How many pages one dynamic lock bit locks. */
  readonly pagesPerLockBit: number;
}

/** By byte 6 of GET_VERSION's answer. */
const CHIPS: ReadonlyMap<number, NtagChip> = new Map([
  [0x0f, { name: 'NTAG213', userBytes: 144, ccSize: 0x12, dynamicLockPage: 0x28, pagesPerLockBit: 2 }],
  [0x11, { name: 'NTAG215', userBytes: 504, ccSize: 0x3e, dynamicLockPage: 0x82, pagesPerLockBit: 16 }],
  [0x13, { name: 'NTAG216', userBytes: 888, ccSize: 0x6d, dynamicLockPage: 0xe2, pagesPerLockBit: 16 }],
]);

/** Header, NXP, NTAG; then subtype, version, size, protocol. */
const NTAG_VERSION = [0x00, 0x04, 0x04] as const;
const VERSION_LENGTH = 8;

/** The chip that answers GET_VERSION so; undefined for any other. */
export function chipOfVersion(version: Uint8Array): NtagChip | undefined {
  if (version.length !== VERSION_LENGTH || NTAG_VERSION.some((byte, i) => version[i] !== byte))
    return undefined;
  return CHIPS.get(version[6] ?? 0);
}

/** First page that dynamic lock bits cover. */
const FIRST_DYNAMIC_PAGE = 16;

/**
 * The first of the pages `from` to `to` that is locked for ever; undefined where none is.
 *
 * @param staticLock bytes 2 and 3 of page 2
 * @param dynamicLock the first 2 bytes of the dynamic lock page
 */
export function firstLockedPage(
  chip: NtagChip,
  staticLock: Uint8Array,
  dynamicLock: Uint8Array,
  from: number,
  to: number,
): number | undefined {
  for (let page = from; page <= to; page++) {
    const bits = page < FIRST_DYNAMIC_PAGE ? staticLock : dynamicLock;
    const bit =
      page < FIRST_DYNAMIC_PAGE ? page : Math.floor((page - FIRST_DYNAMIC_PAGE) / chip.pagesPerLockBit);
    if (((bits[bit >> 3] ?? 0) >> (bit & 7)) & 1) return page;
  }
  return undefined;
}
