/**
 * The base of every error that `runtime/`, `certs/`, `hub/`, `rc/` and `device/` throw on purpose.
 *
 * `code` is stable and may be matched on; `message` says what happened and what to do about it, in one
 * line fit for an operator; `cause` is what lies beneath. (`protocol/` and `hardware/`, which import
 * nothing, have bases of the same shape.)
 */
export abstract class CardeaError extends Error {
  abstract readonly code: string;

  constructor(message: string, options?: { readonly cause?: unknown }) {
    super(message, options);
    this.name = new.target.name;
  }
}

/** The code of an error that the operating system gave (`ENOENT`, `EADDRINUSE`, …), else undefined. */
export function systemErrorCode(error: unknown): string | undefined {
  const hasCode = error instanceof Error && 'code' in error && typeof error.code === 'string';
  return hasCode ? (error.code as string) : undefined;
}
