import { join } from 'node:path';
import { CardeaError } from './errors.ts';
import {
  checkSecretFolder,
  createNewFile,
  FileMissingError,
  listFolder,
  makeSecretFolder,
  readCredentialFile,
  readSecretFile,
  writeFileDurably,
} from './files.ts';
import {
  isSealed,
  openSealed,
  parseSealed,
  SEALING_LOG_N,
  type Stretching,
  sealSecret,
  stretchPassphrase,
} from './sealing.ts';

/** A secret cannot be kept in the way that the others are. */
export class SecretPlaceError extends CardeaError {
  readonly code = 'secret-place';
}

/** Where a secret comes from. */
export type SecretPlace = 'file' | 'sealed' | 'credential';

export interface SecretFolderOptions {
  /** Its files are secrets: a process's `keys`. */
  readonly folder: string;
  /** Which names are those of secrets that this object looks after. */
  readonly isSecret: (name: string) => boolean;
  /** systemd's `$CREDENTIALS_DIRECTORY`: a secret there comes before a file of the same name. */
  readonly credentials?: string | undefined;
  /** Asks for the passphrase; called once at most, and only where something is sealed. */
  readonly passphrase: () => Promise<string>;
  readonly random: (length: number) => Uint8Array;
  /** The cost of sealing; 17 when left out. */
  readonly logN?: number;
}

interface Sealing {
  readonly stretching: Stretching;
  readonly stretched: Uint8Array;
}

/**
 * The secrets of a process at rest, by their names. Each comes from a file that only its owner can read, from a
 * systemd credential, or from a file sealed under a passphrase (runtime/sealing.ts). All that is sealed has the
 * same passphrase; what is made anew is sealed wherever others are.
 */
export class SecretFolder {
  readonly #options: SecretFolderOptions;
  #passphrase: Promise<string> | undefined;
  /** With what everything new is sealed; undefined: as the others are. */
  #sealing: Sealing | undefined;
  /** By the salt and the cost from which they were stretched. */
  readonly #stretched = new Map<string, Promise<Uint8Array>>();

  constructor(options: SecretFolderOptions) {
    this.#options = options;
  }

  /** Every secret there is, sorted. @throws FileError */
  async names(): Promise<readonly string[]> {
    const { folder, credentials, isSecret } = this.#options;
    const found = [...(await list(folder)), ...(credentials === undefined ? [] : await list(credentials))];
    return [...new Set(found.filter(isSecret))].sort();
  }

  /** Where its file lies, or would. */
  path(name: string): string {
    return join(this.#options.folder, name);
  }

  /** Undefined where there is none of that name. @throws SecretFileExposedError, FileError */
  async placeOf(name: string): Promise<SecretPlace | undefined> {
    return (await this.#find(name))?.place;
  }

  /**
   * The secret's bytes, for the caller to wipe.
   *
   * @throws FileMissingError, SecretFileExposedError, FileError
   * @throws PassphraseError, SealedFileError, and what asking for the passphrase throws
   */
  async read(name: string): Promise<Uint8Array> {
    const found = await this.#find(name);
    const path = this.path(name);
    if (found === undefined) throw new FileMissingError(`${path} does not exist: restore it from a backup`);
    if (found.place !== 'sealed') return found.content;
    const sealed = parseSealed(found.content, path);
    return openSealed(sealed, name, await this.#key(sealed));
  }

  /**
   * Keeps a new secret: sealed where others are, else as a file for its owner alone.
   *
   * @throws FileExistsError, FileError, PassphraseError
   * @throws SecretPlaceError where the others are credentials, which no program can add to
   */
  async create(name: string, secret: Uint8Array): Promise<void> {
    await makeSecretFolder(this.#options.folder);
    await createNewFile(this.path(name), await this.#forFile(name, secret));
  }

  /** As `create`, in place of the secret that is there. */
  async replace(name: string, secret: Uint8Array): Promise<void> {
    await writeFileDurably(this.path(name), await this.#forFile(name, secret));
  }

  /** Seals from now on what is made, under `passphrase`: for a folder that has no secrets yet. */
  async sealFromNow(passphrase: string): Promise<void> {
    this.#sealing = await this.#sealingUnder(passphrase);
  }

  /**
   * Seals every secret that lies in a file, under a passphrase that is asked for once all have been read, whatever
   * they were sealed under before. One that was cut short has sealed some: it is repeated with the same passphrase.
   *
   * @returns the names of those that were sealed
   * @throws as `read` and `create`
   */
  async seal(passphrase: () => Promise<string>): Promise<readonly string[]> {
    const secrets = await this.#readAll((place) => place !== 'credential');
    await this.sealFromNow(await passphrase());
    return this.#rewrite(secrets, (name, secret) => this.#forFile(name, secret));
  }

  /**
   * What `seal` would write, by name; it is not written: for a copy that is never in the clear.
   *
   * @throws as `seal`
   */
  async sealedCopies(passphrase: () => Promise<string>): Promise<ReadonlyMap<string, string>> {
    const secrets = await this.#readAll((place) => place !== 'credential');
    const sealing = await this.#sealingUnder(await passphrase());
    const copies = new Map<string, string>();
    for (const [name, secret] of secrets) {
      copies.set(name, sealSecret(secret, { name, ...sealing, random: this.#options.random }));
      secret.fill(0);
    }
    return copies;
  }

  /** Opens every sealed file: each is then one that only its owner can read. @returns their names */
  async unseal(): Promise<readonly string[]> {
    const secrets = await this.#readAll((place) => place === 'sealed');
    this.#sealing = undefined;
    return this.#rewrite(secrets, async (_name, secret) => secret);
  }

  /** Forgets what opens the secrets. */
  async close(): Promise<void> {
    this.#passphrase = undefined;
    this.#sealing = undefined;
    const keys = await Promise.allSettled(this.#stretched.values());
    for (const key of keys) if (key.status === 'fulfilled') key.value.fill(0);
    this.#stretched.clear();
  }

  async #sealingUnder(passphrase: string): Promise<Sealing> {
    const { random, logN = SEALING_LOG_N } = this.#options;
    const stretching = { logN, salt: random(16) };
    const stretched = stretchPassphrase(passphrase, stretching);
    this.#stretched.set(idOf(stretching), stretched);
    return { stretching, stretched: await stretched };
  }

  /** All of them before the first is written: a wrong passphrase changes nothing. */
  async #readAll(isMeant: (place: SecretPlace) => boolean): Promise<ReadonlyMap<string, Uint8Array>> {
    const secrets = new Map<string, Uint8Array>();
    for (const name of await this.names()) {
      const place = await this.placeOf(name);
      if (place !== undefined && isMeant(place)) secrets.set(name, await this.read(name));
    }
    return secrets;
  }

  async #rewrite(
    secrets: ReadonlyMap<string, Uint8Array>,
    contentOf: (name: string, secret: Uint8Array) => Promise<Uint8Array | string>,
  ): Promise<readonly string[]> {
    for (const [name, secret] of secrets) {
      await writeFileDurably(this.path(name), await contentOf(name, secret));
      secret.fill(0);
    }
    return [...secrets.keys()];
  }

  /** What to write: sealed where another is, with its salt, so that the passphrase is stretched once for all. */
  async #forFile(name: string, secret: Uint8Array): Promise<Uint8Array | string> {
    const { random } = this.#options;
    if (this.#sealing !== undefined) return sealSecret(secret, { name, ...this.#sealing, random });
    let credential: string | undefined;
    for (const other of await this.names()) {
      const found = await this.#find(other);
      if (found?.place === 'credential') credential = other;
      if (found?.place !== 'sealed') continue;
      const sealed = parseSealed(found.content, this.path(other));
      const stretched = await this.#key(sealed);
      // Seals nothing under a passphrase that the others are not sealed under.
      openSealed(sealed, other, stretched).fill(0);
      return sealSecret(secret, { name, stretched, stretching: sealed, random });
    }
    if (credential === undefined) return secret;
    throw new SecretPlaceError(
      `${name} cannot be made where ${credential} comes from a systemd credential: have the files sealed, and give only the passphrase as a credential`,
    );
  }

  async #find(name: string): Promise<{ place: SecretPlace; content: Uint8Array } | undefined> {
    const { credentials, folder } = this.#options;
    if (credentials !== undefined) {
      const content = await unlessMissing(readCredentialFile(join(credentials, name)));
      if (content !== undefined) return { place: 'credential', content };
    }
    const content = await unlessMissing(readSecretFile(this.path(name)));
    if (content === undefined) return undefined;
    await checkSecretFolder(folder);
    return { place: isSealed(content) ? 'sealed' : 'file', content };
  }

  #key(stretching: Stretching): Promise<Uint8Array> {
    const id = idOf(stretching);
    const known = this.#stretched.get(id);
    if (known !== undefined) return known;
    this.#passphrase ??= this.#options.passphrase();
    const key = this.#passphrase.then((passphrase) => stretchPassphrase(passphrase, stretching));
    this.#stretched.set(id, key);
    return key;
  }
}

function idOf({ logN, salt }: Stretching): string {
  return `${logN}:${Buffer.from(salt).toString('hex')}`;
}

async function list(folder: string): Promise<string[]> {
  return (await unlessMissing(listFolder(folder))) ?? [];
}

async function unlessMissing<Found>(looking: Promise<Found>): Promise<Found | undefined> {
  try {
    return await looking;
  } catch (error) {
    if (error instanceof FileMissingError) return undefined;
    throw error;
  }
}
