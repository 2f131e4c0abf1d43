import { z } from 'zod';
import type { AuditAnchor, AuditRow } from './chain.ts';
import { AUDIT_ROLES } from './event.ts';
import type { AuditQuery } from './trail.ts';

/** The most rows that are handed over at once. */
export const AUDIT_PAGE = 1_000;

const count = z.coerce.number().int().min(0);

/** Which rows somebody wants, as they ask for them over a line. */
export const auditQuery = z.object({
  since: count.optional(),
  until: count.optional(),
  who: z.string().max(32).optional(),
  card: z
    .string()
    .regex(/^(?:[0-9a-f]{32}|[0-9a-f]{64})$/, 'a UID, 16 or 32 bytes as lower-case hex')
    .optional(),
  after: count.optional(),
  limit: z.coerce.number().int().min(1).max(AUDIT_PAGE).default(AUDIT_PAGE),
});
export interface AuditWireQuery {
  readonly since?: number;
  readonly until?: number;
  readonly who?: string;
  readonly card?: string;
  readonly after?: number;
  readonly limit?: number;
}

/** The same of a hub's trail at the registration centre; `branch`: as it stood before it was begun anew. */
export const hubAuditQuery = auditQuery.extend({ branch: z.coerce.number().int().min(1).optional() });
export interface HubAuditWireQuery extends AuditWireQuery {
  readonly branch?: number;
}

const text = z.string().nullable();
/** 32 bytes, hex. */
const hex32 = z.string().regex(/^[0-9a-f]{64}$/);

/** A row as it goes over a line. */
export const auditRow = z.object({
  number: z.int(),
  time: z.int(),
  action: z.string(),
  outcome: z.string(),
  by: text,
  role: z.enum(AUDIT_ROLES).nullable(),
  from: text,
  card: text,
  subject: text,
  member: text,
  key: text,
  detail: text,
  hash: hex32,
});
export type AuditWireRow = z.infer<typeof auditRow>;

/** A page of the trail; `next` is the row to go on after, where there are more. */
export const auditPage = z.object({ rows: z.array(auditRow), next: z.int().nullable() });
export type AuditPage = z.infer<typeof auditPage>;

/** The most rows that a hub tells of at once. */
export const DELIVERY_MAX = 500;

const anchor = z.object({ number: z.int().min(0), hash: hex32 });

/** `POST /v1/audit`, by a hub: rows of its trail, which continue the row that is named (number 0: its beginning). */
export const auditDelivery = z.object({ after: anchor, rows: z.array(auditRow).min(1).max(DELIVERY_MAX) });
export type AuditDelivery = z.infer<typeof auditDelivery>;

/**
 * Whether the registration centre has the row that was named, and so has all of these now; and the last row of the
 * hub's trail that it has.
 */
export const auditReceipt = z.object({ kept: z.boolean(), head: anchor });
export type AuditReceipt = z.infer<typeof auditReceipt>;

/** The page that a query asks for. @param list gives the rows that fit, at most `limit` */
export async function pageOf(
  query: AuditQuery,
  list: (query: AuditQuery) => Promise<readonly AuditRow[]>,
): Promise<AuditPage> {
  const found = await list({ ...query, limit: query.limit + 1 });
  const rows = found.slice(0, query.limit);
  return {
    rows: rows.map(rowToWire),
    next: found.length > query.limit ? (rows.at(-1)?.number ?? null) : null,
  };
}

export function rowToWire({ hash, ...row }: AuditRow): AuditWireRow {
  return { ...row, hash: Buffer.from(hash).toString('hex') };
}

export function rowFromWire({ hash, ...row }: AuditWireRow): AuditRow {
  return { ...row, hash: new Uint8Array(Buffer.from(hash, 'hex')) };
}

export function anchorToWire({ number, hash }: AuditAnchor): AuditReceipt['head'] {
  return { number, hash: Buffer.from(hash).toString('hex') };
}

export function anchorFromWire({ number, hash }: AuditReceipt['head']): AuditAnchor {
  return { number, hash: new Uint8Array(Buffer.from(hash, 'hex')) };
}
