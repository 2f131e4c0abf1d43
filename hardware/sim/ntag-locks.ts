import type { NtagModel } from './ntag-models.ts';

const CC_PAGE = 3;
const LOCK_PAGE = 2;
const FIRST_DYNAMIC_PAGE = 16;

/** What the lock bytes of a tag forbid, and what a write to one-way pages makes of them. */
export interface NtagLocks {
  isLocked(page: number): boolean;
  /** What `page` holds after `data` was written over `old`: bits of OTP and lock bytes are only ever set. */
  merge(page: number, old: Uint8Array, data: Uint8Array): Uint8Array;
}

/**
 * The static locks (page 2, bytes 2 and 3) and the dynamic ones, with the bits that block lock bits
 * (HARDWARE 4: "Static lock").
 */
export function ntagLocks(model: NtagModel, lockPage: Uint8Array, dynamicPage: Uint8Array): NtagLocks {
  const staticBits = littleEndian(lockPage.slice(2, 4));
  const dynamicBits = littleEndian(dynamicPage.slice(0, 2));
  const blockBits = dynamicPage[2] ?? 0;

  return {
    isLocked(page) {
      if (page < CC_PAGE) return false;
      if (page < FIRST_DYNAMIC_PAGE) return (staticBits & (1 << page)) !== 0;
      if (page >= model.dynamicLockPage) return false;
      const bit = Math.floor((page - FIRST_DYNAMIC_PAGE) / model.pagesPerLockBit);
      return (dynamicBits & (1 << bit)) !== 0;
    },

    merge(page, old, data) {
      if (page === LOCK_PAGE) {
        const bits = staticBits | (littleEndian(data.slice(2, 4)) & ~blockedStaticBits(staticBits));
        return Uint8Array.of(...old.slice(0, 2), bits & 0xff, bits >> 8);
      }
      if (page === CC_PAGE) return old.map((byte, index) => byte | (data[index] ?? 0));
      if (page === model.dynamicLockPage) {
        const allowed = littleEndian(data.slice(0, 2)) & ~blockedDynamicBits(blockBits);
        const bits = dynamicBits | allowed;
        return Uint8Array.of(bits & 0xff, bits >> 8, blockBits | (data[2] ?? 0), ...old.slice(3));
      }
      return data;
    },
  };
}

/** Bit 0 blocks the lock of page 3, bit 1 those of pages 4 to 9, bit 2 those of 10 to 15. */
function blockedStaticBits(bits: number): number {
  let blocked = 0;
  if ((bits & 0b001) !== 0) blocked |= 1 << CC_PAGE;
  if ((bits & 0b010) !== 0) blocked |= 0b0000_0011_1111_0000;
  if ((bits & 0b100) !== 0) blocked |= 0b1111_1100_0000_0000;
  return blocked;
}

/** Each block bit blocks two lock bits. */
function blockedDynamicBits(blockBits: number): number {
  let blocked = 0;
  for (let bit = 0; bit < 8; bit++) {
    if ((blockBits & (1 << bit)) !== 0) blocked |= 0b11 << (2 * bit);
  }
  return blocked;
}

function littleEndian([low = 0, high = 0]: Uint8Array): number {
  return low | (high << 8);
}
