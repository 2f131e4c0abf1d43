import { basename, dirname, join } from 'node:path';
import { fromHex, fromUtf8, toHex, wipe } from '../../protocol/bytes.ts';
import type { Primitives } from '../../protocol/crypto/primitives.ts';
import { CardeaError } from '../../runtime/errors.ts';
import { FileMissingError } from '../../runtime/files.ts';
import { SecretFolder, type SecretFolderOptions } from '../../runtime/secret-folder.ts';
import type { HubStore } from '../store/store.ts';
import { RECORDS_KEY_LENGTH, RecordCipher } from './cipher.ts';
import { movedRecord } from './moved-record.ts';

/** The key of the records is missing, is none, or is another than the one they are sealed under. */
export class RecordsKeyError extends CardeaError {
  readonly code = 'records-key';
}

/** Where a hub's records key is, and what opens it, where that is not simply the folder's `keys/records.key`. */
export interface RecordsSecret {
  /** The key's own file: on another disk, for one. */
  readonly file?: string | undefined;
  /** systemd's `$CREDENTIALS_DIRECTORY`. */
  readonly credentials?: string | undefined;
  /** Asks for the passphrase; only where the key is sealed under one. */
  readonly passphrase?: (() => Promise<string>) | undefined;
  /** The cost of sealing, where it is not 17. */
  readonly logN?: number;
}

/** The key at rest: in its file, as the systemd credential of the file's name, or sealed under a passphrase. */
export class RecordsKey {
  readonly #name: string;
  readonly #path: string;
  readonly #random: (length: number) => Uint8Array;
  /** To seal and unseal it. */
  readonly secrets: SecretFolder;

  /** @param path of its file; a systemd credential has the same name */
  constructor(path: string, secrets: Omit<SecretFolderOptions, 'folder' | 'isSecret'>) {
    this.#path = path;
    this.#name = basename(path);
    this.#random = secrets.random;
    this.secrets = new SecretFolder({
      ...secrets,
      folder: dirname(path),
      isSecret: (name) => name === this.#name,
    });
  }

  /** Makes it where there is none yet. @throws FileError, SecretFileExposedError */
  async ensure(): Promise<void> {
    if ((await this.secrets.placeOf(this.#name)) !== undefined) return;
    const key = this.#random(RECORDS_KEY_LENGTH);
    await this.secrets.create(this.#name, new TextEncoder().encode(`${toHex(key)}\n`));
    wipe(key);
  }

  /**
   * The key, for the caller to wipe.
   * @throws RecordsKeyError, SecretFileExposedError, PassphraseError, SealedFileError, FileError
   */
  async read(): Promise<Uint8Array> {
    let content: Uint8Array;
    try {
      content = await this.secrets.read(this.#name);
    } catch (cause) {
      if (!(cause instanceof FileMissingError)) throw cause;
      throw new RecordsKeyError(
        `the key of the records is missing: restore ${this.#path}, or give it as the systemd credential ${this.#name}`,
        { cause },
      );
    }
    try {
      const key = fromHex(fromUtf8(content).trim());
      if (key.length === RECORDS_KEY_LENGTH) return key;
    } catch {
      // Said below. The cause is left out: it might quote the key.
    } finally {
      wipe(content);
    }
    throw new RecordsKeyError(`${this.#path} holds no key of records: restore it from a backup`);
  }
}

/** The records key of the hub in `folder`. */
export function recordsKey(
  folder: string,
  random: (length: number) => Uint8Array,
  { file, passphrase = noPassphrase, ...others }: RecordsSecret = {},
): RecordsKey {
  return new RecordsKey(file ?? join(folder, 'keys', 'records.key'), { ...others, passphrase, random });
}

async function noPassphrase(): Promise<never> {
  throw new RecordsKeyError('the key of the records is sealed, and nobody is there to give the passphrase');
}

/**
 * Opens the records of a store; where it has none yet and there is no key, makes one. Those that were kept before
 * records lay in no order are moved first (`movedRecord`).
 * @throws RecordsKeyError when they are sealed under another key, and as `RecordsKey.read`
 * @throws StoreCorruptError when one that is to be moved does not open; StoreFullError and its kin
 */
export async function openRecordCipher(options: {
  readonly key: RecordsKey;
  readonly store: Pick<HubStore, 'records'>;
  readonly primitives: Primitives;
  readonly random: (length: number) => Uint8Array;
}): Promise<RecordCipher> {
  const { key, store, primitives, random } = options;
  if ((await store.records.count()) === 0) await key.ensure();
  const bytes = await key.read();
  await key.secrets.close();
  const cipher = new RecordCipher(primitives, bytes, random);
  wipe(bytes);
  try {
    if (!(await store.records.isUnderKey(cipher.mark))) {
      throw new RecordsKeyError(
        'the records of this hub are sealed under another key: restore the one that they were made with',
      );
    }
    await store.records.moveFormer((former) => movedRecord(cipher, former));
    return cipher;
  } catch (cause) {
    cipher.wipe();
    throw cause;
  }
}
