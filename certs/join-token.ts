import { createHash } from 'node:crypto';
import { concat, fromUtf8, Reader, u8, u16, u64, utf8 } from '../protocol/bytes.ts';
import { ProtocolError } from '../protocol/errors.ts';
import { formatAddress, parseAddress } from '../runtime/address.ts';
import { CardeaError } from '../runtime/errors.ts';
import type { Address } from '../runtime/network.ts';

/** Who a token lets in. The place in this list is its number in a token. */
const KINDS = ['hub', 'device', 'operator'] as const;
export type MemberKind = (typeof KINDS)[number];

const PREFIX = 'cardea-join-';
const VERSION = 1;
const SECRET_LENGTH = 16;
const FINGERPRINT_LENGTH = 32;
const CHECKSUM_LENGTH = 4;
/** No token is nearly as long; more than this is not even decoded. */
const MAX_TEXT = 1024;

export type JoinTokenCode = 'join-token-malformed' | 'join-token-kind' | 'join-token-expired';

/** A join string that cannot be redeemed. */
export class JoinTokenError extends CardeaError {
  readonly code: JoinTokenCode;

  constructor(code: JoinTokenCode, message: string, options?: { readonly cause?: unknown }) {
    super(message, options);
    this.code = code;
  }
}

/** What a join string holds (DESIGN, setting up). */
export interface JoinToken {
  readonly kind: MemberKind;
  /** Where the RC is. */
  readonly rc: Address;
  /** SHA-256 of the authority certificate's DER, 32 bytes: whom to believe. */
  readonly fingerprint: Uint8Array;
  /** 16 bytes, good for one joiner. */
  readonly secret: Uint8Array;
  /** Milliseconds since the Unix epoch, by the RC's clock. */
  readonly expires: number;
}

/**
 * One string to be pasted into `join`: the prefix, then base64url of
 * `version u8 || kind u8 || expires u64 || secret[16] || fingerprint[32] || port u16 || host || checksum[4]`,
 * the checksum being the first bytes of SHA-256 over all before it: it catches typing errors.
 */
export function encodeJoinToken(token: JoinToken): string {
  const body = concat(
    u8(VERSION),
    u8(KINDS.indexOf(token.kind)),
    u64(token.expires),
    token.secret,
    token.fingerprint,
    u16(token.rc.port),
    utf8(token.rc.host),
  );
  return PREFIX + Buffer.from(concat(body, checksum(body))).toString('base64url');
}

/**
 * Whether the token has expired is not looked at: a joiner's clock may be wrong, and the RC knows.
 * @throws JoinTokenError `join-token-malformed`
 */
export function decodeJoinToken(text: string): JoinToken {
  const bytes = readText(text.trim());
  const body = bytes.subarray(0, -CHECKSUM_LENGTH);
  if (!Buffer.from(checksum(body)).equals(bytes.subarray(-CHECKSUM_LENGTH))) {
    throw malformed('the join string has a typing error, or is not whole: copy it again');
  }
  try {
    return readBody(body);
  } catch (cause) {
    const isExpected = cause instanceof ProtocolError || cause instanceof CardeaError;
    if (isExpected) throw malformed('the join string is from another version of Cardea', cause);
    throw cause;
  }
}

function readText(text: string): Uint8Array {
  const encoded = text.slice(PREFIX.length);
  const bytes = Buffer.from(text.length > MAX_TEXT ? '' : encoded, 'base64url');
  const isCanonical = bytes.toString('base64url') === encoded;
  if (!text.startsWith(PREFIX) || !isCanonical || bytes.length <= CHECKSUM_LENGTH) {
    throw malformed(`this is not a join string, which begins with ${PREFIX}: copy it again, all of it`);
  }
  return new Uint8Array(bytes);
}

function readBody(body: Uint8Array): JoinToken {
  const reader = new Reader(body);
  const version = reader.u8();
  const kind = KINDS[reader.u8()];
  if (version !== VERSION || kind === undefined) throw malformed('unknown version or kind');
  const expires = reader.u64();
  const secret = reader.bytes(SECRET_LENGTH);
  const fingerprint = reader.bytes(FINGERPRINT_LENGTH);
  const port = reader.u16();
  const rc = parseAddress(formatAddress({ host: fromUtf8(reader.rest()), port }));
  return { kind, rc, fingerprint, secret, expires };
}

function checksum(body: Uint8Array): Uint8Array {
  return new Uint8Array(createHash('sha256').update(body).digest()).subarray(0, CHECKSUM_LENGTH);
}

function malformed(message: string, cause?: unknown): JoinTokenError {
  return new JoinTokenError('join-token-malformed', message, { cause });
}
