import { isIP } from 'node:net';
import type { TLSSocket } from 'node:tls';
import { formatAddress } from '../runtime/address.ts';
import type { Address } from '../runtime/network.ts';
import {
  type Certificate,
  CertificateError,
  checkInDate,
  checkIssuedBy,
  isP256,
  isSignedBy,
  parseCertificate,
} from './certificate.ts';
import { RcUntrustedError } from './rc-errors.ts';

/** Certificates that are followed upwards, the peer's own among them. */
const MAX_CHAIN = 4;

/** RFC 5280, 4.2.1.12. */
const EXTENDED_KEY_USAGE = { serverAuth: '1.3.6.1.5.5.7.3.1', clientAuth: '1.3.6.1.5.5.7.3.2' } as const;

/**
 * Checks that a TLS certificate is of this network: a P-256 key for `usage`, signed by one of `authorities`
 * or by others in `shown` up to one of them. Dates are for the caller to check, of every certificate
 * returned: OpenSSL would go by the machine's clock, not by the one that is passed in.
 *
 * @param shown what the peer showed, DER, its own first
 * @param authorities DER
 * @returns the certificates from the peer's own to the authority
 * @throws CertificateError
 */
export function checkTlsChain(
  shown: readonly Uint8Array[],
  authorities: readonly Uint8Array[],
  usage: keyof typeof EXTENDED_KEY_USAGE,
): readonly [Certificate, ...Certificate[]] {
  const [first, ...above] = shown.slice(0, MAX_CHAIN);
  if (first === undefined) throw new CertificateError('malformed', 'no certificate was shown');
  const leaf = parseCertificate(first);
  if (!isP256(leaf.publicKey)) throw new CertificateError('key', 'a TLS certificate without a P-256 key');
  // What Node calls keyUsage is the extended one. Without it a certificate would do for everything.
  if (leaf.x509.ca || !leaf.x509.keyUsage?.includes(EXTENDED_KEY_USAGE[usage])) {
    throw new CertificateError('role', `a certificate that is not meant for ${usage}`);
  }
  return [leaf, ...walkUp(leaf, above, authorities.map(parseCertificate))];
}

function walkUp(
  leaf: Certificate,
  above: readonly Uint8Array[],
  authorities: readonly Certificate[],
): readonly Certificate[] {
  const path: Certificate[] = [];
  let subject = leaf;
  for (const der of [...above, undefined]) {
    const authority = authorities.find((candidate) => isSignedBy(subject, candidate));
    if (authority !== undefined) return [...path, authority];
    if (der === undefined) break;
    const issuer = parseCertificate(der);
    checkIssuedBy(subject, issuer);
    path.push(issuer);
    subject = issuer;
  }
  throw new CertificateError('foreign', 'a certificate of another network');
}

/**
 * Checks that a server is this network's RC: `serverAuth`, in date, `address` in its SAN.
 *
 * @param shown what it showed, DER, its own first
 * @returns the network's newest authority, which certifies it; one of `authorities`, or certified by one
 * @throws RcUntrustedError
 */
export function checkServer(
  shown: readonly Uint8Array[],
  expected: { readonly address: Address; readonly authorities: readonly Uint8Array[]; readonly now: number },
): Certificate {
  try {
    const path = checkTlsChain(shown, expected.authorities, 'serverAuth');
    for (const certificate of path) checkInDate(certificate, expected.now);
    checkNamed(path[0], expected.address.host);
    const [, newest = path[0]] = path;
    return newest;
  } catch (cause) {
    const why = cause instanceof CertificateError ? cause.message : 'its certificate cannot be read';
    throw new RcUntrustedError(
      `what answers at ${formatAddress(expected.address)} is not this network's registration centre: ${why}`,
      { cause },
    );
  }
}

/** The SAN alone counts: what a subject says was never meant as an address. */
function checkNamed({ x509 }: Certificate, host: string): void {
  const found =
    isIP(host) === 0 ? x509.checkHost(host, { subject: 'never', wildcards: false }) : x509.checkIP(host);
  if (found === undefined) throw new CertificateError('name', `a certificate that does not name ${host}`);
}

/**
 * What the other end of a TLS connection showed, DER, its own first; empty where it showed nothing. To be
 * called once a connection: Node 20 empties OpenSSL's list as it hands it out.
 */
export function shownChain(socket: TLSSocket): readonly Uint8Array[] {
  const chain: Uint8Array[] = [];
  let certificate = socket.getPeerX509Certificate();
  while (certificate !== undefined && chain.length < MAX_CHAIN) {
    chain.push(new Uint8Array(certificate.raw));
    certificate = certificate.issuerCertificate;
  }
  return chain;
}
