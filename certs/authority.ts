import { memberId } from '../protocol/rc-api/fields.ts';
import type { Address } from '../runtime/network.ts';
import {
  type Certificate,
  CertificateError,
  caPinOf,
  certificateFingerprint,
  parseCertificate,
} from './certificate.ts';
import {
  alternativeName,
  authorityExtensions,
  distinguishedName,
  importSigningKey,
  issueCertificate,
  keyAgreementOnly,
  type Signer,
  subjectNameOf,
  tlsUsage,
} from './issue.ts';
import { checkTlsPublicKey, newTlsKeyPair, publicKeyOf, x25519PublicKeyToSpki } from './keys.ts';

const DAY_MS = 24 * 60 * 60 * 1000;

/** Lifetimes (PROTOCOL 2.1; the authority's own is not set there). */
export const HUB_CERTIFICATE_MS = 14 * DAY_MS;
export const TLS_CERTIFICATE_MS = 90 * DAY_MS;
export const AUTHORITY_CERTIFICATE_MS = 20 * 365 * DAY_MS;

/** How far `notBefore` lies in the past, so that a machine whose clock lags an hour can use it at once. */
export const BACKDATED_MS = 60 * 60 * 1000;

type Random = (length: number) => Uint8Array;

/** An authority as it is kept: whoever has this can make cards believe any hub. */
export interface AuthorityKey {
  /** Self-signed, or by the authority before it; DER. */
  readonly certificate: Uint8Array;
  /** ECDSA P-256, PKCS#8 DER. */
  readonly privateKey: Uint8Array;
}

/** Makes a network's authority: a new key and its self-signed certificate (PROTOCOL 2.1), good for 20 years. */
export async function createAuthority(options: {
  readonly name: string;
  readonly now: number;
  readonly random: Random;
}): Promise<AuthorityKey> {
  const { privateKey, publicKey } = newTlsKeyPair();
  const name = distinguishedName(['CN', options.name]);
  const certificate = await issueCertificate(
    { name, key: await importSigningKey(privateKey), publicKey },
    {
      subject: name,
      publicKey,
      notBefore: options.now - BACKDATED_MS,
      notAfter: options.now + AUTHORITY_CERTIFICATE_MS,
      extensions: await authorityExtensions(publicKey),
    },
    options.random,
  );
  return { certificate, privateKey };
}

/** Issues the network's certificates. Knows nothing of who may have one: that is the RC's registry. */
export class Authority {
  readonly certificate: Uint8Array;
  /** 16 bytes: what cards carry of it. */
  readonly caPin: Uint8Array;
  /** SHA-256 of the certificate, 32 bytes: what join tokens carry of it. */
  readonly fingerprint: Uint8Array;
  readonly #signer: Signer;
  readonly #random: Random;

  private constructor(certificate: Certificate, signer: Signer, random: Random) {
    this.certificate = certificate.der;
    this.caPin = caPinOf(certificate.spki);
    this.fingerprint = certificateFingerprint(certificate.der);
    this.#signer = signer;
    this.#random = random;
  }

  /** @throws CertificateError when the two do not belong together, or are no authority's */
  static async open({ certificate, privateKey }: AuthorityKey, random: Random): Promise<Authority> {
    const parsed = parseCertificate(certificate);
    if (!parsed.x509.ca) throw new CertificateError('role', "the authority's certificate is no authority's");
    if (!Buffer.from(publicKeyOf(privateKey)).equals(parsed.spki)) {
      throw new CertificateError('key', "the authority's key and certificate do not belong together");
    }
    const signer = {
      name: subjectNameOf(certificate),
      key: await importSigningKey(privateKey),
      publicKey: parsed.spki,
    };
    return new Authority(parsed, signer, random);
  }

  /**
   * A hub's X25519 certificate: id and location in its subject, its address for information, 14 days.
   *
   * @param hub.publicKey raw X25519, 32 bytes
   * @returns DER
   * @throws CertificateError `name`, `key`
   */
  async issueHub(hub: {
    readonly id: string;
    readonly location: string;
    readonly address: Address;
    readonly publicKey: Uint8Array;
    readonly now: number;
  }): Promise<Uint8Array> {
    checkId(hub.id);
    if (hub.publicKey.length !== 32) throw new CertificateError('key', 'an X25519 key has 32 bytes');
    return this.#issue({
      subject: distinguishedName(['CN', hub.id], ['L', hub.location]),
      publicKey: x25519PublicKeyToSpki(hub.publicKey),
      notBefore: hub.now - BACKDATED_MS,
      notAfter: hub.now + HUB_CERTIFICATE_MS,
      extensions: [alternativeName(hub.address.host), keyAgreementOnly()],
    });
  }

  /**
   * A TLS certificate, 90 days: the RC's as server, with a name to be reached by; everybody else's as client.
   *
   * @param member.publicKeySpki P-256, SubjectPublicKeyInfo DER
   * @returns DER
   * @throws CertificateError `name`, `key`
   */
  async issueTls(
    member: { readonly id: string; readonly publicKeySpki: Uint8Array; readonly now: number } & (
      | { readonly role: 'client' }
      | { readonly role: 'server'; readonly address: Address }
    ),
  ): Promise<Uint8Array> {
    checkId(member.id);
    checkTlsPublicKey(member.publicKeySpki);
    const usage = tlsUsage(member.role);
    return this.#issue({
      subject: distinguishedName(['CN', member.id]),
      publicKey: member.publicKeySpki,
      notBefore: member.now - BACKDATED_MS,
      notAfter: member.now + TLS_CERTIFICATE_MS,
      extensions: member.role === 'server' ? [...usage, alternativeName(member.address.host)] : usage,
    });
  }

  /**
   * Makes the authority that follows this one, certified by it: cards and members that believe this one believe
   * that (PROTOCOL 2.5). Good for 20 years.
   */
  async createSuccessor(now: number): Promise<AuthorityKey> {
    const { privateKey, publicKey } = newTlsKeyPair();
    const certificate = await this.#issue({
      subject: distinguishedName(['CN', `Cardea authority of ${new Date(now).toISOString().slice(0, 10)}`]),
      publicKey,
      notBefore: now - BACKDATED_MS,
      notAfter: now + AUTHORITY_CERTIFICATE_MS,
      extensions: await authorityExtensions(publicKey),
    });
    return { certificate, privateKey };
  }

  #issue(content: Parameters<typeof issueCertificate>[1]): Promise<Uint8Array> {
    return issueCertificate(this.#signer, content, this.#random);
  }
}

function checkId(id: string): void {
  if (!memberId.safeParse(id).success) {
    throw new CertificateError('name', 'an id is 3 to 32 of a-z, 0-9 and -');
  }
}
