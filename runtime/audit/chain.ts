import { hash } from 'node:crypto';
import type { AuditEvent } from './event.ts';

/** An event in its place in the trail. */
export interface AuditRow extends AuditEvent {
  /** 1, 2, … without gaps. */
  readonly number: number;
  /** 32 bytes: over this row and, by the hash before it, over all that came before. */
  readonly hash: Uint8Array;
}

/** A place in the trail and its hash: whoever knows it later sees whether the trail up to there is the same. */
export interface AuditAnchor {
  /** 0 before the first row. */
  readonly number: number;
  /** 32 bytes. */
  readonly hash: Uint8Array;
}

/** Where a trail begins. */
export const TRAIL_START: AuditAnchor = { number: 0, hash: new Uint8Array(32) };

const LABEL = 'cardea audit 1';
const HEAD_BYTES = LABEL.length + 32 + 16;

/** In the order in which they are hashed. Never change it: a trail is kept for years. */
const FIELDS = [
  'action',
  'outcome',
  'by',
  'role',
  'from',
  'card',
  'subject',
  'member',
  'key',
  'detail',
] as const satisfies readonly (keyof AuditEvent)[];

/**
 * The bytes of a row that are hashed: `LABEL || previous hash[32] || number u64 || time u64`, then for each
 * field `u16 length || UTF-8`, with the length 0xffff for one that is not there.
 */
export function encodeRow(previous: Uint8Array, number: number, event: AuditEvent): Uint8Array {
  // One buffer with room for everything, since a row is written at every login: UTF-8 has at most 3 bytes for each
  // of a string's units.
  let room = HEAD_BYTES;
  for (const field of FIELDS) room += 2 + 3 * (event[field]?.length ?? 0);
  const bytes = Buffer.allocUnsafe(room);
  bytes.write(LABEL, 'latin1');
  bytes.set(previous, LABEL.length);
  bytes.writeBigUInt64BE(BigInt(number), LABEL.length + 32);
  bytes.writeBigInt64BE(BigInt(event.time), LABEL.length + 40);
  let end = HEAD_BYTES;
  for (const field of FIELDS) {
    const value = event[field];
    const length = value === null ? 0 : bytes.write(value, end + 2, 'utf8');
    // What is longer was never written by us: its hash is wrong however it is encoded.
    bytes.writeUInt16BE(value === null ? 0xffff : Math.min(length, 0xfffe), end);
    end += 2 + length;
  }
  return bytes.subarray(0, end);
}

/** SHA-256 of a row, which continues the chain of those before it; 32 bytes. */
export function rowHash(previous: Uint8Array, number: number, event: AuditEvent): Uint8Array {
  return new Uint8Array(hash('sha256', encodeRow(previous, number, event), 'buffer'));
}

/** As it is written down: `NUMBER:` and the first 16 bytes of the hash, hex. */
export function anchorText({ number, hash }: AuditAnchor): string {
  return `${number}:${Buffer.from(hash.subarray(0, 16)).toString('hex')}`;
}
