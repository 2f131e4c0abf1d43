import { join } from 'node:path';
import { z } from 'zod';
import { CardeaError } from '../errors.ts';
import { FileMissingError, readWholeFile, writeFileDurably } from '../files.ts';
import { type AuditAnchor, anchorText } from './chain.ts';
import type { KnownAnchor } from './verify.ts';

/** What was noted of a trail elsewhere cannot be read. */
export class AnchorError extends CardeaError {
  readonly code = 'audit-anchor';
}

/** The file in which `serve` notes the trail's head, outside of the database: when it begins, hourly, and at its end. */
export function keptAnchorPath(folder: string): string {
  return join(folder, 'keys', 'audit-anchor.json');
}

/**
 * The file in which `audit verify` notes up to where it has found the trail intact, on whoever's machine that was.
 * @param hub whose trail, where it is not the folder's own
 */
export function verifiedAnchorPath(folder: string, hub?: string): string {
  return join(folder, hub === undefined ? 'audit-verified.json' : `audit-verified.${hub}.json`);
}

const FORM = /^(0|[1-9][0-9]{0,14}):([0-9a-f]{32}|[0-9a-f]{64})$/;
const anchorFile = z.object({ anchor: z.string().regex(FORM) });

/** As `anchorText` writes it, or with the whole hash. @throws AnchorError */
export function parseAnchor(text: string, keptIn: string): KnownAnchor {
  const [, number, hash] = FORM.exec(text) ?? [];
  if (number === undefined || hash === undefined) {
    throw new AnchorError(
      `${keptIn}: an anchor is a row's number, a colon and 32 hex digits, as "status" prints it`,
    );
  }
  return { number: Number(number), hash: new Uint8Array(Buffer.from(hash, 'hex')), keptIn };
}

/** Undefined where there is none. @throws AnchorError, FileError */
export async function readAnchorFile(path: string): Promise<KnownAnchor | undefined> {
  try {
    const { anchor } = anchorFile.parse(JSON.parse(Buffer.from(await readWholeFile(path)).toString('utf8')));
    return parseAnchor(anchor, path);
  } catch (cause) {
    if (cause instanceof FileMissingError) return undefined;
    if (cause instanceof CardeaError) throw cause;
    throw new AnchorError(`${path} is not what was written there: restore it from a backup`, { cause });
  }
}

/** @throws FileError */
export function writeAnchorFile(path: string, anchor: AuditAnchor): Promise<void> {
  return writeFileDurably(path, `${JSON.stringify({ anchor: anchorText(anchor) })}\n`);
}
