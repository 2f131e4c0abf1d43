import { Authority, type AuthorityKey, BACKDATED_MS } from '../certs/authority.ts';
import { certificateFingerprint, parseCertificate } from '../certs/certificate.ts';
import { decodePem, encodePem } from '../certs/pem.ts';
import { fromUtf8, toHex, utf8, wipe } from '../protocol/bytes.ts';
import { CardeaError } from '../runtime/errors.ts';
import type { SecretFolder } from '../runtime/secret-folder.ts';
import { RcFolderError } from './folder.ts';

const NAME = 'authority.pem';

/** A hub shows four certificates at most, its own among them (PROTOCOL 2.5). */
export const AUTHORITIES_MAX = 3;

type Random = (length: number) => Uint8Array;

/** Another authority was to be replaced than the one that is. */
export class AuthorityReplacedError extends CardeaError {
  readonly code = 'authority-replaced';
}

/**
 * The network's authority as it is now, and the certificates of those before it: each is certified by the next in
 * the list, so that whoever believes an earlier one believes the newest (PROTOCOL 2.5). There is one private key,
 * the newest; a rotation is the last thing that the one before it signs.
 */
export class NetworkAuthority {
  #current: Authority;
  #certificates: readonly Uint8Array[];
  #rotating: Promise<unknown> = Promise.resolve();

  private constructor(current: Authority, earlier: readonly Uint8Array[]) {
    this.#current = current;
    this.#certificates = [current.certificate, ...earlier];
  }

  /** Keeps a new network's authority, as PEM. @throws FileExistsError, FileError */
  static async create(secrets: SecretFolder, authority: AuthorityKey): Promise<void> {
    const pem = encode(authority, []);
    await secrets.create(NAME, pem);
    wipe(pem);
  }

  /** @throws RcFolderError, and what reading a secret throws */
  static async open(secrets: SecretFolder, random: Random): Promise<NetworkAuthority> {
    const content = await secrets.read(NAME);
    const text = fromUtf8(content);
    wipe(content);
    const [privateKey] = decodePem('PRIVATE KEY', text);
    const [certificate, ...earlier] = decodePem('CERTIFICATE', text);
    const damaged = `${secrets.path(NAME)} is not what was written there: restore it from a backup`;
    if (privateKey === undefined || certificate === undefined) throw new RcFolderError(damaged);
    try {
      earlier.forEach(parseCertificate);
      return new NetworkAuthority(await Authority.open({ certificate, privateKey }, random), earlier);
    } catch (cause) {
      throw new RcFolderError(damaged, { cause });
    } finally {
      wipe(privateKey);
    }
  }

  /** Which issues what is issued now. */
  get current(): Authority {
    return this.#current;
  }

  /** DER, the newest first. */
  get certificates(): readonly Uint8Array[] {
    return this.#certificates;
  }

  /** The same in hex, as the API hands them out. */
  get inHex(): string[] {
    return this.#certificates.map(toHex);
  }

  /**
   * From when on cards pin one of those that the next rotation keeps; undefined where it keeps all. A card that was
   * registered before that time is of no use after it.
   */
  get oldestDroppedUntil(): number | undefined {
    const next = this.#certificates.at(-2);
    if (this.#certificates.length < AUTHORITIES_MAX || next === undefined) return undefined;
    return parseCertificate(next).notBefore + BACKDATED_MS;
  }

  /**
   * Makes a new authority, certified by the present one, whose private key is gone with that. It is on the disk,
   * in one file, before anything is issued by it. The oldest is dropped where there is no room for it.
   *
   * To ask again for what has been done does nothing: a lost answer may be repeated.
   *
   * @param replaced SHA-256 of the certificate of the one that is to be replaced
   * @throws AuthorityReplacedError, FileError, and what keeping a secret throws
   */
  rotate(options: {
    readonly replaced: string;
    readonly secrets: SecretFolder;
    readonly now: number;
    readonly random: Random;
  }): Promise<'rotated' | 'done before'> {
    const turn = this.#rotating.then(() => this.#rotate(options));
    this.#rotating = turn.catch(() => {});
    return turn;
  }

  async #rotate({
    replaced,
    secrets,
    now,
    random,
  }: Parameters<NetworkAuthority['rotate']>[0]): Promise<'rotated' | 'done before'> {
    const [current, previous] = this.#certificates.map((der) => toHex(certificateFingerprint(der)));
    if (replaced === previous) return 'done before';
    if (replaced !== current) {
      throw new AuthorityReplacedError('that is not the present authority: look at "cardea-rc status"');
    }
    const next = await this.#current.createSuccessor(now);
    const authority = await Authority.open(next, random);
    const earlier = this.#certificates.slice(0, AUTHORITIES_MAX - 1);
    const pem = encode(next, earlier);
    wipe(next.privateKey);
    await secrets.replace(NAME, pem);
    wipe(pem);
    this.#current = authority;
    this.#certificates = [authority.certificate, ...earlier];
    return 'rotated';
  }
}

function encode(authority: AuthorityKey, earlier: readonly Uint8Array[]): Uint8Array {
  const certificates = [authority.certificate, ...earlier].map((der) => encodePem('CERTIFICATE', der));
  return utf8(encodePem('PRIVATE KEY', authority.privateKey) + certificates.join(''));
}
