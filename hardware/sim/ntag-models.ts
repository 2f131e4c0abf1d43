/** The NTAG21x that a virtual tag can be (HARDWARE 4). */
export type NtagKind = 'NTAG213' | 'NTAG215' | 'NTAG216';

export interface NtagModel {
  /** Pages of 4 bytes. */
  readonly pages: number;
  /** Byte 6 of GET_VERSION. */
  readonly sizeCode: number;
  /** Byte 2 of the capability container: its NDEF area in units of 8 bytes. */
  readonly ndefEighths: number;
  /** CFG0, CFG1, PWD and PACK follow this page, in this order. */
  readonly dynamicLockPage: number;
  /** Pages, from 16 on, that one dynamic lock bit locks. */
  readonly pagesPerLockBit: number;
  /** Pages 4 and 5 as they leave the factory. */
  readonly factoryData: readonly number[];
}

export const NTAG_MODELS: Readonly<Record<NtagKind, NtagModel>> = {
  NTAG213: {
    pages: 45,
    sizeCode: 0x0f,
    ndefEighths: 0x12,
    dynamicLockPage: 0x28,
    pagesPerLockBit: 2,
    factoryData: [0x01, 0x03, 0xa0, 0x0c, 0x34, 0x03, 0x00, 0xfe],
  },
  NTAG215: {
    pages: 135,
    sizeCode: 0x11,
    ndefEighths: 0x3e,
    dynamicLockPage: 0x82,
    pagesPerLockBit: 16,
    factoryData: [0x03, 0x00, 0xfe, 0x00],
  },
  NTAG216: {
    pages: 231,
    sizeCode: 0x13,
    ndefEighths: 0x6d,
    dynamicLockPage: 0xe2,
    pagesPerLockBit: 16,
    factoryData: [0x03, 0x00, 0xfe, 0x00],
  },
};

/** The kind whose dump has `bytes` bytes, or null. */
export function ntagKindOfSize(bytes: number): NtagKind | null {
  switch (bytes) {
    case 180:
      return 'NTAG213';
    case 540:
      return 'NTAG215';
    case 924:
      return 'NTAG216';
    default:
      return null;
  }
}

/**
 * The dump of a tag as it leaves the factory: nothing locked, no password, an empty NDEF message.
 * @param uid 7 bytes, the first 04 (NXP).
 */
export function blankNtag(kind: NtagKind, uid: Uint8Array): Uint8Array {
  if (uid.length !== 7) throw new RangeError('An NTAG has a UID of 7 bytes.');
  const model = NTAG_MODELS[kind];
  const dump = new Uint8Array(model.pages * 4);
  const setPage = (page: number, ...bytes: number[]) => dump.set(bytes, page * 4);

  const [u0 = 0, u1 = 0, u2 = 0, u3 = 0, u4 = 0, u5 = 0, u6 = 0] = uid;
  setPage(0, u0, u1, u2, 0x88 ^ u0 ^ u1 ^ u2);
  setPage(1, u3, u4, u5, u6);
  setPage(2, u3 ^ u4 ^ u5 ^ u6, 0x48, 0x00, 0x00);
  setPage(3, 0xe1, 0x10, model.ndefEighths, 0x00);
  setPage(4, ...model.factoryData);
  setPage(model.dynamicLockPage, 0x00, 0x00, 0x00, 0xbd);
  setPage(model.dynamicLockPage + 1, 0x04, 0x00, 0x00, 0xff);
  setPage(model.dynamicLockPage + 2, 0x00, 0x05, 0x00, 0x00);
  setPage(model.dynamicLockPage + 3, 0xff, 0xff, 0xff, 0xff);
  setPage(model.dynamicLockPage + 4, 0x00, 0x00, 0x00, 0x00);
  return dump;
}
