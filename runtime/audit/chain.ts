import { createHash } from 'node:crypto';
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
  const head = Buffer.alloc(LABEL.length + 32 + 16);
  head.write(LABEL, 'latin1');
  head.set(previous, LABEL.length);
  head.writeBigUInt64BE(BigInt(number), LABEL.length + 32);
  head.writeBigInt64BE(BigInt(event.time), LABEL.length + 40);
  return Buffer.concat([head, ...FIELDS.flatMap((field) => encodeField(event[field]))]);
}

function encodeField(value: string | null): Buffer[] {
  const content = value === null ? Buffer.alloc(0) : Buffer.from(value, 'utf8');
  const length = Buffer.alloc(2);
  length.writeUInt16BE(value === null ? 0xffff : content.length);
  return [length, content];
}

/** SHA-256 of a row, which continues the chain of those before it; 32 bytes. */
export function rowHash(previous: Uint8Array, number: number, event: AuditEvent): Uint8Array {
  return new Uint8Array(
    createHash('sha256')
      .update(encodeRow(previous, number, event))
      .digest(),
  );
}

/** As it is written down: `NUMBER:` and the first 16 bytes of the hash, hex. */
export function anchorText({ number, hash }: AuditAnchor): string {
  return `${number}:${Buffer.from(hash.subarray(0, 16)).toString('hex')}`;
}
