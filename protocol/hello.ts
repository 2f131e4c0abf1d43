import { concat, Reader, u8, u16 } from './bytes.ts';
import { MalformedError, UnsupportedError } from './errors.ts';
import { decodeBody, encodeBody, FRAME } from './frames.ts';

const VERSION = 1;
const NONCE_LENGTH = 32;
const MIN_CERTIFICATES = 2;
const MAX_CERTIFICATES = 4;

/** What a hub says on connect (PROTOCOL 2.5, `0x01`). */
export interface Hello {
  /** 32 fresh random bytes: they make every handshake with this hub a new one. */
  readonly nonce: Uint8Array;
  /** Ids of the suites that the hub speaks, at least one. */
  readonly suites: readonly number[];
  /** DER, the hub's first, then its issuers: 2 to 4. */
  readonly certificates: readonly Uint8Array[];
}

/** The whole body, type byte included, as it goes into the prologue. @throws MalformedError out of bounds */
export function encodeHello(hello: Hello): Uint8Array {
  checkHello(hello);
  return encodeBody(
    FRAME.hello,
    concat(
      u8(VERSION),
      hello.nonce,
      u8(hello.suites.length),
      ...hello.suites.map(u8),
      u8(hello.certificates.length),
      ...hello.certificates.flatMap((certificate) => [u16(certificate.length), certificate]),
    ),
  );
}

/** @throws UnsupportedError for another version, MalformedError */
export function decodeHello(body: Uint8Array): Hello {
  const reader = new Reader(decodeBody(FRAME.hello, body));
  const version = reader.u8();
  if (version !== VERSION) throw new UnsupportedError(`the hub speaks version ${version}, not ${VERSION}`);
  const nonce = reader.bytes(NONCE_LENGTH);
  const suites = [...reader.bytes(reader.u8())];
  const certificates = Array.from({ length: reader.u8() }, () => reader.bytes(reader.u16()));
  reader.end();
  const hello = { nonce, suites, certificates };
  checkHello(hello);
  return hello;
}

function checkHello({ nonce, suites, certificates }: Hello): void {
  if (nonce.length !== NONCE_LENGTH) throw new MalformedError('the nonce of a HELLO is 32 bytes');
  if (suites.length === 0) throw new MalformedError('a HELLO without a suite');
  if (certificates.length < MIN_CERTIFICATES || certificates.length > MAX_CERTIFICATES) {
    throw new MalformedError(`a HELLO carries 2 to 4 certificates, not ${certificates.length}`);
  }
  if (certificates.some((certificate) => certificate.length === 0)) {
    throw new MalformedError('an empty certificate');
  }
}
