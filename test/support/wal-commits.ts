import { readFileSync } from 'node:fs';

// The write-ahead log's file format, https://sqlite.org/fileformat2.html#walformat.
const HEADER = { bytes: 32, pageSize: 8, salts: 16 } as const;
const FRAME = { bytes: 24, sizeAfterCommit: 4, salts: 8 } as const;
const SALTS_BYTES = 8;

/** How many commits lie in the log that SQLite writes ahead of a database; it begins anew at some time. */
export function walCommits(path: string): number {
  const log = readFileSync(`${path}-wal`);
  if (log.length < HEADER.bytes) return 0;
  const salts = log.subarray(HEADER.salts, HEADER.salts + SALTS_BYTES);
  const step = FRAME.bytes + log.readUInt32BE(HEADER.pageSize);
  let commits = 0;
  for (let at = HEADER.bytes; at + step <= log.length; at += step) {
    const own = log.subarray(at + FRAME.salts, at + FRAME.salts + SALTS_BYTES);
    // What follows is from before the log began anew.
    if (!own.equals(salts)) break;
    if (log.readUInt32BE(at + FRAME.sizeAfterCommit) > 0) commits += 1;
  }
  return commits;
}
