import { closeSync, openSync, rmSync, statSync, writeSync } from 'node:fs';
import { systemErrorCode } from './errors.ts';
import { systemRandom } from './random.ts';

/** As large as a page of SQLite's: a disk with room for less has none. */
const PAGE = new Uint8Array(4_096);

/**
 * Why the files of a store cannot be written any further, asked of the operating system: SQLite says of a limit on
 * the size of files, and of a disk that has become read-only, only that a write failed. A page is written into a new
 * file beside the store, as far out as its largest file ends, and the file is removed again.
 *
 * @param path of the store, which this leaves alone
 * @returns the system's code (`EFBIG`, `EROFS`, `ENOSPC`); undefined where such a write succeeds
 */
export function whyUnwritable(path: string): string | undefined {
  const probe = `${path}-probe-${Buffer.from(systemRandom(4)).toString('hex')}`;
  try {
    const file = openSync(probe, 'wx', 0o600);
    try {
      writeSync(file, PAGE, 0, PAGE.length, endOf(path));
    } finally {
      closeSync(file);
      rmSync(probe, { force: true });
    }
    return undefined;
  } catch (cause) {
    return systemErrorCode(cause);
  }
}

/** In bytes. What a hole leaves out costs no room on the disk. */
function endOf(path: string): number {
  const sizes = [path, `${path}-wal`].map((file) => statSync(file, { throwIfNoEntry: false })?.size ?? 0);
  return Math.max(...sizes);
}
