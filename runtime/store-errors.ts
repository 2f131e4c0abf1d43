import { isAbsolute } from 'node:path';
import { whyUnwritable } from './disk-probe.ts';
import { CardeaError, systemErrorCode } from './errors.ts';

/** The store failed in a way that has no error of its own. */
export class StoreError extends CardeaError {
  readonly code: string = 'store-failed';
}

/** There is no store where one was made before. */
export class StoreMissingError extends StoreError {
  override readonly code = 'store-missing';
}

/** What lies on the disk is no sound store. */
export class StoreCorruptError extends StoreError {
  override readonly code = 'store-corrupt';
}

/** The store was written by a newer version of Cardea. */
export class StoreTooNewError extends StoreError {
  override readonly code = 'store-too-new';
}

/** The disk is full: nothing was changed. */
export class StoreFullError extends StoreError {
  override readonly code = 'store-full';
}

/** The store, or the disk it is on, cannot be written. */
export class StoreReadOnlyError extends StoreError {
  override readonly code = 'store-read-only';
}

/** Another process holds the store longer than we wait. */
export class StoreBusyError extends StoreError {
  override readonly code = 'store-busy';
}

/**
 * What to throw instead of an error of SQLite or of the file system: the store's typed error, with `cause`
 * beneath. Anything else (a constraint that was violated, a bug) comes back as it is.
 *
 * @param path of the store, for the message; where SQLite says only that a write failed, the disk is asked why
 */
export function storeError(cause: unknown, path = 'the store'): unknown {
  const code = systemErrorCode(cause) ?? '';
  const fault = faultOf(code);
  if (fault === 'failed' && isAbsolute(path)) {
    const reason = whyUnwritable(path) ?? '';
    return newError(faultOf(reason) ?? fault, { path, code: faultOf(reason) ? reason : code, cause });
  }
  return fault === undefined ? cause : newError(fault, { path, code, cause });
}

type Fault = 'corrupt' | 'full' | 'too large' | 'read-only' | 'busy' | 'failed';

function faultOf(code: string): Fault | undefined {
  if (code.startsWith('SQLITE_CORRUPT') || code === 'SQLITE_NOTADB') return 'corrupt';
  if (['SQLITE_FULL', 'ENOSPC', 'EDQUOT'].includes(code)) return 'full';
  if (code === 'EFBIG') return 'too large';
  if (/^SQLITE_(READONLY|CANTOPEN|PERM)/.test(code) || ['EACCES', 'EPERM', 'EROFS'].includes(code)) {
    return 'read-only';
  }
  if (code.startsWith('SQLITE_BUSY') || code.startsWith('SQLITE_LOCKED')) return 'busy';
  return code.startsWith('SQLITE_IOERR') || code === 'EIO' ? 'failed' : undefined;
}

function newError(
  fault: Fault,
  { path, code, cause }: { readonly path: string; readonly code: string; readonly cause: unknown },
): StoreError {
  switch (fault) {
    case 'corrupt':
      return new StoreCorruptError(`${path} is damaged: restore it from a backup (command restore)`, {
        cause,
      });
    case 'full':
      return new StoreFullError(`the disk of ${path} is full; nothing was changed: free space on it`, {
        cause,
      });
    case 'too large':
      return new StoreFullError(
        `the disk is full for ${path}, which has reached the limit on the size of files; nothing was changed: raise the limit (ulimit -f, LimitFSIZE=)`,
        { cause },
      );
    case 'read-only':
      return new StoreReadOnlyError(
        `${path} cannot be written: check who owns the file and its folder, and that the disk is not mounted read-only`,
        { cause },
      );
    case 'busy':
      return new StoreBusyError(`another process holds ${path}: try again, or stop it`, { cause });
    case 'failed':
      return new StoreError(`reading or writing ${path} failed: check the disk (${code})`, { cause });
  }
}
