import { concat, equalConstantTime, isZero, Reader, u8, u16, u32, utf8 } from './bytes.ts';
import { BOX_LENGTH, CA_PIN_LENGTH, isLogN, SALT_LENGTH, SUITE, UID_LENGTH } from './constants.ts';
import type { Primitives } from './crypto/primitives.ts';
import { MalformedError, ProtocolError } from './errors.ts';

/** The card holds something that no image can be. */
export class DamagedCardError extends ProtocolError {
  readonly code = 'damaged-card';

  constructor(what: string, options?: { readonly cause?: unknown }) {
    super(`the card is damaged: ${what}`, options);
  }
}

/** What a card of the suite `cardea-1` says (PROTOCOL 2.2). */
export interface CardeaCard {
  readonly suite: typeof SUITE.cardea1;
  readonly keyId: number;
  readonly sequence: number;
  readonly uid: Uint8Array;
  readonly caPin: Uint8Array;
  readonly pinVersion: number;
  readonly logN: number;
  readonly salt: Uint8Array;
  readonly pinBox: Uint8Array;
  /** All zeros where the card has no recovery code. */
  readonly recoveryBox: Uint8Array;
  readonly uskBox: Uint8Array;
}

/** What a card of the suite `limbasiya-2021` says (PROTOCOL 1.1, 2.2): `w x y e` of 32 bytes each. */
export interface LimbasiyaCard {
  readonly suite: typeof SUITE.limbasiya2021;
  readonly keyId: number;
  readonly sequence: number;
  readonly w: Uint8Array;
  readonly x: Uint8Array;
  readonly y: Uint8Array;
  readonly e: Uint8Array;
  /** The list of hubs under its pad, as long as the list. */
  readonly z: Uint8Array;
}

export type CardImage = CardeaCard | LimbasiyaCard;

const MAGIC = utf8('CDA');
const VERSION = 1;
const CHECKSUM_LENGTH = 8;
const HASH_LENGTH = 32;
/** Magic, version, suite, keyId, sequence, bodyLength. */
const HEADER_LENGTH = 12;
const LIST_LENGTH_FIELD = 2;

/** An image whose checksum is right, before anybody looked at what it says. */
export interface CheckedImage {
  readonly version: number;
  readonly suite: number;
  readonly keyId: number;
  readonly sequence: number;
  readonly body: Uint8Array;
}

/**
 * The bytes of an image, without padding: 215 for `cardea-1` (PROTOCOL 2.2).
 * @throws DamagedCardError for values that no card may hold; RangeError for fields of a wrong length.
 */
export function encodeCardImage(p: Primitives, image: CardImage): Uint8Array {
  const body = encodeBody(image);
  const checked = concat(
    MAGIC,
    u8(VERSION),
    u8(image.suite),
    u8(image.keyId),
    u32(image.sequence),
    u16(body.length),
    body,
  );
  return concat(checked, checksum(p, checked));
}

/** Bytes of an image of `limbasiya-2021` whose list of hubs has `listLength` bytes (PROTOCOL 2.2). */
export function limbasiyaImageLength(listLength: number): number {
  return HEADER_LENGTH + 4 * HASH_LENGTH + LIST_LENGTH_FIELD + listLength + CHECKSUM_LENGTH;
}

/**
 * The image at the start of a slot; only zeros may follow it there.
 * @throws DamagedCardError for anything else.
 */
export function decodeCardImage(p: Primitives, slot: Uint8Array): CardImage {
  return interpretImage(checkImage(p, slot));
}

/**
 * Finds the image in a slot by its checksum alone, which is what chooses between the two slots.
 * @throws DamagedCardError when there is none.
 */
export function checkImage(p: Primitives, slot: Uint8Array): CheckedImage {
  return orDamaged(() => {
    const reader = new Reader(slot);
    if (!equalConstantTime(reader.bytes(MAGIC.length), MAGIC))
      throw new MalformedError('no image begins here');
    const version = reader.u8();
    const suite = reader.u8();
    const keyId = reader.u8();
    const sequence = reader.u32();
    const body = reader.bytes(reader.u16());
    const checked = slot.subarray(0, slot.length - reader.remaining);
    if (!equalConstantTime(reader.bytes(CHECKSUM_LENGTH), checksum(p, checked))) {
      throw new MalformedError('the checksum is wrong');
    }
    if (!isZero(reader.rest())) throw new MalformedError('something follows the image');
    return { version, suite, keyId, sequence, body };
  });
}

/** What an image says. @throws DamagedCardError when it is out of bounds or of an unknown kind. */
export function interpretImage({ version, suite, keyId, sequence, body }: CheckedImage): CardImage {
  return orDamaged(() => {
    if (version !== VERSION) throw new MalformedError(`version ${version} of the image is unknown`);
    const reader = new Reader(body);
    const image = { keyId, sequence, ...decodeBody(suite, reader) };
    reader.end();
    if (image.suite === SUITE.cardea1) requireBounds(image);
    return image;
  });
}

function encodeBody(image: CardImage): Uint8Array {
  if (image.suite === SUITE.limbasiya2021) {
    const { w, x, y, e, z } = image;
    for (const hash of [w, x, y, e]) requireLength(hash, HASH_LENGTH);
    return concat(w, x, y, e, u16(z.length), z);
  }
  requireBounds(image);
  return concat(
    requireLength(image.uid, UID_LENGTH),
    requireLength(image.caPin, CA_PIN_LENGTH),
    u16(image.pinVersion),
    u8(image.logN),
    requireLength(image.salt, SALT_LENGTH),
    requireLength(image.pinBox, BOX_LENGTH),
    requireLength(image.recoveryBox, BOX_LENGTH),
    requireLength(image.uskBox, BOX_LENGTH),
  );
}

function decodeBody(
  suite: number,
  reader: Reader,
): Omit<CardeaCard, 'keyId' | 'sequence'> | Omit<LimbasiyaCard, 'keyId' | 'sequence'> {
  switch (suite) {
    case SUITE.cardea1:
      return {
        suite: SUITE.cardea1,
        uid: reader.bytes(UID_LENGTH),
        caPin: reader.bytes(CA_PIN_LENGTH),
        pinVersion: reader.u16(),
        logN: reader.u8(),
        salt: reader.bytes(SALT_LENGTH),
        pinBox: reader.bytes(BOX_LENGTH),
        recoveryBox: reader.bytes(BOX_LENGTH),
        uskBox: reader.bytes(BOX_LENGTH),
      };
    case SUITE.limbasiya2021:
      return {
        suite: SUITE.limbasiya2021,
        w: reader.bytes(HASH_LENGTH),
        x: reader.bytes(HASH_LENGTH),
        y: reader.bytes(HASH_LENGTH),
        e: reader.bytes(HASH_LENGTH),
        z: reader.bytes(reader.u16()),
      };
    default:
      throw new MalformedError(`suite ${suite} is unknown`);
  }
}

function requireBounds({ logN, pinVersion }: { readonly logN: number; readonly pinVersion: number }): void {
  if (!isLogN(logN)) throw new DamagedCardError('logN is neither 0 nor 10 to 17');
  if (pinVersion === 0) throw new DamagedCardError('its PIN has the number 0');
}

function requireLength(field: Uint8Array, length: number): Uint8Array {
  if (field.length !== length) throw new RangeError(`a field of ${length} bytes has ${field.length}`);
  return field;
}

function checksum(p: Primitives, checked: Uint8Array): Uint8Array {
  return p.sha256(checked).subarray(0, CHECKSUM_LENGTH);
}

function orDamaged<T>(decode: () => T): T {
  try {
    return decode();
  } catch (cause) {
    if (cause instanceof MalformedError) throw new DamagedCardError(cause.message, { cause });
    throw cause;
  }
}
