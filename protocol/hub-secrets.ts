import { concat, utf8, wipe } from './bytes.ts';
import { KEY_LENGTH, LABEL, SUBJECT_LENGTH } from './constants.ts';
import type { Primitives } from './crypto/primitives.ts';
import type { HubCardSecrets } from './registration.ts';

/** Whose secrets: a card as the RC knows it. */
export interface CardOfHub {
  /** 16 bytes. */
  readonly uid: Uint8Array;
  /** Of the master key that the card was made under. */
  readonly keyId: number;
  /** 16 bytes. */
  readonly patientId: Uint8Array;
}

/** HKDF-Extract's salt where there is none: as many zeros as SHA-256 has bytes (RFC 5869, 2.2). */
const NO_SALT = new Uint8Array(32);
/** HKDF-Expand counts its blocks; what is derived here fits into the first. */
const FIRST_BLOCK = Uint8Array.of(1);

/**
 * RC: what a hub holds of cards and the RC does not store (PROTOCOL 2.1), for many cards of one hub. The same
 * results as `hubCardSecrets`, but what all cards share is computed once. `wipe` it when the page is done.
 */
export class HubSecrets {
  readonly #p: Primitives;
  readonly #masterKey: (keyId: number) => Uint8Array;
  readonly #extracted = new Map<number, Uint8Array>();
  readonly #uskInfo = new Info(utf8(LABEL.usk), 16, new Uint8Array(0));
  readonly #oprfInfo = new Info(utf8(LABEL.oprf), 16, new Uint8Array(0));
  readonly #subjectInfo: Info;
  readonly #pskInfo: Uint8Array;

  /** @param masterKey K_RC[keyId], 32 bytes */
  constructor(p: Primitives, masterKey: (keyId: number) => Uint8Array, hubId: string) {
    this.#p = p;
    this.#masterKey = masterKey;
    this.#subjectInfo = new Info(utf8(LABEL.subject), 16, utf8(hubId));
    this.#pskInfo = concat(utf8(LABEL.psk), utf8(hubId), FIRST_BLOCK);
  }

  of({ uid, keyId, patientId }: CardOfHub): HubCardSecrets {
    const key = this.#extract(keyId);
    const usk = this.#expand(key, this.#uskInfo.with(uid));
    const pskKey = this.#p.hmacSha256(NO_SALT, usk);
    const secrets = {
      psk: this.#expand(pskKey, this.#pskInfo),
      subject: this.#expand(this.#extract(0), this.#subjectInfo.with(patientId)).slice(0, SUBJECT_LENGTH),
      oprfSeed: this.#expand(key, this.#oprfInfo.with(uid)),
    };
    wipe(usk, pskKey);
    return secrets;
  }

  /** Overwrites what it holds; the object is of no use afterwards. */
  wipe(): void {
    wipe(...this.#extracted.values());
    this.#extracted.clear();
  }

  #extract(keyId: number): Uint8Array {
    const known = this.#extracted.get(keyId);
    if (known !== undefined) return known;
    const extracted = this.#p.hmacSha256(NO_SALT, this.#masterKey(keyId));
    this.#extracted.set(keyId, extracted);
    return extracted;
  }

  /** The first block of HKDF-Expand (RFC 5869, 2.3): 32 bytes. */
  #expand(key: Uint8Array, info: Uint8Array): Uint8Array {
    return this.#p.hmacSha256(key, info).subarray(0, KEY_LENGTH);
  }
}

/** `label || a card's own bytes || tail || 1`, written into the same memory for every card. */
class Info {
  readonly #bytes: Uint8Array;
  readonly #at: number;

  constructor(label: Uint8Array, length: number, tail: Uint8Array) {
    this.#bytes = concat(label, new Uint8Array(length), tail, FIRST_BLOCK);
    this.#at = label.length;
  }

  with(own: Uint8Array): Uint8Array {
    this.#bytes.set(own, this.#at);
    return this.#bytes;
  }
}
