import { z } from 'zod';
import type { AuditRow } from './chain.ts';
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

const text = z.string().nullable();

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
  /** 32 bytes, hex. */
  hash: z.string().regex(/^[0-9a-f]{64}$/),
});
export type AuditWireRow = z.infer<typeof auditRow>;

/** A page of the trail; `next` is the row to go on after, where there are more. */
export const auditPage = z.object({ rows: z.array(auditRow), next: z.int().nullable() });
export type AuditPage = z.infer<typeof auditPage>;

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
