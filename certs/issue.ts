// @peculiar/x509 wants the metadata polyfill to be there before it.
import 'reflect-metadata';

import { webcrypto } from 'node:crypto';
import { isIP } from 'node:net';
import * as x509 from '@peculiar/x509';
import { toHex } from '../protocol/bytes.ts';

x509.cryptoProvider.set(webcrypto);

const P256 = { name: 'ECDSA', namedCurve: 'P-256' };
const ECDSA_SHA256 = { name: 'ECDSA', hash: 'SHA-256' };

/** Who signs, and as whom. */
export interface Signer {
  readonly name: x509.Name;
  readonly key: webcrypto.CryptoKey;
  /** SubjectPublicKeyInfo of `key`'s public half. */
  readonly publicKey: Uint8Array;
}

/** What a certificate is to say. */
export interface CertificateContent {
  readonly subject: x509.Name;
  /** SubjectPublicKeyInfo, DER. */
  readonly publicKey: Uint8Array;
  /** Milliseconds since the Unix epoch; cut to whole seconds. */
  readonly notBefore: number;
  readonly notAfter: number;
  readonly extensions: readonly x509.Extension[];
}

/** @param privateKey P-256, PKCS#8 DER */
export function importSigningKey(privateKey: Uint8Array): Promise<webcrypto.CryptoKey> {
  return webcrypto.subtle.importKey('pkcs8', privateKey, P256, false, ['sign']);
}

/**
 * Issues a certificate with a random serial number (16 bytes, positive), and the key identifiers by which
 * strict verifiers find their way up (RFC 5280, 4.2.1.1).
 *
 * @returns DER
 */
export async function issueCertificate(
  signer: Signer,
  content: CertificateContent,
  random: (length: number) => Uint8Array,
): Promise<Uint8Array> {
  const certificate = await x509.X509CertificateGenerator.create({
    serialNumber: randomSerial(random),
    subject: content.subject,
    issuer: signer.name,
    notBefore: wholeSeconds(content.notBefore),
    notAfter: wholeSeconds(content.notAfter),
    publicKey: new x509.PublicKey(content.publicKey),
    signingKey: signer.key,
    signingAlgorithm: ECDSA_SHA256,
    extensions: [
      ...content.extensions,
      await x509.AuthorityKeyIdentifierExtension.create(new x509.PublicKey(signer.publicKey)),
    ],
  });
  return new Uint8Array(certificate.rawData);
}

/** A name of UTF8Strings, in the order given. */
export function distinguishedName(...attributes: readonly (readonly [type: 'CN' | 'L', text: string])[]) {
  return new x509.Name(
    attributes.map(([type, text]) => ({ [type]: [{ utf8String: text.normalize('NFC') }] })),
  );
}

export function subjectNameOf(certificate: Uint8Array): x509.Name {
  return new x509.X509Certificate(certificate).subjectName;
}

/** SAN of one host, a DNS name or an IP address. */
export function alternativeName(host: string): x509.Extension {
  const type = isIP(host) === 0 ? 'dns' : 'ip';
  return new x509.SubjectAlternativeNameExtension([{ type, value: host }]);
}

export function authorityExtensions(publicKey: Uint8Array): Promise<readonly x509.Extension[]> {
  return Promise.all([
    new x509.BasicConstraintsExtension(true, undefined, true),
    new x509.KeyUsagesExtension(x509.KeyUsageFlags.keyCertSign, true),
    x509.SubjectKeyIdentifierExtension.create(new x509.PublicKey(publicKey)),
  ]);
}

export function keyAgreementOnly(): x509.Extension {
  return new x509.KeyUsagesExtension(x509.KeyUsageFlags.keyAgreement, true);
}

export function tlsUsage(role: 'server' | 'client'): readonly x509.Extension[] {
  return [
    new x509.KeyUsagesExtension(x509.KeyUsageFlags.digitalSignature, true),
    new x509.ExtendedKeyUsageExtension([
      x509.ExtendedKeyUsage[role === 'server' ? 'serverAuth' : 'clientAuth'],
    ]),
  ];
}

function randomSerial(random: (length: number) => Uint8Array): string {
  const serial = Uint8Array.from(random(16));
  // Positive, and never a leading zero that DER would have to drop.
  serial[0] = ((serial[0] ?? 0) & 0x7f) | 0x40;
  return toHex(serial);
}

function wholeSeconds(time: number): Date {
  return new Date(Math.floor(time / 1000) * 1000);
}
