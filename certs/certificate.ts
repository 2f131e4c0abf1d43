import { createHash, type KeyObject, X509Certificate } from 'node:crypto';
import { CardeaError } from '../runtime/errors.ts';

/** Longest certificate that is looked at, in bytes of DER. Cardea's own have 300 to 600. */
export const MAX_CERTIFICATE_BYTES = 4096;

/** What is wrong with a certificate, or with the chain above it. */
export type CertificateFault =
  | 'malformed'
  | 'too-large'
  | 'name'
  | 'key'
  | 'role'
  | 'signature'
  | 'not-yet'
  | 'expired'
  | 'foreign';

/** A certificate, or a chain, that cannot be believed. */
export class CertificateError extends CardeaError {
  readonly code = 'certificate';
  readonly fault: CertificateFault;

  constructor(fault: CertificateFault, message: string, options?: { readonly cause?: unknown }) {
    super(message, options);
    this.fault = fault;
  }
}

/** An X.509 certificate that has been read, and not yet been checked for anything else. */
export interface Certificate {
  readonly der: Uint8Array;
  readonly x509: X509Certificate;
  readonly publicKey: KeyObject;
  /** SubjectPublicKeyInfo, DER. */
  readonly spki: Uint8Array;
  /** Milliseconds since the Unix epoch, both inclusive. */
  readonly notBefore: number;
  readonly notAfter: number;
}

/**
 * Reads a DER certificate, which must be all there is in `der`.
 * @throws CertificateError `malformed`, `too-large`
 */
export function parseCertificate(der: Uint8Array): Certificate {
  if (der.length > MAX_CERTIFICATE_BYTES) {
    throw new CertificateError(
      'too-large',
      `a certificate of ${der.length} bytes; at most ${MAX_CERTIFICATE_BYTES} are read`,
    );
  }
  try {
    const x509 = new X509Certificate(der);
    const { publicKey } = x509;
    const notBefore = Date.parse(x509.validFrom);
    const notAfter = Date.parse(x509.validTo);
    // Node also reads PEM, and overlooks what follows the certificate.
    if (!x509.raw.equals(der) || Number.isNaN(notBefore) || Number.isNaN(notAfter)) {
      throw new CertificateError('malformed', 'the certificate is not plain DER with a validity');
    }
    const spki = new Uint8Array(publicKey.export({ type: 'spki', format: 'der' }));
    return { der: Uint8Array.from(der), x509, publicKey, spki, notBefore, notAfter };
  } catch (cause) {
    if (cause instanceof CertificateError) throw cause;
    throw new CertificateError('malformed', 'the certificate cannot be read', { cause });
  }
}

/** @throws CertificateError `not-yet`, `expired` */
export function checkInDate(certificate: Certificate, now: number): void {
  if (now < certificate.notBefore) {
    throw new CertificateError(
      'not-yet',
      `a certificate is valid only from ${day(certificate.notBefore)} on: check this machine's clock`,
    );
  }
  if (now > certificate.notAfter) {
    throw new CertificateError(
      'expired',
      `a certificate has expired on ${day(certificate.notAfter)}: check this machine's clock, then that its owner is online to renew it`,
    );
  }
}

/**
 * Checks that `issuer` is an authority with a P-256 key (the only kind there is, PROTOCOL 2.1) and that it
 * signed `subject`.
 * @throws CertificateError `role`, `key`, `signature`
 */
export function checkIssuedBy(subject: Certificate, issuer: Certificate): void {
  if (!issuer.x509.ca) {
    throw new CertificateError('role', 'a certificate is signed by one that is no authority');
  }
  if (!isP256(issuer.publicKey)) {
    throw new CertificateError('key', 'an authority with another kind of key than P-256');
  }
  if (!isSignedBy(subject, issuer)) {
    throw new CertificateError('signature', 'a certificate is not signed by the next in its chain');
  }
}

/** True where names and signature say that `issuer`, an authority, signed `subject`. */
export function isSignedBy(subject: Certificate, issuer: Certificate): boolean {
  return subject.x509.checkIssued(issuer.x509) && subject.x509.verify(issuer.publicKey);
}

export function isP256(key: KeyObject): boolean {
  return key.asymmetricKeyType === 'ec' && key.asymmetricKeyDetails?.namedCurve === 'prime256v1';
}

/** SHA-256 of the DER, 32 bytes: by it the RC knows its callers, and a join token its authority. */
export function certificateFingerprint(der: Uint8Array): Uint8Array {
  return sha256(der);
}

/** SHA-256 of a SubjectPublicKeyInfo, 32 bytes. */
export function keyFingerprint(spki: Uint8Array): Uint8Array {
  return sha256(spki);
}

/** First 16 bytes of SHA-256 of an authority's SubjectPublicKeyInfo: `caPin` (PROTOCOL 2.1). */
export function caPinOf(spki: Uint8Array): Uint8Array {
  return sha256(spki).slice(0, 16);
}

function sha256(bytes: Uint8Array): Uint8Array {
  return new Uint8Array(createHash('sha256').update(bytes).digest());
}

function day(time: number): string {
  return new Date(time).toISOString().slice(0, 10);
}
