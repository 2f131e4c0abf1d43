/** What must always hold (docs/fault-lab.md). */
export type Invariant =
  | 'tries'
  | 'revocation'
  | 'session-keys'
  | 'nothing-lost'
  | 'whole-image'
  | 'settles'
  | 'secrets';

/** Something that must always hold did not. The message says what was seen. */
export class BrokenInvariantError extends Error {
  readonly invariant: Invariant;

  constructor(invariant: Invariant, what: string, options?: { readonly cause?: unknown }) {
    super(`${invariant}: ${what}`, options);
    this.invariant = invariant;
  }
}

/** All that an error says, for whoever looks for what it should not. */
export function textOf(cause: unknown): string {
  if (!(cause instanceof Error)) return String(cause);
  const more = cause.cause === undefined ? '' : `\n${textOf(cause.cause)}`;
  return `${cause.stack ?? cause.message} ${JSON.stringify(cause)}${more}`;
}
