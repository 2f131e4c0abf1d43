import { fromHex, fromUtf8, toHex, utf8, wipe } from '../protocol/bytes.ts';
import { CardeaError } from '../runtime/errors.ts';
import { FileMissingError } from '../runtime/files.ts';
import type { SecretFolder } from '../runtime/secret-folder.ts';

/** A master key is missing, or what lies in its place is none. */
export class MasterKeyError extends CardeaError {
  readonly code = 'master-key';
}

const NAME = /^master-([0-9]{1,3})\.key$/;
const LIMBASIYA = 'limbasiya.key';
const KEY_BYTES = 32;
const LAST_ID = 255;

type Random = (length: number) => Uint8Array;

/** The master keys K_RC[keyId], 32 bytes each (PROTOCOL 2.1). They leave this object for derivations alone. */
export class MasterKeys {
  readonly #keys: Map<number, Uint8Array>;
  #rotating: Promise<unknown> = Promise.resolve();

  private constructor(keys: Map<number, Uint8Array>) {
    this.#keys = keys;
  }

  /** Makes K_RC[0]. @throws FileExistsError, FileError */
  static async create(secrets: SecretFolder, random: Random): Promise<void> {
    wipe(await makeKey(secrets, nameOf(0), random));
  }

  /** @throws MasterKeyError, and what reading a secret throws */
  static async load(secrets: SecretFolder): Promise<MasterKeys> {
    const found = new Map<number, Uint8Array>();
    for (const name of await secrets.names()) {
      const keyId = Number(NAME.exec(name)?.[1]);
      if (keyId <= LAST_ID) found.set(keyId, await readKey(secrets, name));
    }
    if (!found.has(0))
      throw new MasterKeyError(`${secrets.path(nameOf(0))} is missing: restore it from a backup`);
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
        `the master key number ${keyId} is missing: restore ${nameOf(keyId)} from a backup`,
      );
    }
    return key;
  }

  /**
   * Makes the next key, for the cards that are registered from now on. It is on the disk before any of them is.
   * To ask again for what has been done does nothing: a lost answer may be repeated.
   *
   * @param replaced the id of the key that is to be replaced: the present one
   * @throws MasterKeyError for another, and after the last
   * @throws FileExistsError, FileError, and what making a secret throws
   */
  rotate(replaced: number, secrets: SecretFolder, random: Random): Promise<'rotated' | 'done before'> {
    const turn = this.#rotating.then(async () => {
      const { keyId } = this.current;
      if (replaced === keyId - 1) return 'done before';
      if (replaced !== keyId) {
        throw new MasterKeyError('that is not the present master key: look at "cardea-rc status"');
      }
      if (keyId === LAST_ID) throw new MasterKeyError(`there are no more than ${LAST_ID + 1} master keys`);
      this.#keys.set(keyId + 1, await makeKey(secrets, nameOf(keyId + 1), random));
      return 'rotated';
    });
    this.#rotating = turn.catch(() => {});
    return turn;
  }

  /** Overwrites the keys in memory; the object is of no use afterwards. */
  wipe(): void {
    wipe(...this.#keys.values());
  }
}

/**
 * `K_RC` of limbasiya-2021, 32 bytes: a key of its own (PROTOCOL 1). It is made where there is none yet and none
 * is needed to go on.
 *
 * @param isInUse something was registered with it already
 * @throws MasterKeyError, and what reading and making a secret throws
 */
export async function openLimbasiyaKey(
  secrets: SecretFolder,
  random: Random,
  isInUse: boolean,
): Promise<Uint8Array> {
  try {
    return await readKey(secrets, LIMBASIYA);
  } catch (cause) {
    if (!(cause instanceof FileMissingError)) throw cause;
    if (isInUse)
      throw new MasterKeyError(`${secrets.path(LIMBASIYA)} is missing: restore it from a backup`, { cause });
  }
  return makeKey(secrets, LIMBASIYA, random);
}

function nameOf(keyId: number): string {
  return `master-${keyId}.key`;
}

async function makeKey(secrets: SecretFolder, name: string, random: Random): Promise<Uint8Array> {
  const key = random(KEY_BYTES);
  const content = utf8(`${toHex(key)}\n`);
  try {
    await secrets.create(name, content);
    return key;
  } catch (error) {
    wipe(key);
    throw error;
  } finally {
    wipe(content);
  }
}

async function readKey(secrets: SecretFolder, name: string): Promise<Uint8Array> {
  const content = await secrets.read(name);
  try {
    const key = fromHex(fromUtf8(content).trim());
    if (key.length === KEY_BYTES) return key;
  } catch {
    // Said below. The cause is left out: it might quote the key.
  } finally {
    wipe(content);
  }
  throw new MasterKeyError(`${secrets.path(name)} holds no master key: restore it from a backup`);
}
