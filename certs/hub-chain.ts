import { equalConstantTime } from '../protocol/bytes.ts';
import { line, memberId } from '../protocol/rc-api/fields.ts';
import { CardeaError } from '../runtime/errors.ts';
import {
  type Certificate,
  CertificateError,
  type CertificateFault,
  caPinOf,
  checkInDate,
  checkIssuedBy,
  parseCertificate,
} from './certificate.ts';
import { x25519PublicKeyFromSpki } from './keys.ts';

/** A hub's chain: its own certificate and its issuers (PROTOCOL 2.5, HELLO). */
const MIN_CHAIN = 2;
const MAX_CHAIN = 4;

const locationText = line(64);

export type HubCertificateCode = `hub-certificate-${CertificateFault}` | 'hub-not-listed';

/** A hub that must not be spoken to. */
export class HubCertificateError extends CardeaError {
  readonly code: HubCertificateCode;

  constructor(code: HubCertificateCode, message: string, options?: { readonly cause?: unknown }) {
    super(message, options);
    this.code = code;
  }
}

/** What a hub's chain must satisfy. Without a pin and without authorities nothing is trusted. */
export interface HubTrust {
  /** Milliseconds since the Unix epoch. */
  readonly now: number;
  /** The card's: 16 bytes. */
  readonly caPin?: Uint8Array | undefined;
  /** Authority certificates (DER) of the network that this terminal has joined. */
  readonly authorities?: readonly Uint8Array[] | undefined;
  /** Ids of the only hubs that this terminal is set to. */
  readonly hubIds?: readonly string[] | undefined;
}

/** A hub that has shown a chain worth trusting. That it holds the key is for the handshake to show. */
export interface VerifiedHub {
  readonly hubId: string;
  readonly location: string;
  /** Raw X25519 public key, 32 bytes. */
  readonly hubStatic: Uint8Array;
  /** Of the hub's own certificate, milliseconds since the Unix epoch. */
  readonly notBefore: number;
  readonly notAfter: number;
}

/**
 * What the device checks before LOGIN (PROTOCOL 2.5): walks up from the hub's certificate, `chain[0]`, until
 * an issuer has the card's pin and, for a terminal that has joined a network, one is of that network. What
 * stands in the chain above that is not looked at.
 *
 * @throws HubCertificateError and nothing else
 */
export function verifyHubChain(chain: readonly Uint8Array[], trust: HubTrust): VerifiedHub {
  try {
    return verify(chain, trust);
  } catch (cause) {
    if (cause instanceof HubCertificateError) throw cause;
    if (cause instanceof CertificateError) {
      throw new HubCertificateError(`hub-certificate-${cause.fault}`, cause.message, { cause });
    }
    throw new HubCertificateError('hub-certificate-malformed', "the hub's certificates cannot be read", {
      cause,
    });
  }
}

function verify(chain: readonly Uint8Array[], trust: HubTrust): VerifiedHub {
  const [first, ...above] = chain;
  if (first === undefined || chain.length < MIN_CHAIN || chain.length > MAX_CHAIN) {
    throw new CertificateError('malformed', `a hub shows 2 to 4 certificates, not ${chain.length}`);
  }
  const leaf = parseCertificate(first);
  const hub = readHubCertificate(leaf);
  for (const certificate of walkUp(leaf, above, trust)) checkInDate(certificate, trust.now);
  if (trust.hubIds !== undefined && !trust.hubIds.includes(hub.hubId)) {
    throw new HubCertificateError(
      'hub-not-listed',
      `the hub is ${hub.hubId}, which this terminal is not set to: check the address, or choose it with --hub`,
    );
  }
  return hub;
}

/** The certificates from the hub's up to the one that made it trusted. */
function walkUp(leaf: Certificate, above: readonly Uint8Array[], trust: HubTrust): readonly Certificate[] {
  const { caPin } = trust;
  const authorities = trust.authorities?.map((der) => parseCertificate(der).spki);
  let pinned = caPin === undefined;
  let joined = authorities === undefined;
  const path = [leaf];
  let subject = leaf;
  for (const der of above) {
    if (pinned && joined) break;
    const issuer = parseCertificate(der);
    checkIssuedBy(subject, issuer);
    pinned ||= caPin !== undefined && equalConstantTime(caPinOf(issuer.spki), caPin);
    joined ||= authorities?.some((spki) => equalConstantTime(spki, issuer.spki)) ?? false;
    path.push(issuer);
    subject = issuer;
  }
  const nothingToTrust = caPin === undefined && authorities === undefined;
  if (!pinned || !joined || nothingToTrust) {
    throw new CertificateError(
      'foreign',
      'the hub belongs to another network than the card or this terminal',
    );
  }
  return path;
}

/**
 * What a hub's own certificate says, whoever signed it.
 * @throws CertificateError `key`, `role`, `name`
 */
export function readHubCertificate(leaf: Certificate): VerifiedHub {
  const hubStatic = x25519PublicKeyFromSpki(leaf.spki);
  if (hubStatic === undefined) throw new CertificateError('key', "the hub's certificate holds no X25519 key");
  if (leaf.x509.ca) throw new CertificateError('role', "the hub's certificate is an authority's");
  // A name that stands there twice comes as an array, and fits neither.
  const { CN, L }: Readonly<Record<string, unknown>> = { ...leaf.x509.toLegacyObject().subject };
  const hubId = memberId.safeParse(CN);
  const location = locationText.safeParse(L);
  if (!hubId.success || !location.success) {
    throw new CertificateError('name', "the hub's certificate does not name one hub at one location");
  }
  const { notBefore, notAfter } = leaf;
  return { hubId: hubId.data, location: location.data, hubStatic, notBefore, notAfter };
}
