import { createCipheriv, createDecipheriv, hkdfSync, scrypt } from 'node:crypto';
import { z } from 'zod';
import { CardeaError } from './errors.ts';

/** The passphrase does not open what is sealed, or somebody changed it: which of the two cannot be told apart. */
export class PassphraseError extends CardeaError {
  readonly code = 'passphrase-wrong';
}

/** What lies there was meant to be sealed, and cannot even be read as that. */
export class SealedFileError extends CardeaError {
  readonly code = 'sealed-file-malformed';
}

/** The cost of a guess at the passphrase: 2^17 × 8 × 128 bytes = 128 MiB, and a second on a Raspberry Pi. */
export const SEALING_LOG_N = 17;

const KEY_BYTES = 32;
const TAG_BYTES = 16;
const NONCE = new Uint8Array(12);
const MARK = '{"cardea-sealed":';

/** From which a passphrase is stretched into a key: the same for all that is sealed together. */
export interface Stretching {
  readonly logN: number;
  /** 16 bytes. */
  readonly salt: Uint8Array;
}

/** A secret that is sealed, as it lies in a file. */
export interface SealedSecret extends Stretching {
  /** 32 random bytes, new for each sealing: so that no key seals twice. */
  readonly own: Uint8Array;
  readonly box: Uint8Array;
}

const hex = (bytes: number) => z.string().regex(new RegExp(`^[0-9a-f]{${2 * bytes}}$`));

const sealedFile = z.strictObject({
  'cardea-sealed': z.literal(1),
  logN: z.int().min(10).max(20),
  salt: hex(16),
  own: hex(32),
  box: z.string().regex(/^(?:[0-9a-f]{2}){16,}$/),
});

/** Whether a file's content is a sealed secret: no PEM and no key in hex begins like one. */
export function isSealed(content: Uint8Array): boolean {
  return Buffer.from(content.subarray(0, MARK.length)).toString('latin1') === MARK;
}

/** @throws SealedFileError */
export function parseSealed(content: Uint8Array, path: string): SealedSecret {
  try {
    const { logN, salt, own, box } = sealedFile.parse(JSON.parse(Buffer.from(content).toString('utf8')));
    return { logN, salt: fromHex(salt), own: fromHex(own), box: fromHex(box) };
  } catch (cause) {
    throw new SealedFileError(`${path} is not what was sealed there: restore it from a backup`, { cause });
  }
}

/** scrypt (RFC 7914) with r = 8, p = 1 over the passphrase in NFC. @returns 32 bytes */
export function stretchPassphrase(passphrase: string, { logN, salt }: Stretching): Promise<Uint8Array> {
  const cost = { N: 2 ** logN, r: 8, p: 1, maxmem: 2 ** logN * 8 * 128 + 2 ** 20 };
  const bytes = Buffer.from(passphrase.normalize('NFC'), 'utf8');
  return new Promise((resolve, reject) => {
    scrypt(bytes, salt, KEY_BYTES, cost, (error, key) => {
      bytes.fill(0);
      if (error === null) resolve(new Uint8Array(key));
      else reject(error);
    });
  });
}

/**
 * Seals a secret: ChaCha20-Poly1305 (RFC 8439) with nonce 0 under a key of its own,
 * `HKDF-SHA256(stretched, own, "cardea sealed secret 1" || name, 32)`. What the file says of itself is
 * authenticated with it, and the name, so that no file can be put in another's place.
 *
 * @param stretched what `stretchPassphrase` made with `stretching`
 * @returns the file's content
 */
export function sealSecret(
  secret: Uint8Array,
  options: {
    readonly name: string;
    readonly stretched: Uint8Array;
    readonly stretching: Stretching;
    readonly random: (length: number) => Uint8Array;
  },
): string {
  const { name, stretched, stretching } = options;
  const own = options.random(32);
  const key = keyOf(stretched, own, name);
  const cipher = createCipheriv('chacha20-poly1305', key, NONCE, { authTagLength: TAG_BYTES });
  cipher.setAAD(associated(stretching, name), { plaintextLength: secret.length });
  const box = Buffer.concat([cipher.update(secret), cipher.final(), cipher.getAuthTag()]);
  key.fill(0);
  const content = {
    'cardea-sealed': 1,
    logN: stretching.logN,
    salt: toHex(stretching.salt),
    own: toHex(own),
    box: toHex(box),
  };
  return `${JSON.stringify(content)}\n`;
}

/** @throws PassphraseError */
export function openSealed(sealed: SealedSecret, name: string, stretched: Uint8Array): Uint8Array {
  const key = keyOf(stretched, sealed.own, name);
  const content = sealed.box.subarray(0, -TAG_BYTES);
  const decipher = createDecipheriv('chacha20-poly1305', key, NONCE, { authTagLength: TAG_BYTES });
  decipher.setAAD(associated(sealed, name), { plaintextLength: content.length });
  decipher.setAuthTag(sealed.box.subarray(-TAG_BYTES));
  const secret = decipher.update(content);
  try {
    decipher.final();
    return new Uint8Array(secret);
  } catch (cause) {
    secret.fill(0);
    throw new PassphraseError(
      `the passphrase is wrong, or ${name} was changed: try again, or restore it from a backup`,
      { cause },
    );
  } finally {
    key.fill(0);
  }
}

function keyOf(stretched: Uint8Array, own: Uint8Array, name: string): Buffer {
  return Buffer.from(hkdfSync('sha256', stretched, own, `cardea sealed secret 1${name}`, KEY_BYTES));
}

function associated({ logN, salt }: Stretching, name: string): Buffer {
  return Buffer.concat([Buffer.from([1, logN]), salt, Buffer.from(name, 'utf8')]);
}

function fromHex(text: string): Uint8Array {
  return new Uint8Array(Buffer.from(text, 'hex'));
}

function toHex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('hex');
}
