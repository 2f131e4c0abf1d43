import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { fromHex, fromUtf8, toHex, wipe } from '../protocol/bytes.ts';
import { CardeaError } from '../runtime/errors.ts';
import { createNewFile, FileMissingError, readSecretFile } from '../runtime/files.ts';

/** A master key is missing, or what lies in its place is none. */
export class MasterKeyError extends CardeaError {
  readonly code = 'master-key';
}

const FILE_NAME = /^master-([0-9]{1,3})\.key$/;
const KEY_BYTES = 32;

/** The master keys K_RC[keyId], 32 bytes each (PROTOCOL 2.1). They leave this object for derivations alone. */
export class MasterKeys {
  readonly #keys: ReadonlyMap<number, Uint8Array>;

  private constructor(keys: ReadonlyMap<number, Uint8Array>) {
    this.#keys = keys;
  }

  /** Makes K_RC[0] in the folder `keys`, which exists. @throws FileExistsError */
  static async create(keys: string, random: (length: number) => Uint8Array): Promise<void> {
    const key = random(KEY_BYTES);
    await createNewFile(join(keys, 'master-0.key'), `${toHex(key)}\n`);
    wipe(key);
  }

  /** @throws MasterKeyError, SecretFileExposedError, FileMissingError */
  static async load(keys: string): Promise<MasterKeys> {
    const found = new Map<number, Uint8Array>();
    for (const name of await readdir(keys)) {
      const keyId = Number(FILE_NAME.exec(name)?.[1]);
      if (keyId <= 255) found.set(keyId, parseKey(join(keys, name), await readSecretFile(join(keys, name))));
    }
    if (!found.has(0)) {
      throw new MasterKeyError(`${join(keys, 'master-0.key')} is missing: restore it from a backup`);
    }
    return new MasterKeys(found);
  }

  /** The key for new cards: the one with the highest id. */
  get current(): { readonly keyId: number; readonly key: Uint8Array } {
    const keyId = Math.max(...this.#keys.keys());
    return { keyId, key: this.get(keyId) };
  }

  /** @throws MasterKeyError when there is no key with this id */
  get(keyId: number): Uint8Array {
    const key = this.#keys.get(keyId);
    if (key === undefined) {
      throw new MasterKeyError(
        `the master key number ${keyId} is missing: restore master-${keyId}.key from a backup`,
      );
    }
    return key;
  }

  /** Overwrites the keys in memory; the object is of no use afterwards. */
  wipe(): void {
    wipe(...this.#keys.values());
  }
}

/**
 * `K_RC` of limbasiya-2021, 32 bytes: a key of its own, in the folder `keys` (PROTOCOL 1). It is made where
 * there is none yet and none is needed to go on.
 *
 * @param isInUse something was registered with it already
 * @throws MasterKeyError, SecretFileExposedError, FileError
 */
export async function openLimbasiyaKey(
  keys: string,
  random: (length: number) => Uint8Array,
  isInUse: boolean,
): Promise<Uint8Array> {
  const path = join(keys, 'limbasiya.key');
  try {
    return parseKey(path, await readSecretFile(path));
  } catch (cause) {
    if (!(cause instanceof FileMissingError)) throw cause;
    if (isInUse) throw new MasterKeyError(`${path} is missing: restore it from a backup`, { cause });
  }
  const key = random(KEY_BYTES);
  await createNewFile(path, `${toHex(key)}\n`);
  return key;
}

function parseKey(path: string, content: Uint8Array): Uint8Array {
  try {
    const key = fromHex(fromUtf8(content).trim());
    if (key.length === KEY_BYTES) return key;
  } catch {
    // Said below. The cause is left out: it might quote the key.
  }
  throw new MasterKeyError(`${path} holds no master key: restore it from a backup`);
}
