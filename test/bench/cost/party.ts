import { noble } from '../../../protocol/crypto/noble.ts';
import type { Primitives } from '../../../protocol/crypto/primitives.ts';

/** What one party has done in one phase. */
export interface Counts {
  /** The paper's `h` alone. */
  h: number;
  /** All hashes: an HMAC is two, an HKDF its HMACs. */
  hashes: number;
  /** Multiplications on Curve25519 and in ristretto255, and the map into the group. */
  curves: number;
  /** Sent by this party. */
  messages: number;
  bytes: number;
}

export type Measure = keyof Counts;

/** A party whose every primitive and message is counted: the real ones work, behind the seam that all use. */
export class Party {
  readonly counts: Counts = { h: 0, hashes: 0, curves: 0, messages: 0, bytes: 0 };
  readonly primitives: Primitives;

  constructor() {
    const { counts } = this;
    const hash = (times: number) => {
      counts.hashes += times;
    };
    this.primitives = {
      ...noble,
      sha256(data) {
        hash(1);
        return noble.sha256(data);
      },
      sha512(data) {
        hash(1);
        return noble.sha512(data);
      },
      sha3_256(data) {
        hash(1);
        counts.h += 1;
        return noble.sha3_256(data);
      },
      hmacSha256(key, data) {
        hash(2);
        return noble.hmacSha256(key, data);
      },
      hkdf(ikm, salt, info, length) {
        hash(2 * (1 + Math.ceil(length / 32)));
        return noble.hkdf(ikm, salt, info, length);
      },
      x25519Public(privateKey) {
        counts.curves += 1;
        return noble.x25519Public(privateKey);
      },
      x25519(privateKey, publicKey) {
        counts.curves += 1;
        return noble.x25519(privateKey, publicKey);
      },
      x25519Key(privateKey) {
        counts.curves += 1;
        const key = noble.x25519Key(privateKey);
        const agree = (publicKey: Uint8Array) => {
          counts.curves += 1;
          return key.agree(publicKey);
        };
        return { ...key, agree };
      },
      multiplyElement(scalar, element) {
        counts.curves += 1;
        return noble.multiplyElement(scalar, element);
      },
      deriveElement(uniform) {
        counts.curves += 1;
        return noble.deriveElement(uniform);
      },
    };
  }

  /** Puts a message on the wire. */
  send(message: Uint8Array): Uint8Array {
    this.counts.messages += 1;
    this.counts.bytes += message.length;
    return message;
  }

  /** A body of the RC's API, as JSON. */
  sendJson(body: unknown): void {
    this.send(new TextEncoder().encode(JSON.stringify(body)));
  }
}

/** What the parties of one phase did, by their names. */
export interface Phase {
  readonly name: string;
  readonly parties: Readonly<Record<string, Counts>>;
}

export function phaseOf(name: string, parties: Readonly<Record<string, Party>>): Phase {
  const counts = Object.entries(parties).map(([party, { counts: counted }]) => [party, counted]);
  return { name, parties: Object.fromEntries(counts) };
}
