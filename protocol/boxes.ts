import { concat, isZero, u8, u16, utf8, wipe } from './bytes.ts';
import { type CardeaCard, DamagedCardError } from './card-image.ts';
import { KEY_LENGTH, LABEL, SUITE } from './constants.ts';
import type { Primitives } from './crypto/primitives.ts';
import { AuthenticationError, ProtocolError } from './errors.ts';

// The three boxes of a card (PROTOCOL 2.3): ChaCha20-Poly1305 with nonce 0, 32 bytes sealed into 48,
// each key for one plaintext only. What a function returns of a box, the caller wipes.

/** `pinBox` does not open: the PIN is wrong (or the card is somebody's forgery, which looks the same). */
export class WrongPinError extends ProtocolError {
  readonly code = 'wrong-pin';

  constructor(options?: { readonly cause?: unknown }) {
    super('the PIN is wrong', options);
  }
}

/** `recoveryBox` does not open. */
export class WrongRecoveryCodeError extends ProtocolError {
  readonly code = 'wrong-recovery-code';

  constructor(options?: { readonly cause?: unknown }) {
    super('the recovery code is wrong', options);
  }
}

/** The card was registered without a recovery code. */
export class NoRecoveryCodeError extends ProtocolError {
  readonly code = 'no-recovery-code';

  constructor() {
    super('this card has no recovery code; it can only be replaced');
  }
}

/** What every box of a card is bound to; it never changes in a card's life. */
export type BoxBinding = Pick<CardeaCard, 'keyId' | 'uid' | 'caPin'>;
/** What `pinBox` is bound to besides. */
export type PinBoxBinding = BoxBinding & Pick<CardeaCard, 'pinVersion' | 'logN' | 'salt'>;

const NONCE = new Uint8Array(12);
const STRETCHED_LENGTH = 32;

/** Seals `seed` under the PIN's `rwd` (64 bytes). Takes as long as `logN` makes it. */
export async function sealPinBox(
  p: Primitives,
  binding: PinBoxBinding,
  rwd: Uint8Array,
  seed: Uint8Array,
): Promise<Uint8Array> {
  const key = await pinKey(p, binding, rwd);
  return seal(p, key, pinAad(binding), seed);
}

/** `seed` of the card. @throws WrongPinError when the box does not open. */
export async function openPinBox(
  p: Primitives,
  card: PinBoxBinding & Pick<CardeaCard, 'pinBox'>,
  rwd: Uint8Array,
): Promise<Uint8Array> {
  const key = await pinKey(p, card, rwd);
  return open(p, key, pinAad(card), card.pinBox, (cause) => new WrongPinError({ cause }));
}

/** Seals `usk` under `seed`. */
export function sealUskBox(
  p: Primitives,
  binding: BoxBinding,
  seed: Uint8Array,
  usk: Uint8Array,
): Uint8Array {
  return seal(p, uskKey(p, binding, seed), aad(binding), usk);
}

/**
 * `usk` of the card.
 * @throws DamagedCardError when the box does not open: with a right `seed` only a changed card does that.
 */
export function openUskBox(
  p: Primitives,
  card: BoxBinding & Pick<CardeaCard, 'uskBox'>,
  seed: Uint8Array,
): Uint8Array {
  const damaged = (cause: unknown) => new DamagedCardError('its uskBox does not open', { cause });
  return open(p, uskKey(p, card, seed), aad(card), card.uskBox, damaged);
}

/** Seals `usk` under the recovery code, 20 ASCII characters. */
export function sealRecoveryBox(
  p: Primitives,
  binding: BoxBinding,
  code: Uint8Array,
  usk: Uint8Array,
): Uint8Array {
  return seal(p, recoveryKey(p, binding, code), aad(binding), usk);
}

/**
 * `usk` of the card.
 * @throws WrongRecoveryCodeError when the box does not open; NoRecoveryCodeError when there is none.
 */
export function openRecoveryBox(
  p: Primitives,
  card: BoxBinding & Pick<CardeaCard, 'recoveryBox'>,
  code: Uint8Array,
): Uint8Array {
  if (isZero(card.recoveryBox)) throw new NoRecoveryCodeError();
  const wrong = (cause: unknown) => new WrongRecoveryCodeError({ cause });
  return open(p, recoveryKey(p, card, code), aad(card), card.recoveryBox, wrong);
}

async function pinKey(p: Primitives, { salt, logN }: PinBoxBinding, rwd: Uint8Array): Promise<Uint8Array> {
  const stretched = logN === 0 ? new Uint8Array(0) : await p.scrypt(rwd, salt, logN, STRETCHED_LENGTH);
  const ikm = concat(rwd, stretched);
  const key = p.hkdf(ikm, salt, utf8(LABEL.pinBox), KEY_LENGTH);
  wipe(stretched, ikm);
  return key;
}

function uskKey(p: Primitives, { uid }: BoxBinding, seed: Uint8Array): Uint8Array {
  return p.hkdf(seed, uid, utf8(LABEL.uskBox), KEY_LENGTH);
}

function recoveryKey(p: Primitives, { uid }: BoxBinding, code: Uint8Array): Uint8Array {
  return p.hkdf(code, uid, utf8(LABEL.recoveryBox), KEY_LENGTH);
}

function aad({ keyId, uid, caPin }: BoxBinding): Uint8Array {
  return concat(utf8(LABEL.suite), u8(SUITE.cardea1), u8(keyId), uid, caPin);
}

function pinAad(binding: PinBoxBinding): Uint8Array {
  return concat(aad(binding), u16(binding.pinVersion), u8(binding.logN), binding.salt);
}

/** Seals, and wipes the key, which has sealed its one plaintext. */
function seal(p: Primitives, key: Uint8Array, aad: Uint8Array, plaintext: Uint8Array): Uint8Array {
  const box = p.seal(key, NONCE, aad, plaintext);
  wipe(key);
  return box;
}

/** Opens, and wipes the key; a tag that does not verify becomes the error that says what it means. */
function open(
  p: Primitives,
  key: Uint8Array,
  aad: Uint8Array,
  box: Uint8Array,
  refusal: (cause: unknown) => ProtocolError,
): Uint8Array {
  try {
    return p.open(key, NONCE, aad, box);
  } catch (cause) {
    if (cause instanceof AuthenticationError) throw refusal(cause);
    throw cause;
  } finally {
    wipe(key);
  }
}
