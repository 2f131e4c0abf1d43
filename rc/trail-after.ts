import { createReadStream } from 'node:fs';
import { createInterface } from 'node:readline';
import { z } from 'zod';
import { fromHex } from '../protocol/bytes.ts';
import { REVOCATION_REASONS } from '../protocol/rc-api/fields.ts';
import { type AuditAnchor, rowHash } from '../runtime/audit/chain.ts';
import { auditRow } from '../runtime/audit/wire.ts';
import { CardeaError } from '../runtime/errors.ts';
import type { RevocationReason } from './store/cards.ts';

/** The file is no export of this registration centre's trail, or not a whole one. */
export class TrailExportError extends CardeaError {
  readonly code = 'trail-export';
}

/** What a trail says that happened after a backup and is not in it. */
export interface TrailAfter {
  /** Who was revoked, by id, and when. */
  readonly members: readonly { readonly id: string; readonly time: number }[];
  readonly cards: readonly { readonly uid: Uint8Array; readonly reason: RevocationReason }[];
  /** Ids of those who joined; they are unknown now. */
  readonly joined: readonly string[];
  /** UIDs of cards that were registered, and are missing now. */
  readonly registered: readonly string[];
}

export const NOTHING_AFTER: TrailAfter = { members: [], cards: [], joined: [], registered: [] };

/** A row as `audit --format jsonl` writes it. */
const exportedRow = auditRow
  .extend({ number: z.int().min(1), time: z.iso.datetime().transform((time) => Date.parse(time)) })
  .strict();
type ExportedRow = z.output<typeof exportedRow>;

/**
 * Reads what came after a backup from an export of the lost registration centre's trail. It has to go on where the
 * backup's ends, row by row: each is checked against the hash of the one before.
 *
 * @param file as `cardea-rc audit --format jsonl` wrote it
 * @param head where the backup's trail ends
 * @throws TrailExportError
 */
export async function readTrailAfter(file: string, head: AuditAnchor): Promise<TrailAfter> {
  const after: ExportedRow[] = [];
  let last = head;
  try {
    for await (const line of createInterface({ input: createReadStream(file) })) {
      if (line.trim() === '') continue;
      const row = exportedRow.parse(JSON.parse(line));
      if (row.number <= head.number) continue;
      last = follow(row, last, file);
      after.push(row);
    }
  } catch (cause) {
    if (cause instanceof TrailExportError) throw cause;
    throw new TrailExportError(
      `${file} cannot be read as what "cardea-rc audit --format jsonl" writes: nothing was restored`,
      { cause },
    );
  }
  return whatHappened(after);
}

function follow(row: ExportedRow, last: AuditAnchor, file: string): AuditAnchor {
  const hash = fromHex(row.hash);
  const isNext = row.number === last.number + 1;
  if (isNext && Buffer.compare(rowHash(last.hash, row.number, row), hash) === 0) {
    return { number: row.number, hash };
  }
  throw new TrailExportError(
    `${file} does not go on where the backup's trail ends, at row ${last.number + 1}: it is another registration centre's, was changed, or is not whole; export without --since and --who. Nothing was restored`,
  );
}

function whatHappened(rows: readonly ExportedRow[]): TrailAfter {
  const done = rows.filter(({ outcome }) => outcome === 'done');
  const of = (action: string) => done.filter((row) => row.action === action);
  return {
    members: of('member.revoked').flatMap(({ member, time }) =>
      member === null ? [] : [{ id: member, time }],
    ),
    cards: of('card.revoked').flatMap(({ card, detail }) =>
      card === null ? [] : [{ uid: fromHex(card), reason: reasonIn(detail) }],
    ),
    joined: of('member.joined').flatMap(({ member }) => member ?? []),
    registered: of('card.registered').flatMap(({ card }) => card ?? []),
  };
}

function reasonIn(detail: string | null): RevocationReason {
  const said = /^reason=(\w+)$/.exec(detail ?? '')?.[1];
  if (said === 'replaced') return said;
  return REVOCATION_REASONS.find((known) => known === said) ?? 'other';
}
